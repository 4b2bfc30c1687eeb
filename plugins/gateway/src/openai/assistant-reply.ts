import { Channel } from '@tiercel/audio';
import type { AssistantEvent } from '@tiercel/capabilities/assistant';
import type { LanguageModelEvent } from '@tiercel/capabilities/language-model';
import { GatewayError } from '../errors.js';

/** What a slow reader is behind when the conversation begins to wait for it. */
const MAX_UNREAD = 256;

type TurnEnd = Extract<AssistantEvent, { readonly type: 'turn-end' }>;

/** What the assistant says to one request, on its way from the conversation to the client. */
export class AssistantReply {
  readonly #texts: Channel<string>;
  readonly #isLast: boolean;
  readonly #over = new AbortController();
  #written = '';
  #isGivenUp = false;
  #provider: string | undefined;

  constructor(signal: AbortSignal, isLast: boolean) {
    this.#texts = new Channel({ policy: 'block', capacity: MAX_UNREAD, signal });
    this.#isLast = isLast;
  }

  /** The turn has ended, or nothing more comes of it. */
  get isOver(): boolean {
    return this.#over.signal.aborted;
  }

  /** Aborts at that moment. */
  get over(): AbortSignal {
    return this.#over.signal;
  }

  get isGivenUp(): boolean {
    return this.#isGivenUp;
  }

  async *read(): AsyncGenerator<LanguageModelEvent, void, void> {
    try {
      for await (const text of this.#texts) yield { type: 'text-delta', text };
    } finally {
      this.#texts.close();
    }
    yield { type: 'end', finishReason: 'stop', provider: this.#provider ?? 'assistant' };
  }

  async write(text: string): Promise<void> {
    this.#written += text;
    // Whoever does not read any more has closed it.
    await this.#texts.push(text).catch(() => undefined);
  }

  /** Ends the reply with a question, where somebody can come back with the answer. */
  ask(question: string): boolean {
    if (this.#isLast || this.#isGivenUp) return false;
    if (!this.#written.includes(question)) this.#texts.tryPush(question);
    this.#finish();
    return true;
  }

  end({ outcome, error, provider }: TurnEnd): void {
    this.#provider = provider;
    if (outcome === 'answered' || outcome === 'empty') this.#finish();
    else this.fail(new GatewayError('GATEWAY_TURN_LOST', { outcome: error?.code ?? outcome }));
  }

  fail(reason: unknown): void {
    this.#over.abort();
    this.#texts.fail(reason);
  }

  /** Nobody reads on. */
  giveUp(): void {
    this.#isGivenUp = true;
    this.#texts.close();
  }

  #finish(): void {
    this.#over.abort();
    this.#texts.close();
  }
}
