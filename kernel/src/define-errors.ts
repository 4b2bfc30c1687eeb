/** Base of every error that Tiercel throws on purpose. Compare `code`; `instanceof` fails across copies of a package. */
export class TiercelError<Code extends string = string> extends Error {
  readonly code: Code;
  /** What the message was made from. Never holds credentials, nor anything that people said or wrote. */
  readonly details: Readonly<Record<string, unknown>>;
  /** Whether the same call may succeed later without a change by the caller. */
  readonly retryable: boolean;

  constructor(
    code: Code,
    message: string,
    options: { readonly details?: object; readonly retryable?: boolean; readonly cause?: unknown } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'TiercelError';
    this.code = code;
    this.details = { ...options.details };
    this.retryable = options.retryable ?? false;
  }
}

/** One sentence builder per code: what happened, where, and what to do next. */
export type ErrorMessages = Readonly<Record<string, (details: never) => string>>;

export interface ErrorClass<M extends ErrorMessages> {
  new <C extends keyof M & string>(
    code: C,
    details: Parameters<M[C]>[0],
    options?: { readonly cause?: unknown },
  ): TiercelError<C>;
  readonly prototype: TiercelError<keyof M & string>;
  /** The catalogue itself: the reference page and its test read it. */
  readonly messages: M;
  readonly retryable: ReadonlySet<string>;
}

/**
 * Makes the error class of one package from its catalogue.
 * @param name class name shown in stack traces
 * @param options.retryable codes after which the same call may succeed later
 */
export function defineErrors<const M extends ErrorMessages>(
  name: string,
  messages: M,
  options: { readonly retryable?: readonly (keyof M & string)[] } = {},
): ErrorClass<M> {
  const retryable = new Set<string>(options.retryable);
  const errorClass = class extends TiercelError {
    static readonly messages = messages;
    static readonly retryable = retryable;

    constructor(code: keyof M & string, details: object, extra: { readonly cause?: unknown } = {}) {
      const message = messages[code] as ((details: object) => string) | undefined;
      super(code, message?.(details) ?? code, { details, retryable: retryable.has(code), ...extra });
      this.name = name;
    }
  };
  Object.defineProperty(errorClass, 'name', { value: name });
  // The generic constructor narrows code and details; the runtime class takes their common supertype.
  return errorClass as unknown as ErrorClass<M>;
}

/** Whether `error` is from a Tiercel catalogue, optionally with this code. Works across copies of a package. */
export function isTiercelError(error: unknown, code?: string): error is TiercelError {
  if (!(error instanceof Error) && Object.prototype.toString.call(error) !== '[object Error]') return false;
  const candidate = error as Partial<TiercelError>;
  if (typeof candidate.code !== 'string' || typeof candidate.retryable !== 'boolean') return false;
  return code === undefined || candidate.code === code;
}
