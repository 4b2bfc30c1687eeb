import { Channel } from '@tiercel/audio';
import type { Assistant, AssistantEvent, AssistantInput } from '@tiercel/capabilities/assistant';
import type { AudioInput } from '@tiercel/capabilities/audio-input';
import type { AudioOutput } from '@tiercel/capabilities/audio-output';
import type { Clock } from '@tiercel/capabilities/clock';
import { raceSignal } from '@tiercel/kernel';
import { EchoMute } from './echo-mute.js';
import { OpenTurns } from './open-turns.js';
import { VoicePlayer } from './voice-player.js';

export interface HoldConversationOptions {
  readonly assistant: Assistant;
  readonly clock: Clock;
  /**
   * Where speech comes from; its end is the end of listening. One that does not cancel echo is not listened to while the
   * assistant speaks.
   */
  readonly input?: AudioInput | undefined;
  /** Typed turns. The next one is asked for when the one before is over, or waits for a yes or a no. */
  readonly texts?: AsyncIterable<string> | undefined;
  /** Where replies sound. Without it they are only written. */
  readonly output?: AudioOutput | undefined;
  /** `false` keeps replies written although there is an output. */
  readonly voice?: boolean | undefined;
  readonly language?: string | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Hears each event at once, before the reader of the conversation does. Must not throw. */
  readonly onEvent?: ((event: AssistantEvent) => void) | undefined;
}

/** Frames wait in the input, not here. */
const WAITING_INPUTS = 8;
const WAITING_EVENTS = 256;

/** Speech at the very end of the input may still become a turn within this. */
const SETTLE_MS = 1000;

/** What somebody has said becomes a turn within this, or never will. */
const SPEECH_MS = 3000;

/**
 * Holds one conversation between the given ends and yields what happens in it. Ends when all inputs have ended and the last
 * turn is over, including its voice. An error of any end, or an abort of `signal`, ends it with that error. A reader that
 * leaves early ends it too; one that falls 256 events behind slows it down.
 */
export async function* holdConversation(
  options: HoldConversationOptions,
): AsyncGenerator<AssistantEvent, void, undefined> {
  options.signal?.throwIfAborted();
  const conversation = new HeldConversation(options);
  const stop = () => conversation.stop(options.signal?.reason);
  options.signal?.addEventListener('abort', stop, { once: true });
  try {
    yield* conversation.start();
  } finally {
    options.signal?.removeEventListener('abort', stop);
    await conversation.close();
  }
}

class HeldConversation {
  readonly #options: HoldConversationOptions;
  readonly #stop = new AbortController();
  readonly #turns = new OpenTurns();
  readonly #inputs: Channel<AssistantInput>;
  readonly #events: Channel<AssistantEvent>;
  readonly #voice: VoicePlayer | undefined;
  #running: Promise<unknown> = Promise.resolve();

  constructor(options: HoldConversationOptions) {
    const { signal } = this.#stop;
    const { output } = options;
    this.#options = options;
    this.#inputs = new Channel({ policy: 'block', capacity: WAITING_INPUTS, signal });
    this.#events = new Channel({ policy: 'block', capacity: WAITING_EVENTS, signal });
    if (output && options.voice !== false) {
      const tell = (input: AssistantInput) => this.#inputs.push(input);
      this.#voice = new VoicePlayer({ output, tell, signal, onFailure: (error) => this.stop(error) });
    }
  }

  start(): AsyncIterable<AssistantEvent> {
    this.#running = Promise.all([this.#guard(this.#send()), this.#guard(this.#receive())]);
    return this.#events;
  }

  /** Ends everything with `reason`, which the reader gets. */
  stop(reason: unknown): void {
    this.#stop.abort(reason);
  }

  async close(): Promise<void> {
    this.#stop.abort();
    await this.#voice?.finish();
    await this.#running;
  }

  async #guard(work: Promise<void>): Promise<void> {
    try {
      await work;
    } catch (error) {
      this.stop(error);
    }
  }

  async #send(): Promise<void> {
    await Promise.all([this.#guard(this.#listen()), this.#guard(this.#type())]);
    await this.#untilQuiet();
    this.#inputs.close();
  }

  async #listen(): Promise<void> {
    const { input, clock } = this.#options;
    if (!input) return;
    const echo = new EchoMute({ clock, isSounding: () => this.#voice?.isSounding ?? false });
    const hasEcho = input.features.echo === 'none';
    for await (const frame of input.capture({ signal: this.#stop.signal })) {
      if (!(await this.#inputs.push({ type: 'audio', frame: hasEcho ? echo.pass(frame) : frame }))) return;
    }
    await this.#inputs.push({ type: 'audio-end' });
  }

  async #type(): Promise<void> {
    const { texts } = this.#options;
    if (!texts) return;
    const { signal } = this.#stop;
    const lines = texts[Symbol.asyncIterator]();
    try {
      for (;;) {
        const next = await raceSignal(lines.next(), signal);
        if (next.done) return;
        const { started, question } = this.#turns;
        if (!(await this.#inputs.push({ type: 'text', text: next.value }))) return;
        while (!this.#isTaken(started, question)) await this.#turns.whenChanged(signal);
      }
    } finally {
      // It may hang in its own wait for a person, who has nothing more to say here.
      lines.return?.()?.then(undefined, () => undefined);
    }
  }

  /** Whether what was typed after `started` turns, and perhaps in answer to `asked`, is done with and the next may come. */
  #isTaken(started: number, asked: string | undefined): boolean {
    const { question, isIdle } = this.#turns;
    if (question !== undefined) return question !== asked;
    if (!isIdle) return false;
    return this.#turns.started > started || (asked !== undefined && this.#turns.isAnswered(asked));
  }

  /** Settles when nobody has the turn and nothing is on its way to one. */
  async #untilQuiet(): Promise<void> {
    const { clock, input } = this.#options;
    const { signal } = this.#stop;
    let refused: string | undefined;
    for (let seen = -1; seen !== this.#turns.changes || !this.#turns.isIdle; ) {
      seen = this.#turns.changes;
      const { question } = this.#turns;
      if (question !== undefined && question !== refused) {
        // Nobody is there any more who could say yes.
        refused = question;
        await this.#inputs.push({ type: 'approve', id: question, allow: false });
      } else if (!this.#turns.isIdle) await this.#turns.whenChanged(signal);
      else if (input) await clock.delay(this.#turns.hasUnansweredSpeech ? SPEECH_MS : SETTLE_MS, { signal });
    }
  }

  async #receive(): Promise<void> {
    const { assistant, language, onEvent } = this.#options;
    const events = assistant.converse(this.#inputs, {
      voice: this.#voice !== undefined,
      signal: this.#stop.signal,
      ...(language !== undefined && { language }),
    });
    for await (const event of events) {
      this.#turns.observe(event);
      onEvent?.(event);
      await this.#voice?.take(event);
      if (!(await this.#events.push(event))) return;
    }
    await this.#voice?.finish();
    this.#events.close();
    // An assistant that ends by itself has no use for more.
    this.#inputs.close();
  }
}
