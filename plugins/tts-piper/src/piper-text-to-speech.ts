import { Channel, type Frame, Framer, float32ToInt16, samplesOf } from '@tiercel/audio';
import type { Clock } from '@tiercel/capabilities/clock';
import type { Log } from '@tiercel/capabilities/log';
import {
  type SynthesizeOptions,
  type TextToSpeech,
  TextToSpeechError,
  type TextToSpeechFeatures,
} from '@tiercel/capabilities/text-to-speech';
import { isTiercelError } from '@tiercel/kernel';
import type { OfflineTts, SerialLane } from '@tiercel/sherpa';
import { isSpeakable } from './is-speakable.js';

export interface PiperTextToSpeechOptions {
  readonly engine: Pick<OfflineTts, 'generateAsync'>;
  readonly lane: SerialLane;
  readonly features: TextToSpeechFeatures;
  /** Pace where the caller names none. */
  readonly speed: number;
  readonly log: Log;
  readonly clock: Clock;
}

/** About a minute and a half of speech: more is not one unit of a reply. */
const MAX_CHARACTERS = 1000;

const FRAME_MS = 20;

/** More than the longest text gives at the slowest pace. The engine cannot be slowed down, so this only guards memory. */
const MAX_WAITING_FRAMES = 30_000;

/** One unit of text in, frames at the voice's rate out. Never splits, looks ahead, trims or resamples. */
export class PiperTextToSpeech implements TextToSpeech {
  readonly features: TextToSpeechFeatures;
  readonly #options: PiperTextToSpeechOptions;

  constructor(options: PiperTextToSpeechOptions) {
    this.#options = options;
    this.features = options.features;
  }

  async *synthesize(
    text: string,
    { signal, speed = this.#options.speed }: SynthesizeOptions = {},
  ): AsyncGenerator<Frame, undefined, undefined> {
    signal?.throwIfAborted();
    check(text, speed);
    if (!isSpeakable(text)) return;
    const { lane, log, clock } = this.#options;
    const askedMs = clock.nowMs();
    const frames = new Channel<Frame>({
      policy: 'fail',
      capacity: MAX_WAITING_FRAMES,
      ...(signal && { signal }),
    });
    const work = lane
      .run(() => this.#generate(text, speed, frames), signal)
      .then(
        () => frames.close(),
        (error: unknown) => frames.fail(this.#explain(error, signal)),
      );
    try {
      let firstMs: number | undefined;
      for await (const frame of frames) {
        firstMs ??= Math.round(clock.nowMs() - askedMs);
        yield frame;
      }
      await work;
      const tookMs = Math.round(clock.nowMs() - askedMs);
      log.debug('unit spoken', { characters: text.length, firstMs, tookMs, private: { text } });
    } finally {
      // Reached by a reader that leaves, too: the engine then stops at the next sentence.
      frames.close();
    }
  }

  /** Settles when the engine is free again. */
  async #generate(text: string, speed: number, frames: Channel<Frame>): Promise<void> {
    const { engine, clock } = this.#options;
    const { sampleRateHz } = this.features;
    const framer = new Framer({ frameSamples: samplesOf(FRAME_MS, sampleRateHz), sampleRateHz });
    let failure: unknown;
    // Whoever waited for the voice may have left.
    if (frames.isClosed) return;
    // Called from native code: must not throw, and must return quickly.
    const onProgress = ({ samples }: { readonly samples: Float32Array }): 0 | 1 => {
      try {
        if (frames.isClosed) return 0;
        for (const frame of framer.push(float32ToInt16(samples), clock.nowMs())) {
          if (!frames.tryPush(frame)) throw new RangeError('more audio than a text of this length can give');
        }
        return 1;
      } catch (error) {
        failure ??= error;
        return 0;
      }
    };
    await engine.generateAsync({ text, sid: 0, speed, enableExternalBuffer: false, onProgress });
    if (failure !== undefined) throw failure;
    const rest = framer.flush();
    if (rest) frames.tryPush(rest);
  }

  #explain(error: unknown, signal: AbortSignal | undefined): unknown {
    if (signal?.aborted || isTiercelError(error)) return error;
    const finding = error instanceof Error ? error.message : 'unknown reason';
    return new TextToSpeechError(
      'TEXT_TO_SPEECH_FAILED',
      { voice: this.features.voice, finding },
      { cause: error },
    );
  }
}

function check(text: string, speed: number): void {
  if (!(speed >= 0.5 && speed <= 2)) throw new TextToSpeechError('TEXT_TO_SPEECH_SPEED_WRONG', { speed });
  if (text.length <= MAX_CHARACTERS) return;
  const characters = text.length;
  throw new TextToSpeechError('TEXT_TO_SPEECH_TEXT_TOO_LONG', { characters, limit: MAX_CHARACTERS });
}
