import { setImmediate as nextRound } from 'node:timers/promises';
import { type Frame, joinFrames, samplesOf } from '@tiercel/audio';
import {
  type SpeechToText,
  SpeechToTextError,
  type SpeechToTextFeatures,
  type TranscribeOptions,
  type TranscriptEvent,
} from '@tiercel/capabilities/speech-to-text';
import { isTiercelError, raceSignal } from '@tiercel/kernel';
import { keyIn } from './touch-tones.js';

const language = 'en';
const blockMs = 25;
/** Others get their turn after so many blocks, about one second of sound. */
const blocksPerRound = 40;

const never = new AbortController().signal;

/** Hears the keys of a telephone and writes them down one after the other, such as `4 2 #`. */
export class TouchToneSpeechToText implements SpeechToText {
  readonly features: SpeechToTextFeatures = {
    model: 'touch-tones',
    sampleRateHz: 16_000,
    hasPartials: false,
    languages: [language],
  };
  readonly #silenceDbfs: number;

  constructor(silenceDbfs: number) {
    this.#silenceDbfs = silenceDbfs;
  }

  async *transcribe(
    frames: AsyncIterable<Frame>,
    { utteranceId, language: wanted = language, signal = never }: TranscribeOptions,
  ): AsyncGenerator<TranscriptEvent, void, void> {
    const { model, languages, sampleRateHz } = this.features;
    if (!languages.includes(wanted)) {
      throw new SpeechToTextError('SPEECH_TO_TEXT_LANGUAGE_UNKNOWN', { language: wanted, model, languages });
    }
    const pcm = await this.#listen(frames, signal);
    const text = (await this.#keysIn(pcm, signal)).join(' ');
    const endMs = (pcm.length * 1000) / sampleRateHz;
    yield { type: 'transcript-final', utteranceId, text, language, endMs };
  }

  async #listen(frames: AsyncIterable<Frame>, signal: AbortSignal): Promise<Int16Array> {
    signal.throwIfAborted();
    const source = frames[Symbol.asyncIterator]();
    const heard: Frame[] = [];
    try {
      for (;;) {
        const { done, value: frame } = await raceSignal(source.next(), signal);
        if (done) return joinFrames(heard)?.pcm ?? new Int16Array(0);
        this.#checkRate(frame);
        heard.push(frame);
      }
    } catch (error) {
      // The source is told to stop and not waited for. One that failed has stopped already.
      if (signal.aborted || isTiercelError(error)) source.return?.().then(undefined, () => undefined);
      throw error;
    }
  }

  #checkRate({ sampleRateHz }: Frame): void {
    const expectedRateHz = this.features.sampleRateHz;
    if (sampleRateHz === expectedRateHz) return;
    throw new SpeechToTextError('SPEECH_TO_TEXT_RATE_WRONG', { sampleRateHz, expectedRateHz });
  }

  /** A key counts when it fills two blocks in a row, and once however long it is held. */
  async #keysIn(pcm: Int16Array, signal: AbortSignal): Promise<readonly string[]> {
    const { sampleRateHz } = this.features;
    const blockSamples = samplesOf(blockMs, sampleRateHz);
    const found: string[] = [];
    let before: string | undefined;
    let held: string | undefined;
    for (let block = 0; block * blockSamples < pcm.length; block++) {
      if (block % blocksPerRound === 0) await nextRound();
      signal.throwIfAborted();
      const samples = pcm.subarray(block * blockSamples, (block + 1) * blockSamples);
      const key = keyIn(samples, sampleRateHz, this.#silenceDbfs);
      if (key === before && key !== held) {
        held = key;
        if (key !== undefined) found.push(key);
      }
      before = key;
    }
    return found;
  }
}
