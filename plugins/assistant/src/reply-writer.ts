import type { AssistantEvent } from '@tiercel/capabilities/assistant';
import type { Clock } from '@tiercel/capabilities/clock';
import { type Segment, Segmenter } from './segmenter.js';
import type { Speaker } from './speaker.js';
import { SpokenText } from './spoken-text.js';
import type { Mark } from './timeline.js';
import { TurnAbort } from './turn-abort.js';

/** So long the first unit waits for a boundary, if enough words are there. */
const PATIENCE_MS = 250;

export interface ReplyWriterOptions {
  readonly turn: number;
  readonly attempt: number;
  readonly language: string;
  readonly clock: Clock;
  /** Absent where the reply is only written. */
  readonly speaker: Speaker | undefined;
  readonly emit: (event: AssistantEvent) => Promise<void>;
  readonly mark: (mark: Mark, timeMs: number) => void;
}

/** Takes a reply as it is written: shows each piece at once and hands it to the speaker unit by unit. */
export class ReplyWriter implements Disposable {
  readonly #options: ReplyWriterOptions;
  readonly #segmenter: Segmenter;
  readonly #spokenText = new SpokenText();
  readonly #timer = new AbortController();
  #text = '';
  #firstTextMs: number | undefined;
  #hasUnit = false;

  constructor(options: ReplyWriterOptions) {
    this.#options = options;
    this.#segmenter = new Segmenter(options.language);
  }

  /** Everything written so far. */
  get text(): string {
    return this.#text;
  }

  async write(text: string): Promise<void> {
    if (text === '') return;
    const { turn, attempt, emit } = this.#options;
    this.#text += text;
    await emit({ type: 'reply-delta', turn, attempt, text });
    await this.#speak(this.#segmenter.push(text));
    this.#bePatient();
  }

  /** Writes a sentence that stands by itself. */
  async writeSentence(sentence: string): Promise<void> {
    await this.startSentence();
    await this.write(sentence);
  }

  /** What comes next does not continue the last word. */
  async startSentence(): Promise<void> {
    if (/\S$/u.test(this.#text)) await this.write('\n');
  }

  /** The reply is complete: speaks the rest of it. */
  async finish(): Promise<void> {
    this[Symbol.dispose]();
    await this.#speak(this.#segmenter.flush());
  }

  [Symbol.dispose](): void {
    this.#timer.abort(new TurnAbort('superseded'));
  }

  async #speak(segments: readonly Segment[]): Promise<void> {
    for (const segment of segments) {
      const spoken = this.#spokenText.next(segment.text);
      this.#hasUnit = true;
      if (spoken !== '') this.#options.mark('firstUnit', this.#options.clock.nowMs());
      await this.#options.speaker?.say({ ...segment, spoken });
    }
  }

  #bePatient(): void {
    if (this.#hasUnit || !this.#options.speaker) return;
    const { clock } = this.#options;
    if (this.#firstTextMs === undefined) {
      this.#firstTextMs = clock.nowMs();
      void this.#expireLater();
    } else if (clock.nowMs() - this.#firstTextMs >= PATIENCE_MS) {
      void this.#speak(this.#segmenter.expire());
    }
  }

  async #expireLater(): Promise<void> {
    try {
      await this.#options.clock.delay(PATIENCE_MS, { signal: this.#timer.signal });
    } catch {
      return;
    }
    if (!this.#hasUnit) await this.#speak(this.#segmenter.expire());
  }
}
