import { type Frame, Framer, fadeIn, fadeOut, samplesOf, silence } from '@tiercel/audio';
import {
  type SynthesizeOptions,
  type TextToSpeech,
  TextToSpeechError,
  type TextToSpeechFeatures,
} from '@tiercel/capabilities/text-to-speech';
import { raceSignal } from '@tiercel/kernel';
import { type Signal, signalsOf } from './morse.js';

export interface MorseOptions {
  readonly pitchHz: number;
  readonly wordsPerMinute: number;
}

const sampleRateHz = 16_000;
const longestText = 1000;
/** About −12 dBFS. */
const amplitude = 8000;
/** Takes the click off both ends of a tone. */
const fadeMs = 4;

const never = new AbortController().signal;

/** Speaks in Morse code, one text after the other. */
export class MorseTextToSpeech implements TextToSpeech {
  readonly features: TextToSpeechFeatures = { voice: 'morse', sampleRateHz, languages: ['en'] };
  readonly #pitchHz: number;
  readonly #unitMs: number;
  #last: Promise<void> = Promise.resolve();

  constructor({ pitchHz, wordsPerMinute }: MorseOptions) {
    this.#pitchHz = pitchHz;
    // The word that telegraphers measure by, PARIS, is 50 units long.
    this.#unitMs = 60_000 / (50 * wordsPerMinute);
  }

  async *synthesize(
    text: string,
    { speed = 1, signal = never }: SynthesizeOptions = {},
  ): AsyncGenerator<Frame, void, void> {
    signal.throwIfAborted();
    if (!(speed >= 0.5 && speed <= 2)) throw new TextToSpeechError('TEXT_TO_SPEECH_SPEED_WRONG', { speed });
    const characters = text.length;
    if (characters > longestText) {
      throw new TextToSpeechError('TEXT_TO_SPEECH_TEXT_TOO_LONG', { characters, limit: longestText });
    }
    const { turn, leave } = this.#queue();
    try {
      await raceSignal(turn, signal);
      for (const frame of this.#framesOf(text, this.#unitMs / speed)) {
        yield frame;
        signal.throwIfAborted();
      }
    } finally {
      leave();
    }
  }

  /** `turn` settles when everybody who came before has left. */
  #queue(): { readonly turn: Promise<void>; readonly leave: () => void } {
    const turn = this.#last;
    let leave: () => void = () => undefined;
    const left = new Promise<void>((resolve) => {
      leave = resolve;
    });
    this.#last = turn.then(() => left);
    return { turn, leave };
  }

  /** Makes each tone when its turn comes, so that the first frame is there before the last exists. */
  *#framesOf(text: string, unitMs: number): Generator<Frame> {
    const framer = new Framer({ frameSamples: samplesOf(20, sampleRateHz), sampleRateHz });
    for (const signal of signalsOf(text)) yield* framer.push(this.#sound(signal, unitMs), 0);
    const rest = framer.flush();
    if (rest) yield rest;
  }

  #sound({ isTone, units }: Signal, unitMs: number): Int16Array {
    if (!isTone) return silence(units * unitMs, sampleRateHz);
    const step = (2 * Math.PI * this.#pitchHz) / sampleRateHz;
    const length = samplesOf(units * unitMs, sampleRateHz);
    const tone = Int16Array.from({ length }, (_, index) => Math.round(amplitude * Math.sin(index * step)));
    return fadeOut(fadeIn(tone, { sampleRateHz, fadeMs }), { sampleRateHz, fadeMs });
  }
}
