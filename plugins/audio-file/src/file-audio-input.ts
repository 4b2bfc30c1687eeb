import { type Frame, Framer, Resampler, RoomNoise, readWav, samplesOf } from '@tiercel/audio';
import { type AudioInput, type AudioInputFeatures, CaptureLock } from '@tiercel/capabilities/audio-input';
import type { Clock } from '@tiercel/capabilities/clock';

export interface FileAudioInputOptions {
  readonly files: readonly string[];
  readonly isRealTime: boolean;
  readonly leadMs: number;
  readonly gapMs: number;
  readonly tailMs: number;
  readonly noiseDbfs: number;
  readonly clock: Clock;
}

const SAMPLE_RATE_HZ = 16_000;
const FRAME_SAMPLES = 512;

/** What waits for a slow reader in real time; older frames are lost to it. */
const BACKLOG_MS = 1000;

/** Whole recordings are converted piece by piece, so that nothing else on the node waits for them. */
const BLOCK_MS = 500;

/** WAV files as a microphone: one after the other, with the noise of a quiet room around them. */
export class FileAudioInput implements AudioInput {
  readonly features: AudioInputFeatures = {
    sampleRateHz: SAMPLE_RATE_HZ,
    frameSamples: FRAME_SAMPLES,
    echo: 'cancelled',
    isFinite: true,
  };
  readonly #options: FileAudioInputOptions;
  readonly #lock = new CaptureLock('audio-file');

  constructor(options: FileAudioInputOptions) {
    this.#options = options;
  }

  capture({
    signal,
  }: {
    readonly signal?: AbortSignal | undefined;
  } = {}): AsyncGenerator<Frame, void, undefined> {
    const { isRealTime } = this.#options;
    return this.#lock.hold(signal, () => (isRealTime ? this.#inRealTime(signal) : this.#frames(signal)));
  }

  /** Frame after frame, each when its last sample has been heard: due times are absolute, so delays do not add up. */
  async *#inRealTime(signal: AbortSignal | undefined): AsyncGenerator<Frame, void, undefined> {
    const { clock } = this.#options;
    let askedMs = clock.nowMs();
    let delayMs = 0;
    for await (const frame of this.#frames(signal)) {
      const lengthMs = (frame.pcm.length * 1000) / SAMPLE_RATE_HZ;
      const nowMs = clock.nowMs();
      // A slow disk delays what follows; only a slow reader loses something.
      delayMs += Math.max(0, Math.min(nowMs - askedMs, nowMs - (frame.timeMs + delayMs + lengthMs)));
      const timeMs = frame.timeMs + delayMs;
      const waitMs = timeMs + lengthMs - nowMs;
      if (waitMs > 0) await clock.delay(waitMs, { signal });
      if (waitMs >= -BACKLOG_MS) yield { ...frame, timeMs };
      askedMs = clock.nowMs();
    }
  }

  async *#frames(signal: AbortSignal | undefined): AsyncGenerator<Frame, void, undefined> {
    const startMs = this.#options.clock.nowMs();
    const framer = new Framer({ frameSamples: FRAME_SAMPLES, sampleRateHz: SAMPLE_RATE_HZ });
    let received = 0;
    for await (const block of this.#sound(signal)) {
      const frames = framer.push(block, startMs + (received * 1000) / SAMPLE_RATE_HZ);
      received += block.length;
      for (const frame of frames) {
        signal?.throwIfAborted();
        yield frame;
      }
    }
    const last = framer.flush();
    if (last) yield last;
  }

  async *#sound(signal: AbortSignal | undefined): AsyncGenerator<Int16Array, void, undefined> {
    const { files, leadMs, gapMs, tailMs, noiseDbfs } = this.#options;
    const noise = new RoomNoise({ levelDbfs: noiseDbfs });
    yield* quiet(noise, leadMs);
    let isFirst = true;
    for (const file of files) {
      if (!isFirst) yield* quiet(noise, gapMs);
      isFirst = false;
      yield* recording(file, signal);
    }
    yield* quiet(noise, tailMs);
  }
}

function* quiet(noise: RoomNoise, lengthMs: number): Generator<Int16Array, void, undefined> {
  let left = samplesOf(lengthMs, SAMPLE_RATE_HZ);
  for (; left > 0; left -= FRAME_SAMPLES) yield noise.next(Math.min(left, FRAME_SAMPLES));
}

async function* recording(
  file: string,
  signal: AbortSignal | undefined,
): AsyncGenerator<Int16Array, void, undefined> {
  const { pcm, sampleRateHz } = await readWav(file, { signal });
  const resampler = new Resampler({ fromHz: sampleRateHz, toHz: SAMPLE_RATE_HZ });
  const step = samplesOf(BLOCK_MS, sampleRateHz);
  for (let start = 0; start < pcm.length; start += step) {
    yield resampler.process(pcm.subarray(start, start + step));
  }
  yield resampler.flush();
}
