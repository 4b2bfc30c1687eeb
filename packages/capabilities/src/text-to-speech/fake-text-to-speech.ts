import { type Frame, Framer, samplesOf } from '@tiercel/audio';
import { raceSignal } from '@tiercel/kernel';
import { TextToSpeechError } from './errors.js';
import type { SynthesizeOptions, TextToSpeech, TextToSpeechFeatures } from './text-to-speech.js';

export interface FakeTextToSpeechOptions {
  readonly features?: Partial<TextToSpeechFeatures>;
  /** How long a character sounds at speed 1. Default: 60. */
  readonly msPerCharacter?: number;
  /** Longest text. Default: 1000 characters. */
  readonly limit?: number;
  /** Awaited before each frame: how a test makes a voice slow. */
  readonly synthesizeFrame?: (frame: { readonly text: string; readonly index: number }) => Promise<void>;
}

const never = new AbortController().signal;
const SPEAKABLE = /[\p{Letter}\p{Number}]/u;

/** Hums: each character sounds equally long, so a test can tell from the samples how much was said. */
export class FakeTextToSpeech implements TextToSpeech {
  readonly features: TextToSpeechFeatures;
  readonly #options: FakeTextToSpeechOptions;
  readonly #calls: { readonly text: string; readonly speed: number }[] = [];
  #failure: Error | undefined;
  #last: Promise<void> = Promise.resolve();

  constructor(options: FakeTextToSpeechOptions = {}) {
    this.#options = options;
    this.features = { voice: 'fake', sampleRateHz: 22_050, languages: ['en'], ...options.features };
  }

  /** What it was asked to speak, oldest first. */
  get calls(): readonly { readonly text: string; readonly speed: number }[] {
    return this.#calls;
  }

  /** The next call fails with `error`. */
  failNext(error: Error): void {
    this.#failure = error;
  }

  async *synthesize(
    text: string,
    { speed = 1, signal = never }: SynthesizeOptions = {},
  ): AsyncGenerator<Frame, undefined, undefined> {
    signal.throwIfAborted();
    const limit = this.#options.limit ?? 1000;
    if (!(speed >= 0.5 && speed <= 2)) throw new TextToSpeechError('TEXT_TO_SPEECH_SPEED_WRONG', { speed });
    if (text.length > limit) {
      throw new TextToSpeechError('TEXT_TO_SPEECH_TEXT_TOO_LONG', { characters: text.length, limit });
    }
    this.#calls.push({ text, speed });
    const failure = this.#failure;
    this.#failure = undefined;
    if (failure) throw failure;
    if (!SPEAKABLE.test(text)) return;
    const turn = this.#last;
    let leave: () => void = () => undefined;
    const left = new Promise<void>((resolve) => {
      leave = resolve;
    });
    this.#last = turn.then(() => left);
    try {
      await raceSignal(turn, signal);
      for (const [index, frame] of this.#framesOf(text, speed).entries()) {
        await raceSignal(this.#options.synthesizeFrame?.({ text, index }) ?? Promise.resolve(), signal);
        yield frame;
        signal.throwIfAborted();
      }
    } finally {
      leave();
    }
  }

  #framesOf(text: string, speed: number): readonly Frame[] {
    const { sampleRateHz } = this.features;
    const length = samplesOf((text.length * (this.#options.msPerCharacter ?? 60)) / speed, sampleRateHz);
    const framer = new Framer({ frameSamples: samplesOf(20, sampleRateHz), sampleRateHz });
    const frames = framer.push(hum(length, sampleRateHz), 0);
    const rest = framer.flush();
    return rest ? [...frames, rest] : frames;
  }
}

function hum(length: number, sampleRateHz: number): Int16Array {
  return Int16Array.from({ length }, (_, index) =>
    Math.round(8000 * Math.sin((2 * Math.PI * 220 * index) / sampleRateHz)),
  );
}
