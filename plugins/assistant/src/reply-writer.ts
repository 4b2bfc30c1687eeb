import type { AssistantEvent } from '@tiercel/capabilities/assistant';
import type { Clock } from '@tiercel/capabilities/clock';
import { type Segment, Segmenter } from './segmenter.js';
import type { Speaker } from './speaker.js';
import { SpokenText } from './spoken-text.js';
import type { Mark } from './timeline.js';
import { TurnAbort } from './turn-abort.js';
import type { Unit } from './unit.js';

/** So long the first unit waits for a boundary, if enough words are there. */
const PATIENCE_MS = 250;

/** A part of the reply, in UTF-16 units. */
export interface TextSpan {
  readonly start: number;
  readonly end: number;
}

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
  readonly #asides: TextSpan[] = [];
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

  /** Parts that are no answer to what was heard, such as questions of the assistant's own. */
  get asides(): readonly TextSpan[] {
    return this.#asides;
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
    if (this.#text !== '' && !this.#text.endsWith('\n')) await this.write('\n');
  }

  /** Writes a sentence that the model is not reminded of later. It is spoken at once. */
  async writeAside(sentence: string): Promise<void> {
    await this.startSentence();
    const start = this.#text.length;
    this.#asides.push({ start, end: start + sentence.length + 1 });
    await this.write(sentence);
    await this.pause();
  }

  /** What was written from `start` on is an aside. */
  setAside(start: number): void {
    if (start < this.#text.length) this.#asides.push({ start, end: this.#text.length });
  }

  /** Nothing follows for a while: speaks what was written so far. */
  async pause(): Promise<void> {
    await this.startSentence();
    await this.#speak(this.#segmenter.flush().map((segment) => ({ ...segment, isBeforePause: true })));
    this.#hasUnit = false;
    this.#firstTextMs = undefined;
  }

  /** The reply is complete: speaks the rest of it. */
  async finish(): Promise<void> {
    this[Symbol.dispose]();
    await this.#speak(this.#segmenter.flush());
  }

  [Symbol.dispose](): void {
    this.#timer.abort(new TurnAbort('superseded'));
  }

  async #speak(segments: readonly (Segment & Pick<Unit, 'isBeforePause'>)[]): Promise<void> {
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
    const begunMs = this.#firstTextMs;
    try {
      await this.#options.clock.delay(PATIENCE_MS, { signal: this.#timer.signal });
    } catch {
      return;
    }
    if (!this.#hasUnit && this.#firstTextMs === begunMs) await this.#speak(this.#segmenter.expire());
  }
}
