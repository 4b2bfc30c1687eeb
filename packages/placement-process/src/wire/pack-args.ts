import type { Special } from './message.js';
import { isError, packError, unpackError } from './wire-error.js';

/** What an argument list holds beside data. */
export interface PackedArgs {
  readonly args: readonly unknown[];
  readonly special: readonly Special[];
  readonly signals: ReadonlyMap<number, AbortSignal>;
  /** The signal that ends the call: an argument itself, or `signal` of its options. */
  readonly cancel: AbortSignal | undefined;
  readonly callbacks: ReadonlyMap<number, (...args: unknown[]) => unknown>;
  readonly streams: ReadonlyMap<number, AsyncIterable<unknown>>;
}

/**
 * Takes signals, functions, errors and a leading stream out of arguments: at the top, and one level into plain objects.
 * `undefined` where there is nothing to take out, as in most calls.
 */
export function packArgs(
  args: readonly unknown[],
  hasStream: boolean,
  nextId: () => number,
): PackedArgs | undefined {
  if (!hasStream && args.every(isData)) return undefined;
  const special: Special[] = [];
  const signals = new Map<number, AbortSignal>();
  const callbacks = new Map<number, (...args: unknown[]) => unknown>();
  const streams = new Map<number, AsyncIterable<unknown>>();
  let cancel: AbortSignal | undefined;

  const take = (value: unknown, place: { readonly at: number; readonly key?: string }): boolean => {
    if (typeof value === 'function') {
      const id = nextId();
      callbacks.set(id, value as (...args: unknown[]) => unknown);
      special.push({ ...place, is: 'callback', id });
    } else if (isAbortSignal(value)) {
      const id = nextId();
      signals.set(id, value);
      if (place.key === undefined || place.key === 'signal') cancel ??= value;
      const reason = value.aborted ? { reason: packError(value.reason) } : {};
      special.push({ ...place, is: 'signal', id, ...reason });
    } else if (isError(value)) {
      special.push({ ...place, is: 'error', error: packError(value) });
    } else return false;
    return true;
  };

  const data = args.map((arg, at) => {
    if (at === 0 && hasStream && isAsyncIterable(arg)) {
      const id = nextId();
      streams.set(id, arg);
      special.push({ at, is: 'stream', id });
      return undefined;
    }
    if (take(arg, { at })) return undefined;
    if (!isPlain(arg) || Object.values(arg).every(isSimple)) return arg;
    return Object.fromEntries(Object.entries(arg).filter(([key, value]) => !take(value, { at, key })));
  });
  return { args: data, special, signals, cancel, callbacks, streams };
}

/** Puts back what `packArgs` took out; `revive` makes the stand-ins that live on this side. */
export function unpackArgs(
  args: readonly unknown[],
  special: readonly Special[],
  revive: (special: Exclude<Special, { is: 'error' }>) => unknown,
): unknown[] {
  const whole = [...args];
  for (const entry of special) {
    const value = entry.is === 'error' ? unpackError(entry.error) : revive(entry);
    if (entry.key === undefined) whole[entry.at] = value;
    else (whole[entry.at] as Record<string, unknown>)[entry.key] = value;
  }
  return whole;
}

/** Whether a value has nothing to take out, neither itself nor one level down. */
function isData(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return typeof value !== 'function';
  if (ArrayBuffer.isView(value) || Array.isArray(value)) return true;
  return !isSpecial(value) && (!isPlain(value) || Object.values(value).every(isSimple));
}

function isSimple(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return typeof value !== 'function';
  return ArrayBuffer.isView(value) || Array.isArray(value) || !isSpecial(value);
}

function isSpecial(value: object): boolean {
  return isAbortSignal(value) || isError(value);
}

function isPlain(value: unknown): value is Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  // The prototype of another realm's objects is not ours, but has none either.
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}

function isAbortSignal(value: unknown): value is AbortSignal {
  const candidate = value as Partial<AbortSignal> | null;
  return (
    typeof candidate === 'object' &&
    candidate !== null &&
    typeof candidate.aborted === 'boolean' &&
    typeof candidate.addEventListener === 'function'
  );
}

function isAsyncIterable(value: unknown): value is AsyncIterable<unknown> {
  return typeof value === 'object' && value !== null && Symbol.asyncIterator in value;
}
