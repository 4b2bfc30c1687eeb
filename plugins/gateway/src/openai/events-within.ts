import type { Clock } from '@tiercel/capabilities/clock';
import { LanguageModelError } from '@tiercel/capabilities/language-model';
import { within } from '../within.js';

/**
 * The events of `source`, each within `idleMs` of the one before: else `LANGUAGE_MODEL_TIMEOUT`. Rejects with the signal's
 * reason as soon as that aborts, whatever the source does.
 */
export async function* eventsWithin<T>(
  source: AsyncIterable<T>,
  { idleMs, clock, signal }: { readonly idleMs: number; readonly clock: Clock; readonly signal: AbortSignal },
): AsyncGenerator<T, void, void> {
  const iterator = source[Symbol.asyncIterator]();
  const late = () => new LanguageModelError('LANGUAGE_MODEL_TIMEOUT', { phase: 'answer', waitedMs: idleMs });
  try {
    for (;;) {
      const item = await within(iterator.next(), { ms: idleMs, clock, signal, late });
      if (item.done) return;
      yield item.value;
    }
  } finally {
    // Whoever left is not waited for: the model frees its slot by itself.
    void iterator.return?.()?.then(undefined, () => undefined);
  }
}
