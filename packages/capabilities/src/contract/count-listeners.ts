/** Tells how many listeners a signal has that were added after this call. */
export function countListeners(signal: AbortSignal): () => number {
  const known = new Set<unknown>();
  const add = signal.addEventListener.bind(signal) as (...args: unknown[]) => void;
  const remove = signal.removeEventListener.bind(signal) as (...args: unknown[]) => void;
  signal.addEventListener = (...args: unknown[]) => {
    known.add(args[1]);
    add(...args);
  };
  signal.removeEventListener = (...args: unknown[]) => {
    known.delete(args[1]);
    remove(...args);
  };
  return () => known.size;
}
