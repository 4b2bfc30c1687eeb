import { isTiercelError } from '@tiercel/kernel';
import type { AuditTrail, CallOutcome, EndRecord, StartRecord } from './audit-trail.js';

/** What is known about a call before it is looked at. */
export interface AuditedCall {
  readonly call: string;
  readonly caller: string;
  readonly tool: string;
  readonly requestId: string | undefined;
  readonly traceparent: string | undefined;
}

/** The records of one call: either that it was refused, or its start and its end. Without a trail it does nothing. */
export class CallAudit {
  readonly #trail: AuditTrail | undefined;
  readonly #call: AuditedCall;
  readonly #nowMs: () => number;
  #startedAtMs: number | undefined;
  #isTold = false;
  #isStandIn = false;
  #argsSha256: string | undefined;

  constructor(trail: AuditTrail | undefined, call: AuditedCall, nowMs: () => number) {
    this.#trail = trail;
    this.#call = call;
    this.#nowMs = nowMs;
  }

  /** Comes before all that is told, unless the call is refused before its arguments are known. */
  identify(argsSha256: string): void {
    this.#argsSha256 = argsSha256;
  }

  /** Rejects when the record cannot be written. */
  async start(
    facts: Omit<StartRecord, keyof AuditedCall | 'kind' | 'argsSha256'>,
    options: { readonly isDurable: boolean },
  ): Promise<void> {
    this.#isTold = true;
    this.#startedAtMs = this.#nowMs();
    await this.#trail?.append(
      { kind: 'start', ...this.#call, ...facts, argsSha256: this.#argsSha256 ?? '' },
      options,
    );
  }

  /** It runs here, because the server of its tool is out of reach. */
  standIn(): void {
    this.#isStandIn = true;
  }

  async end(
    outcome: Pick<EndRecord, 'outcome' | 'code' | 'cancelCause' | 'bytes'>,
    options: { readonly isDurable: boolean },
  ): Promise<void> {
    const { call, caller, tool } = this.#call;
    const ms = Math.round((this.#nowMs() - (this.#startedAtMs ?? 0)) * 1_000) / 1_000;
    const isStandIn = this.#isStandIn || undefined;
    await this.#trail?.append({ kind: 'end', call, caller, tool, ...outcome, ms, isStandIn }, options);
  }

  /** Nothing after this is told about the call. */
  async repeated(keySha256: string): Promise<void> {
    this.#isTold = true;
    await this.#trail?.append({
      kind: 'repeated',
      ...this.#call,
      argsSha256: this.#argsSha256 ?? '',
      keySha256,
    });
  }

  /** Unless it has started: then its end tells. */
  async refuse(error: unknown): Promise<void> {
    if (this.#isTold) return;
    this.#isTold = true;
    const argsSha256 = this.#argsSha256;
    await this.#trail?.append({ kind: 'refused', ...this.#call, argsSha256, code: codeOf(error) });
  }
}

/** What became of a call that failed. */
export function outcomeOf(
  error: unknown,
  signal: AbortSignal | undefined,
  hasBegun: boolean,
): Pick<EndRecord, 'outcome' | 'code' | 'cancelCause'> {
  if (signal?.aborted) {
    return { outcome: hasBegun ? 'cancelled' : 'refused', cancelCause: codeOf(signal.reason) };
  }
  const outcome: CallOutcome = isTiercelError(error, 'TOOL_TIMEOUT') ? 'timeout' : 'failed';
  return { outcome: hasBegun ? outcome : 'refused', code: codeOf(error) };
}

/** Never the message: it may hold what people said. */
function codeOf(error: unknown): string {
  if (isTiercelError(error)) return error.code;
  const name = typeof error === 'object' && error !== null ? Reflect.get(error, 'name') : undefined;
  return typeof name === 'string' && /^\w{1,64}$/.test(name) ? name : 'unknown';
}
