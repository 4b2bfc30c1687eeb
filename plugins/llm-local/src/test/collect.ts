import type { LanguageModelEvent, ModelUsage } from '@tiercel/capabilities/language-model';

export async function collect(events: AsyncIterable<LanguageModelEvent>): Promise<LanguageModelEvent[]> {
  const list: LanguageModelEvent[] = [];
  for await (const event of events) list.push(event);
  return list;
}

export function textOf(events: readonly LanguageModelEvent[]): string {
  return events.map((event) => (event.type === 'text-delta' ? event.text : '')).join('');
}

export function usageOf(events: readonly LanguageModelEvent[]): ModelUsage {
  for (const event of events) if (event.type === 'usage') return event.usage;
  throw new Error('The answer has no usage.');
}

/** The error that an answer ends with. */
export async function failureOf(work: Promise<unknown>): Promise<unknown> {
  return work.then(
    () => {
      throw new Error('It was expected to fail.');
    },
    (error: unknown) => error,
  );
}

/** Lets the event loop turn until `isTrue`; for states that no event announces. */
export async function turnsUntil(isTrue: () => boolean): Promise<void> {
  while (!isTrue()) await new Promise((resolve) => setImmediate(resolve));
}
