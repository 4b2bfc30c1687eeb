import { SILENCE_DBFS } from '@tiercel/audio';
import type { ChildController } from '@tiercel/kernel';
import type { Transcription } from './utterance.js';

/** One try to transcribe what an open utterance holds so far. */
export interface Attempt {
  readonly controller: ChildController;
  readonly done: Promise<Transcription>;
  result?: Transcription;
}

/** An utterance that may still go on. Positions are those of the stream. */
export class OpenUtterance {
  readonly number: number;
  /** Where the audio begins that is not in a part yet. */
  fromPosition: number;
  /** Background level before it began. */
  readonly floorDbfs: number;
  /** Transcripts of what was cut off because it was too long for one. */
  readonly parts: Promise<Transcription>[] = [];
  readonly #spans: { from: number; to: number }[] = [];
  isSpeaking = false;
  /** Level of the speech so far; known from its first end. */
  levelDbfs = SILENCE_DBFS;
  attempt: Attempt | undefined;
  attempts = 0;
  softEndPosition = 0;
  softEndMs = 0;
  speechEndMs = 0;

  constructor(number: number, fromPosition: number, floorDbfs: number) {
    this.number = number;
    this.fromPosition = fromPosition;
    this.floorDbfs = floorDbfs;
  }

  /** First sample of speech. */
  get startPosition(): number {
    return this.#spans[0]?.from ?? this.fromPosition;
  }

  /** After the last sample of speech, as far as is known. */
  get endPosition(): number {
    return this.#spans.at(-1)?.to ?? this.fromPosition;
  }

  get speechSamples(): number {
    return this.#spans.reduce((samples, { from, to }) => samples + to - from, 0);
  }

  beginSpeech(position: number): void {
    const from = Math.max(position, this.endPosition);
    this.#spans.push({ from, to: from });
    this.isSpeaking = true;
  }

  endSpeech(position: number): void {
    const span = this.#spans.at(-1);
    if (span) span.to = Math.max(span.from, position);
    this.isSpeaking = false;
  }
}
