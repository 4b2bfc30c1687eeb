import { type Frame, levelDbfs } from '@tiercel/audio';
import { VoiceActivityError } from './errors.js';
import type {
  DetectOptions,
  VoiceActivityDetector,
  VoiceActivityEvent,
  VoiceActivityFeatures,
} from './voice-activity-detector.js';

export interface FakeVoiceActivityDetectorOptions {
  /** Default: windows of 512 samples at 16 kHz. */
  readonly features?: VoiceActivityFeatures;
  /** Windows at or above this level are speech. Default: −40. */
  readonly thresholdDbfs?: number;
  /** Windows of silence that end speech. Default: 5. */
  readonly silentWindows?: number;
  /** Streams at once. Default: 8. */
  readonly maxStreams?: number;
}

/** Takes loud for speech: a window above the threshold begins it, some quiet windows in a row end it. */
export class FakeVoiceActivityDetector implements VoiceActivityDetector {
  readonly features: VoiceActivityFeatures;
  readonly #thresholdDbfs: number;
  readonly #silentWindows: number;
  readonly #maxStreams: number;
  #open = 0;

  constructor(options: FakeVoiceActivityDetectorOptions = {}) {
    this.features = options.features ?? { windowSize: 512, sampleRateHz: 16_000 };
    this.#thresholdDbfs = options.thresholdDbfs ?? -40;
    this.#silentWindows = options.silentWindows ?? 5;
    this.#maxStreams = options.maxStreams ?? 8;
  }

  /** Streams that are being read now. */
  get open(): number {
    return this.#open;
  }

  async *detect(
    frames: AsyncIterable<Frame>,
    { signal }: DetectOptions = {},
  ): AsyncGenerator<VoiceActivityEvent, undefined, undefined> {
    signal?.throwIfAborted();
    if (this.#open >= this.#maxStreams) {
      throw new VoiceActivityError('VOICE_ACTIVITY_OVERLOADED', {
        streams: this.#open,
        limit: this.#maxStreams,
      });
    }
    this.#open += 1;
    const iterator = frames[Symbol.asyncIterator]();
    const aborted = abortOf(signal);
    let speechEnd: number | undefined;
    let position = 0;
    try {
      for (;;) {
        const { done, value: frame } = await Promise.race([iterator.next(), aborted.rejection]);
        if (done) break;
        this.#check(frame);
        const isLoud = levelDbfs(frame.pcm) >= this.#thresholdDbfs;
        position = frame.position + frame.pcm.length;
        if (isLoud) {
          if (speechEnd === undefined) {
            yield { type: 'speech-start', position: frame.position, detectedPosition: position };
          }
          speechEnd = position;
        } else if (
          speechEnd !== undefined &&
          position - speechEnd >= this.#silentWindows * frame.pcm.length
        ) {
          yield { type: 'speech-end', position: speechEnd, detectedPosition: position };
          speechEnd = undefined;
        }
      }
      if (speechEnd !== undefined)
        yield { type: 'speech-end', position: speechEnd, detectedPosition: position };
    } finally {
      this.#open -= 1;
      aborted.forget();
      void Promise.resolve(iterator.return?.()).catch(() => undefined);
    }
    return undefined;
  }

  #check(frame: Frame): void {
    const { windowSize, sampleRateHz: expectedRateHz } = this.features;
    const { sampleRateHz } = frame;
    const samples = frame.pcm.length;
    if (samples === windowSize && sampleRateHz === expectedRateHz) return;
    throw new VoiceActivityError('VOICE_ACTIVITY_WINDOW_WRONG', {
      samples,
      sampleRateHz,
      windowSize,
      expectedRateHz,
    });
  }
}

function abortOf(signal: AbortSignal | undefined): { readonly rejection: Promise<never>; forget(): void } {
  let onAbort: () => void = () => undefined;
  const rejection = new Promise<never>((_, reject) => {
    onAbort = () => reject(signal?.reason);
    signal?.addEventListener('abort', onAbort, { once: true });
  });
  rejection.catch(() => undefined);
  return { rejection, forget: () => signal?.removeEventListener('abort', onAbort) };
}
