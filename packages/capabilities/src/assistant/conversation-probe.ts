import { Channel } from '@tiercel/audio';
import type { Assistant, AssistantEvent, AssistantInput, ConverseOptions } from './assistant.js';

type EventType = AssistantEvent['type'];
type EventOf<T extends EventType> = Extract<AssistantEvent, { readonly type: T }>;

interface Waiter {
  isMet(): boolean;
  settle(): void;
}

export interface ConversationProbeOptions extends ConverseOptions {
  /** What is reported of the voice: each frame as soon as it comes (default), or nothing. */
  readonly plays?: 'at-once' | 'never';
}

/** One side of a conversation, for tests: sends, keeps all events, and plays the voice at once. */
export class ConversationProbe {
  readonly events: AssistantEvent[] = [];
  /** Settles when the stream of events ends; rejects when it fails. */
  readonly ended: Promise<void>;
  readonly #input = new Channel<AssistantInput>({ policy: 'block', capacity: 65_536 });
  readonly #plays: boolean;
  readonly #waiters = new Set<Waiter>();
  readonly #iterator: AsyncIterator<AssistantEvent>;
  #samples = 0;
  #attempt = 0;
  #maxAheadMs = 0;
  #isOver = false;

  constructor(assistant: Assistant, { plays = 'at-once', ...options }: ConversationProbeOptions = {}) {
    this.#plays = plays === 'at-once';
    this.#iterator = assistant.converse(this.#input, options)[Symbol.asyncIterator]();
    this.ended = this.#read();
    // Who is interested awaits it; for the others a failure is no unhandled rejection.
    this.ended.catch(() => undefined);
  }

  /** Most audio that was sent beyond what had been reported. */
  get maxAheadMs(): number {
    return this.#maxAheadMs;
  }

  /** Whether the conversation has closed its input. */
  get isInputClosed(): boolean {
    return this.#input.isClosed;
  }

  async send(...items: readonly AssistantInput[]): Promise<void> {
    for (const item of items) await this.#input.push(item);
  }

  /** Ends the input. */
  end(): void {
    this.#input.close();
  }

  /** Makes the input throw. */
  fail(error: unknown): void {
    this.#input.fail(error);
  }

  /** Stops reading events, as `break` does. */
  async leave(): Promise<void> {
    await this.#iterator.return?.();
  }

  ofType<T extends EventType>(type: T): readonly EventOf<T>[] {
    return this.events.filter((event): event is EventOf<T> => event.type === type);
  }

  /** The `count`th event of a type, as soon as it has come. Rejects when the conversation ends without it. */
  async waitFor<T extends EventType>(type: T, count = 1): Promise<EventOf<T>> {
    const find = () => this.ofType(type)[count - 1];
    if (!find() && !this.#isOver) {
      await new Promise<void>((resolve) => {
        this.#waiters.add({ isMet: () => find() !== undefined, settle: resolve });
      });
    }
    const event = find();
    if (event) return event;
    await this.ended;
    throw new RangeError(`The conversation ended without ${count} events of type ${type}.`);
  }

  async #read(): Promise<void> {
    try {
      for (let next = await this.#iterator.next(); !next.done; next = await this.#iterator.next()) {
        this.events.push(next.value);
        if (next.value.type === 'audio') this.#play(next.value);
        this.#wake();
      }
    } finally {
      this.#isOver = true;
      this.#wake();
    }
  }

  #play({ attempt, frame }: EventOf<'audio'>): void {
    if (attempt !== this.#attempt) this.#samples = 0;
    this.#attempt = attempt;
    this.#samples += frame.pcm.length;
    const reported = this.#plays ? this.#samples - frame.pcm.length : 0;
    const aheadMs = ((this.#samples - reported) * 1000) / frame.sampleRateHz;
    this.#maxAheadMs = Math.max(this.#maxAheadMs, aheadMs);
    if (this.#plays) this.#input.tryPush({ type: 'played', attempt, samples: this.#samples });
  }

  #wake(): void {
    for (const waiter of this.#waiters) {
      if (!this.#isOver && !waiter.isMet()) continue;
      this.#waiters.delete(waiter);
      waiter.settle();
    }
  }
}
