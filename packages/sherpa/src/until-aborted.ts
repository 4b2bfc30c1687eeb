import { raceSignal } from '@tiercel/kernel';

/**
 * Reads `source` to its end, and throws the signal's reason as soon as it aborts, even while the source is silent. The source
 * is closed in every case; after an abort nobody waits for it, because it may be stuck in the very read that was given up.
 */
export async function* untilAborted<T>(
  source: AsyncIterable<T>,
  signal: AbortSignal | undefined,
): AsyncGenerator<T, undefined, undefined> {
  signal?.throwIfAborted();
  const iterator = source[Symbol.asyncIterator]();
  let isOpen = true;
  try {
    for (;;) {
      const reading = Promise.resolve(iterator.next()).catch((error: unknown) => {
        isOpen = false;
        throw error;
      });
      const result = await (signal ? raceSignal(reading, signal) : reading);
      if (result.done) {
        isOpen = false;
        return undefined;
      }
      yield result.value;
      signal?.throwIfAborted();
    }
  } finally {
    if (isOpen) await close(iterator, signal);
  }
}

async function close(iterator: AsyncIterator<unknown>, signal: AbortSignal | undefined): Promise<void> {
  const closing = Promise.resolve(iterator.return?.());
  if (!signal) await closing;
  else if (!signal.aborted) await raceSignal(closing, signal);
  else closing.catch(() => undefined);
}
