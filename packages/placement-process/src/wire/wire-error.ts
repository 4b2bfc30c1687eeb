import { types } from 'node:util';
import { TiercelError } from '@tiercel/kernel';
import { describe, isCloneable } from './cloneable.js';

/** Something that was thrown, or the reason of an abort, as cloneable data. */
export type WireError =
  | { readonly is: 'value'; readonly value: unknown }
  | {
      readonly is: 'error' | 'dom-exception';
      readonly name: string;
      readonly message: string;
      readonly stack: string | undefined;
      readonly cause: WireError | undefined;
      /** Own enumerable properties as far as they can be cloned: `code`, `details`, `retryable`, `errno` … */
      readonly own: Readonly<Record<string, unknown>>;
      /** Own properties that are errors themselves. */
      readonly nested: Readonly<Record<string, WireError>>;
    };

/** Causes of causes beyond this are cut off: a chain may be a circle. */
const deepestCause = 8;

const constructors = { Error, EvalError, RangeError, ReferenceError, SyntaxError, TypeError, URIError };

export function isError(value: unknown): value is Error {
  return value instanceof Error || types.isNativeError(value) || isDomException(value);
}

export function packError(thrown: unknown, depth = 0): WireError {
  if (!isError(thrown)) return { is: 'value', value: isCloneable(thrown) ? thrown : describe(thrown) };
  const own: Record<string, unknown> = {};
  const nested: Record<string, WireError> = {};
  const isDeep = depth >= deepestCause;
  for (const [key, value] of Object.entries(thrown)) {
    if (key === 'name' || key === 'message' || key === 'stack' || key === 'cause') continue;
    if (isError(value)) {
      if (!isDeep) nested[key] = packError(value, depth + 1);
    } else if (isCloneable(value)) own[key] = value;
  }
  const { name, message, stack, cause } = thrown;
  return {
    is: isDomException(thrown) ? 'dom-exception' : 'error',
    name: String(name),
    message: String(message),
    stack: typeof stack === 'string' ? stack : undefined,
    cause: cause === undefined || isDeep ? undefined : packError(cause, depth + 1),
    own,
    nested,
  };
}

export function unpackError(wire: WireError): unknown {
  if (wire.is === 'value') return wire.value;
  const { name, message, stack, own } = wire;
  if (wire.is === 'dom-exception') return new DOMException(message, name);
  const cause = wire.cause && unpackError(wire.cause);
  const error = create(wire, cause);
  for (const [key, value] of Object.entries(own)) define(error, key, value, true);
  for (const [key, value] of Object.entries(wire.nested)) define(error, key, unpackError(value), true);
  if (error.name !== name) define(error, 'name', name, false);
  if (stack !== undefined) define(error, 'stack', stack, false);
  return error;
}

function create({ name, message, own }: Extract<WireError, { name: string }>, cause: unknown): Error {
  const { code, retryable } = own;
  if (typeof code === 'string' && typeof retryable === 'boolean') {
    return new TiercelError(code, message, { retryable, cause });
  }
  const known = Object.hasOwn(constructors, name) ? name : 'Error';
  const options = cause === undefined ? {} : { cause };
  return new constructors[known as keyof typeof constructors](message, options);
}

function isDomException(value: unknown): value is DOMException {
  return Object.prototype.toString.call(value) === '[object DOMException]';
}

function define(error: Error, key: string, value: unknown, enumerable: boolean): void {
  Object.defineProperty(error, key, { value, enumerable, writable: true, configurable: true });
}
