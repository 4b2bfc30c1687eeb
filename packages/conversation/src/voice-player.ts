import { Channel, durationMs, type Frame } from '@tiercel/audio';
import type { AssistantEvent, AssistantInput } from '@tiercel/capabilities/assistant';
import type { AudioOutput } from '@tiercel/capabilities/audio-output';

export interface VoicePlayerOptions {
  readonly output: AudioOutput;
  /** Takes word back to the assistant. */
  readonly tell: (input: AssistantInput) => Promise<unknown>;
  readonly onFailure: (error: unknown) => void;
  readonly signal: AbortSignal;
}

/** Of one attempt, in samples. */
interface Progress {
  given: number;
  played: number;
}

/** More than an assistant may be ahead of what was heard, so that waiting here means that it breaks that rule. */
const CAPACITY_MS = 1000;

/** Whatever an earlier conversation left sounding ends in this time. */
const FADE_MS = 8;

/** Brings the voice of each attempt to an output, and reports back how far it was heard. */
export class VoicePlayer {
  readonly #options: VoicePlayerOptions;
  /** Attempts of this conversation count from here on: the output has had others before. */
  #base: number | undefined;
  readonly #sounding = new Set<Progress>();
  #line:
    | {
        readonly attempt: number;
        readonly frames: Channel<Frame>;
        readonly progress: Progress;
        readonly played: Promise<void>;
      }
    | undefined;

  constructor(options: VoicePlayerOptions) {
    this.#options = options;
  }

  /** Whether something of a reply is sounding, or is about to. A reply that waits for an answer is silent. */
  get isSounding(): boolean {
    return [...this.#sounding].some(({ given, played }) => given > played);
  }

  /** Waits while the output has more to play than it should. */
  async take(event: AssistantEvent): Promise<void> {
    switch (event.type) {
      case 'audio':
        return this.#play(event.attempt, event.frame);
      case 'audio-end':
        if (this.#line?.attempt === event.attempt) this.#line.frames.close();
        return;
      case 'clear':
        if (this.#line?.attempt === event.attempt) await this.#clear(event.fadeMs);
        return;
      default:
        return;
    }
  }

  /** Waits until what was said has been heard, or its signal has put an end to it. */
  async finish(): Promise<void> {
    this.#line?.frames.close();
    await this.#line?.played;
  }

  async #play(attempt: number, frame: Frame): Promise<void> {
    if (this.#line && attempt < this.#line.attempt) return;
    if (this.#line?.attempt !== attempt) await this.#begin(attempt);
    if (!this.#line) return;
    this.#line.progress.given += frame.pcm.length;
    await this.#line.frames.push(frame, { signal: this.#options.signal });
  }

  async #begin(attempt: number): Promise<void> {
    const { output } = this.#options;
    this.#line?.frames.close();
    this.#base ??= (await output.clear({ fadeMs: FADE_MS })).attempt + 1;
    const frames = new Channel<Frame>({ policy: 'block', capacity: CAPACITY_MS, weigh: durationMs });
    const progress = { given: 0, played: 0 };
    const played = this.#follow(attempt, frames, progress, this.#base);
    this.#line = { attempt, frames, progress, played };
  }

  /** Never rejects. */
  async #follow(attempt: number, frames: Channel<Frame>, progress: Progress, base: number): Promise<void> {
    const { output, tell, onFailure, signal } = this.#options;
    this.#sounding.add(progress);
    try {
      for await (const { samples, timeMs } of output.play(frames, { attempt: base + attempt, signal })) {
        progress.played = samples;
        await tell({ type: 'played', attempt, samples, timeMs });
      }
    } catch (error) {
      onFailure(error);
    } finally {
      frames.close();
      this.#sounding.delete(progress);
    }
  }

  async #clear(fadeMs: number): Promise<void> {
    this.#line?.frames.close();
    await this.#options.output.clear({ fadeMs });
  }
}
