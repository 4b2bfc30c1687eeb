/** The signal that a call was given: `signal` of one of its arguments. */
export function signalOf(args: readonly unknown[]): AbortSignal | undefined {
  for (const arg of args) {
    if (typeof arg !== 'object' || arg === null || !('signal' in arg)) continue;
    if (arg.signal instanceof AbortSignal) return arg.signal;
  }
  return undefined;
}
