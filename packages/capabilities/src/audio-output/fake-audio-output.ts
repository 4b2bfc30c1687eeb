import type { Clock } from '../clock/index.js';
import type { AudioOutputFeatures } from './audio-output.js';
import { Playout } from './playout.js';
import type { PlayoutSink } from './playout-sink.js';

export interface FakeAudioOutputOptions {
  readonly clock: Clock;
  readonly sampleRateHz?: number;
  /** Default: `true`, as loudspeakers are. */
  readonly isPaced?: boolean;
}

/** A loudspeaker in memory: what sounded can be read back. */
export class FakeAudioOutput extends Playout {
  readonly #sink: MemorySink;

  constructor({ clock, sampleRateHz = 16_000, isPaced = true }: FakeAudioOutputOptions) {
    const sink = new MemorySink();
    const features: AudioOutputFeatures = { sampleRateHz, isPaced, countsPlayed: true };
    super({ features, sink, clock });
    this.#sink = sink;
  }

  /** Everything that sounded so far, at the output's rate, without the gaps. */
  get sounded(): Int16Array {
    return this.#sink.samples();
  }

  /** Makes every further write fail, as an unplugged device does. */
  fail(error: Error): void {
    this.#sink.failure = error;
  }
}

class MemorySink implements PlayoutSink {
  failure: Error | undefined;
  readonly #blocks: Int16Array[] = [];

  async write(pcm: Int16Array): Promise<void> {
    if (this.failure) throw this.failure;
    this.#blocks.push(pcm);
  }

  async finish(): Promise<void> {}

  samples(): Int16Array {
    return Int16Array.from(this.#blocks.flatMap((block) => [...block]));
  }
}
