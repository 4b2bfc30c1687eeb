import { Channel, type Frame, Framer, int16FromBytes } from '@tiercel/audio';
import {
  type AudioInput,
  AudioInputError,
  type AudioInputFeatures,
  CaptureLock,
} from '@tiercel/capabilities/audio-input';
import type { Clock } from '@tiercel/capabilities/clock';
import { ArrivalClock } from './arrival-clock.js';
import type { FoundProgram } from './find-program.js';
import { RunningProgram } from './running-program.js';

export interface CommandAudioInputOptions {
  /** Called for each capture, so that a machine without a microphone needs no program for one. */
  readonly find: () => Promise<FoundProgram>;
  readonly device: string;
  readonly clock: Clock;
  /** Longest silence of the pipe; a microphone in a silent room still sends samples. */
  readonly timeoutMs: number;
}

const SAMPLE_RATE_HZ = 16_000;
const FRAME_SAMPLES = 512;
const BACKLOG_FRAMES = 32;

/** The microphone, through a program that writes raw samples to its standard output. */
export class CommandAudioInput implements AudioInput {
  readonly features: AudioInputFeatures = {
    sampleRateHz: SAMPLE_RATE_HZ,
    frameSamples: FRAME_SAMPLES,
    echo: 'none',
    isFinite: false,
  };
  readonly #options: CommandAudioInputOptions;
  readonly #lock = new CaptureLock('microphone');
  #running: RunningProgram | undefined;

  constructor(options: CommandAudioInputOptions) {
    this.#options = options;
  }

  capture({
    signal,
  }: {
    readonly signal?: AbortSignal | undefined;
  } = {}): AsyncGenerator<Frame, void, undefined> {
    return this.#lock.hold(signal, () => this.#sound(signal));
  }

  /** Ends what runs, whoever reads it. */
  async close(): Promise<void> {
    await this.#running?.stop();
  }

  async *#sound(signal: AbortSignal | undefined): AsyncGenerator<Frame, void, undefined> {
    const found = await this.#options.find();
    signal?.throwIfAborted();
    yield* this.#through(found, signal);
  }

  async *#through(
    found: FoundProgram,
    signal: AbortSignal | undefined,
  ): AsyncGenerator<Frame, void, undefined> {
    const { device, clock } = this.#options;
    const program = new RunningProgram(found, { rateHz: SAMPLE_RATE_HZ, device, clock });
    this.#running = program;
    const stop = new AbortController();
    const onAbort = () => stop.abort(signal?.reason);
    signal?.addEventListener('abort', onAbort, { once: true });
    const heard = new Channel<Frame>({
      policy: 'drop-oldest',
      capacity: BACKLOG_FRAMES,
      signal: stop.signal,
    });
    const listening = this.#listen(program, heard, stop.signal);
    try {
      yield* heard;
    } finally {
      signal?.removeEventListener('abort', onAbort);
      stop.abort();
      await program.stop();
      await listening;
      this.#running = undefined;
    }
  }

  async #listen(program: RunningProgram, heard: Channel<Frame>, signal: AbortSignal): Promise<void> {
    const { clock } = this.#options;
    const framer = new Framer({ frameSamples: FRAME_SAMPLES, sampleRateHz: SAMPLE_RATE_HZ });
    const fail = (finding: string) =>
      heard.fail(new AudioInputError('AUDIO_INPUT_FAILED', { source: program.name, finding }));
    const arrivals = new ArrivalClock(SAMPLE_RATE_HZ);
    let latestMs = clock.nowMs();
    let odd = Buffer.alloc(0);
    program.stdin.end();
    program.stdout.on('data', (bytes: Buffer) => {
      latestMs = clock.nowMs();
      const whole = odd.length > 0 ? Buffer.concat([odd, bytes]) : bytes;
      odd = Buffer.from(whole.subarray(whole.length & ~1));
      const pcm = int16FromBytes(whole);
      arrivals.push(pcm.length, latestMs);
      for (const frame of framer.push(pcm, latestMs)) {
        heard.tryPush({ ...frame, timeMs: arrivals.timeOf(frame.position) });
      }
    });
    const watching = this.#watch(() => latestMs, signal).then(fail, () => undefined);
    const ending = program.whenEnded.then(fail);
    await Promise.race([watching, ending]);
  }

  /** Settles when the pipe has been silent for too long; rejects when the capture is over. */
  async #watch(latestMs: () => number, signal: AbortSignal): Promise<string> {
    const { clock, timeoutMs } = this.#options;
    for (;;) {
      const waitMs = latestMs() + timeoutMs - clock.nowMs();
      if (waitMs <= 0) return `it has sent nothing for ${timeoutMs} ms`;
      await clock.delay(waitMs, { signal });
    }
  }
}
