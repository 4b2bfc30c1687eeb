import { type Frame, joinFrames, levelDbfs } from '@tiercel/audio';
import { isTiercelError, raceSignal } from '@tiercel/kernel';
import { SpeechToTextError } from './errors.js';
import type {
  SpeechToText,
  SpeechToTextFeatures,
  TranscribeOptions,
  TranscriptEvent,
} from './speech-to-text.js';

export interface FakeSpeechToTextOptions {
  /** What utterances say, one after the other; the last is repeated. Silence says nothing and uses none up. */
  readonly texts?: readonly string[];
  readonly features?: Partial<SpeechToTextFeatures>;
  /** Awaited before each final: how a test keeps recognition busy. */
  readonly decode?: (utterance: { readonly utteranceId: string; readonly samples: number }) => Promise<void>;
  /** Utterances below this level are silence. Default: −60. */
  readonly silenceDbfs?: number;
}

const never = new AbortController().signal;

/** Recognises whatever it is told to. With `hasPartials`, each word comes as a partial before the final. */
export class FakeSpeechToText implements SpeechToText {
  readonly features: SpeechToTextFeatures;
  readonly #options: FakeSpeechToTextOptions;
  readonly #texts: string[];
  readonly #calls: { readonly utteranceId: string; readonly language: string; readonly samples: number }[] =
    [];
  #failure: Error | undefined;

  constructor(options: FakeSpeechToTextOptions = {}) {
    this.#options = options;
    this.#texts = [...(options.texts ?? ['turn on the lamp'])];
    this.features = {
      model: 'fake',
      sampleRateHz: 16_000,
      hasPartials: false,
      languages: ['en', 'de'],
      ...options.features,
    };
  }

  /** Utterances that were read to their end, oldest first. */
  get calls(): readonly {
    readonly utteranceId: string;
    readonly language: string;
    readonly samples: number;
  }[] {
    return this.#calls;
  }

  /** The next utterance fails with `error`. */
  failNext(error: Error): void {
    this.#failure = error;
  }

  async *transcribe(
    frames: AsyncIterable<Frame>,
    options: TranscribeOptions,
  ): AsyncGenerator<TranscriptEvent, undefined, undefined> {
    const { utteranceId, signal = never } = options;
    const language = options.language ?? this.features.languages[0] ?? 'en';
    this.#checkLanguage(language);
    const heard = await this.#listen(frames, signal);
    const samples = heard?.pcm.length ?? 0;
    await raceSignal(this.#options.decode?.({ utteranceId, samples }) ?? Promise.resolve(), signal);
    this.#throwFailure();
    const text = this.#textOf(heard);
    this.#calls.push({ utteranceId, language, samples });
    if (this.features.hasPartials) {
      const words = text.split(' ').filter(Boolean);
      for (const index of words.keys()) {
        yield { type: 'transcript-partial', utteranceId, text: words.slice(0, index + 1).join(' ') };
      }
    }
    const endMs = heard ? (heard.pcm.length * 1000) / heard.sampleRateHz : 0;
    yield { type: 'transcript-final', utteranceId, text, language, endMs };
    return undefined;
  }

  async #listen(frames: AsyncIterable<Frame>, signal: AbortSignal): Promise<Frame | undefined> {
    signal.throwIfAborted();
    const { sampleRateHz: expectedRateHz } = this.features;
    const iterator = frames[Symbol.asyncIterator]();
    const heard: Frame[] = [];
    try {
      for (;;) {
        const { done, value: frame } = await raceSignal(iterator.next(), signal);
        if (done) return joinFrames(heard);
        const { sampleRateHz } = frame;
        if (sampleRateHz !== expectedRateHz) {
          throw new SpeechToTextError('SPEECH_TO_TEXT_RATE_WRONG', { sampleRateHz, expectedRateHz });
        }
        heard.push(frame);
      }
    } catch (error) {
      if (signal.aborted || isTiercelError(error))
        void Promise.resolve(iterator.return?.()).catch(() => undefined);
      throw error;
    }
  }

  #textOf(heard: Frame | undefined): string {
    if (!heard || levelDbfs(heard.pcm) < (this.#options.silenceDbfs ?? -60)) return '';
    const [text = ''] = this.#texts;
    if (this.#texts.length > 1) this.#texts.shift();
    return text;
  }

  #checkLanguage(language: string): void {
    const { model, languages } = this.features;
    if (languages.includes(language)) return;
    throw new SpeechToTextError('SPEECH_TO_TEXT_LANGUAGE_UNKNOWN', { language, model, languages });
  }

  #throwFailure(): void {
    const failure = this.#failure;
    this.#failure = undefined;
    if (failure) throw failure;
  }
}
