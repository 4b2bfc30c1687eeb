import type {
  Assistant,
  AssistantEvent,
  AssistantInput,
  ConverseOptions,
} from '@tiercel/capabilities/assistant';
import { type ChildController, childController, raceSignal } from '@tiercel/kernel';

/** Repeats what is typed. It has neither ears nor a voice, so audio passes it by. */
export class EchoAssistant implements Assistant {
  readonly #opening: string;
  #attempts = 0;

  constructor(opening: string) {
    this.#opening = opening;
  }

  converse(
    input: AsyncIterable<AssistantInput>,
    options: ConverseOptions = {},
  ): AsyncIterable<AssistantEvent> {
    return {
      [Symbol.asyncIterator]: () => {
        const stop = childController(options.signal);
        const events = this.#events(input[Symbol.asyncIterator](), stop);
        return {
          next: () => events.next(),
          // The generator may be waiting for the next turn, and ends only when that wait does.
          return: () => {
            stop.abort('left');
            return events.return(undefined);
          },
        };
      },
    };
  }

  async *#events(
    input: AsyncIterator<AssistantInput>,
    stop: ChildController,
  ): AsyncGenerator<AssistantEvent, undefined, void> {
    using _ = stop;
    const { signal } = stop;
    let turns = 0;
    try {
      yield { type: 'ready' };
      for (;;) {
        const { done, value: item } = await raceSignal(input.next(), signal);
        if (done) return;
        if (item.type === 'text') yield* this.#answer(++turns, item.text.trim());
      }
    } catch (error) {
      if (!signal.aborted) throw error;
    } finally {
      // The input is told to stop and not waited for: it has nothing more to say to us.
      input.return?.().then(undefined, () => undefined);
    }
  }

  *#answer(turn: number, heard: string): Generator<AssistantEvent> {
    const startMs = performance.now();
    const attempt = ++this.#attempts;
    const isEmpty = heard === '';
    const path = isEmpty ? 'none' : 'phrase';
    const reply = isEmpty ? '' : `${this.#opening} ${heard}`.trim();
    yield { type: 'turn-start', turn, by: 'text' };
    if (!isEmpty) {
      yield { type: 'path-chosen', turn, path };
      yield { type: 'reply-delta', turn, attempt, text: reply };
    }
    const totalMs = performance.now() - startMs;
    yield {
      type: 'turn-end',
      turn,
      attempt,
      outcome: isEmpty ? 'empty' : 'answered',
      path,
      heard,
      reply,
      playout: reply,
      tools: [],
      timeline: { spans: { reply: totalMs }, totalMs, overlapMs: {} },
    };
  }
}
