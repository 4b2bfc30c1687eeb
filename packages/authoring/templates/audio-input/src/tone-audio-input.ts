import { type Frame, samplesOf } from '@tiercel/audio';
import { type AudioInput, type AudioInputFeatures, CaptureLock } from '@tiercel/capabilities/audio-input';
import type { Clock } from '@tiercel/capabilities/clock';

export interface ToneOptions {
  readonly pitchHz: number;
  readonly durationMs: number;
}

const sampleRateHz = 16_000;
const frameSamples = 512;
/** About −12 dBFS. */
const amplitude = 8000;

/** A tone of a certain length, read as fast as somebody listens, as a file is. */
export class ToneAudioInput implements AudioInput {
  readonly features: AudioInputFeatures = { sampleRateHz, frameSamples, echo: 'none', isFinite: true };
  readonly #clock: Clock;
  readonly #pitchHz: number;
  readonly #samples: number;
  readonly #lock = new CaptureLock('plugin-name');

  constructor(clock: Clock, { pitchHz, durationMs }: ToneOptions) {
    this.#clock = clock;
    this.#pitchHz = pitchHz;
    this.#samples = samplesOf(durationMs, sampleRateHz);
  }

  capture({ signal }: { readonly signal?: AbortSignal | undefined } = {}): AsyncIterable<Frame> {
    return this.#lock.hold(signal, () => this.#frames(signal));
  }

  async *#frames(signal: AbortSignal | undefined): AsyncGenerator<Frame, void, undefined> {
    const startMs = this.#clock.nowMs();
    for (let position = 0; position < this.#samples; position += frameSamples) {
      const pcm = this.#tone(position, Math.min(frameSamples, this.#samples - position));
      yield { pcm, sampleRateHz, position, timeMs: startMs + (position * 1000) / sampleRateHz };
      signal?.throwIfAborted();
    }
  }

  #tone(position: number, length: number): Int16Array {
    const step = (2 * Math.PI * this.#pitchHz) / sampleRateHz;
    return Int16Array.from({ length }, (_, index) =>
      Math.round(amplitude * Math.sin((position + index) * step)),
    );
  }
}
