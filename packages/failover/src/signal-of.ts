/** The signal by which a caller gives up: an argument, or `signal` of an argument. */
export function signalOf(args: readonly unknown[]): AbortSignal | undefined {
  for (const arg of args) {
    if (isAbortSignal(arg)) return arg;
    const { signal } = Object(arg) as { readonly signal?: unknown };
    if (isAbortSignal(signal)) return signal;
  }
  return undefined;
}

/** By its members, as another realm has a class of its own. */
function isAbortSignal(value: unknown): value is AbortSignal {
  const { aborted, addEventListener } = Object(value) as Partial<AbortSignal>;
  return typeof aborted === 'boolean' && typeof addEventListener === 'function';
}
