import { Channel } from '@tiercel/audio';
import type {
  Assistant,
  AssistantEvent,
  AssistantInput,
  ConverseOptions,
} from '@tiercel/capabilities/assistant';
import type { Clock } from '@tiercel/capabilities/clock';
import type { LanguageModelEvent } from '@tiercel/capabilities/language-model';
import { GatewayError } from '../errors.js';
import { AssistantReply } from './assistant-reply.js';

/** How long a turn that was given up may take to end; else the conversation is given up. */
const CANCEL_MS = 5_000;
const MAX_WAITING_INPUT = 64;

export interface AssistantSessionOptions extends Pick<ConverseOptions, 'history' | 'traceparent'> {
  readonly clock: Clock;
}

interface RunningTurn {
  /** Nobody reads a turn whose question is open: whoever asked has been told it, and may come back with the answer. */
  reply: AssistantReply | undefined;
}

/** One conversation with the assistant, in text. Its turns are answered one after the other. */
export class AssistantSession {
  readonly #clock: Clock;
  readonly #input = new Channel<AssistantInput>({ policy: 'block', capacity: MAX_WAITING_INPUT });
  readonly #controller = new AbortController();
  /** Said, and the assistant has not come to it. */
  readonly #waiting: AssistantReply[] = [];
  #turn: RunningTurn | undefined;
  #isOver = false;

  constructor(assistant: Assistant, { clock, ...options }: AssistantSessionOptions) {
    this.#clock = clock;
    const { signal } = this.#controller;
    void this.#follow(assistant.converse(this.#input, { ...options, voice: false, signal }));
  }

  /** Nothing more can be said in it. */
  get isOver(): boolean {
    return this.#isOver;
  }

  get isTalking(): boolean {
    return this.#waiting.length > 0 || this.#turn?.reply !== undefined;
  }

  /**
   * Says `text` and reads the reply, as a model would have written it. A question whether a tool may be used ends the reply;
   * what is said next may answer it. Leaving early, or `signal`, gives up the turn; the conversation goes on.
   * @param isLast nobody comes back: a question is then answered with no
   */
  async *say(
    text: string,
    { signal, isLast = false }: { readonly signal: AbortSignal; readonly isLast?: boolean },
  ): AsyncGenerator<LanguageModelEvent, void, void> {
    signal.throwIfAborted();
    const reply = new AssistantReply(signal, isLast);
    this.#waiting.push(reply);
    if (this.#isOver || !this.#input.tryPush({ type: 'text', text })) this.close(lost());
    if (isLast) this.#input.close();
    try {
      yield* reply.read();
    } finally {
      if (!reply.isOver) this.#giveUp(reply);
    }
  }

  close(reason: unknown): void {
    this.#isOver = true;
    this.#input.close();
    this.#controller.abort(reason);
    this.#turn?.reply?.fail(reason);
    this.#turn = undefined;
    for (const reply of this.#waiting.splice(0)) reply.fail(reason);
  }

  async #follow(events: AsyncIterable<AssistantEvent>): Promise<void> {
    try {
      for await (const event of events) await this.#take(event);
      this.close(lost());
    } catch (error) {
      this.close(error);
    }
  }

  async #take(event: AssistantEvent): Promise<void> {
    switch (event.type) {
      case 'turn-start':
        this.#turn = { reply: this.#next() };
        break;
      case 'reply-delta':
        await this.#turn?.reply?.write(event.text);
        break;
      case 'approval':
        if (this.#turn?.reply?.ask(event.question)) this.#turn.reply = undefined;
        break;
      case 'approval-end':
        // A yes or a no was taken for the answer; anything else begins a turn of its own.
        if (this.#turn && (event.decision === 'allowed' || event.decision === 'refused'))
          this.#turn.reply ??= this.#next();
        break;
      case 'turn-end':
        this.#turn?.reply?.end(event);
        this.#turn = undefined;
        break;
      default:
    }
  }

  /** The reply that comes next; if it was given up before its turn began, the turn is given up now. */
  #next(): AssistantReply | undefined {
    const reply = this.#waiting.shift();
    if (reply?.isGivenUp) this.#cancel(reply);
    return reply;
  }

  #giveUp(reply: AssistantReply): void {
    reply.giveUp();
    if (reply === this.#turn?.reply) this.#cancel(reply);
  }

  #cancel(reply: AssistantReply): void {
    this.#input.tryPush({ type: 'cancel' });
    this.#clock.delay(CANCEL_MS, { signal: reply.over }).then(
      () => this.close(lost()),
      () => undefined,
    );
  }
}

function lost(): Error {
  return new GatewayError('GATEWAY_TURN_LOST', { outcome: 'the conversation ended' });
}
