import {
  AudioError,
  Channel,
  durationMs,
  type Frame,
  fadeOut,
  joinPcm,
  Resampler,
  samplesOf,
} from '@tiercel/audio';
import type { Clock } from '../clock/index.js';
import type { PlayoutProgress } from './audio-output.js';
import type { PlayoutSink } from './playout-sink.js';

export interface PlayoutAttemptOptions {
  readonly attempt: number;
  readonly sink: PlayoutSink;
  readonly clock: Clock;
  readonly sampleRateHz: number;
  readonly isPaced: boolean;
  /** How long before their end samples are handed to the sink. */
  readonly leadMs: number;
}

interface Arrival {
  readonly frame: Frame;
  readonly arrivalMs: number;
}

interface Ending {
  readonly fadeMs: number;
  readonly progress: PlayoutProgress;
}

/** Beyond this the producer waits. */
const BUFFER_MS = 600;

/** How finely time is cut: sound stops and progress is told within this. */
const CHUNK_MS = 20;

/** One attempt on its way through a sink. `end` may come at any time, from anywhere. */
export class PlayoutAttempt {
  /** What the consumer of `play` reads: only the newest figure waits. */
  readonly progress = new Channel<PlayoutProgress>({ policy: 'latest' });
  readonly #options: PlayoutAttemptOptions;
  readonly #buffer = new Channel<Arrival>({
    policy: 'block',
    capacity: BUFFER_MS,
    weigh: ({ frame }) => durationMs(frame),
  });
  readonly #stop = new AbortController();
  readonly #over = deferred();
  #interruption = new AbortController();
  #source: AsyncIterator<Frame> | undefined;
  #sourceRateHz = 0;
  #resampler: Resampler | undefined;
  /** Time at which sample 0 sounds, moved on by pauses and by frames that came too late. */
  #anchorMs: number | undefined;
  #pausedAtMs: number | undefined;
  #handed = 0;
  #waiting = 0;
  #reported = 0;
  #follows = false;
  #hasWritten = false;
  #writing: Promise<void> = Promise.resolve();
  #isOver = false;
  #ending: Ending | undefined;
  #finishing: Promise<void> | undefined;

  constructor(options: PlayoutAttemptOptions) {
    this.#options = options;
  }

  get attempt(): number {
    return this.#options.attempt;
  }

  /** Settles when the sink is done with this attempt. Never rejects. */
  get whenOver(): Promise<void> {
    return this.#over.promise;
  }

  /** Frames that wait and would be lost by an end. */
  get bufferedFrames(): number {
    return this.#buffer.count;
  }

  /** Plays to the end of `frames` or until `end`. Never rejects: failures reach the reader of `progress`. */
  async run(frames: AsyncIterable<Frame>): Promise<void> {
    this.#source = frames[Symbol.asyncIterator]();
    try {
      if (this.#ending) this.#leaveSource();
      else void this.#read(this.#source);
      await this.#play();
      this.#isOver = true;
      void this.progress.push(this.#ending?.progress ?? this.#measure());
      this.progress.close();
    } catch (error) {
      this.#isOver = true;
      this.#leaveSource();
      this.progress.fail(error);
      // The first failure is the one to report.
      await this.#finish().catch(() => undefined);
    } finally {
      this.#buffer.close();
      this.#over.resolve();
    }
  }

  /** Begins to stop, with a fade, and says how far it got; after the end of the attempt it only says so. */
  end(fadeMs: number): PlayoutProgress {
    if (!this.#isOver && !this.#ending) {
      this.#ending = { fadeMs, progress: this.#measure() };
      this.#leaveSource();
      this.#stop.abort();
      this.#interrupt();
      if (this.#buffer.count === 0) this.#buffer.close();
    }
    return this.#ending?.progress ?? this.#measure();
  }

  pause(): void {
    if (this.#isOver || this.#pausedAtMs !== undefined) return;
    this.#pausedAtMs = this.#options.clock.nowMs();
    this.#interrupt();
    // Told now: a sink that is still writing would tell it only when it is done, long after the pause.
    void this.progress.push(this.#measure());
  }

  resume(): void {
    if (this.#pausedAtMs === undefined) return;
    if (this.#anchorMs !== undefined) this.#anchorMs += this.#options.clock.nowMs() - this.#pausedAtMs;
    this.#pausedAtMs = undefined;
    this.#follows = false;
    this.#interrupt();
  }

  async #read(source: AsyncIterator<Frame>): Promise<void> {
    try {
      for (let next = await source.next(); !next.done; next = await source.next()) {
        const frame = next.value;
        if (frame.pcm.length === 0) continue;
        this.#checkRate(frame);
        if (!(await this.#buffer.push({ frame, arrivalMs: this.#options.clock.nowMs() }))) return;
      }
      this.#buffer.close();
    } catch (error) {
      this.#buffer.fail(error);
    }
  }

  #checkRate({ sampleRateHz }: Frame): void {
    if (this.#sourceRateHz === 0) {
      this.#sourceRateHz = sampleRateHz;
      this.#resampler = new Resampler({ fromHz: sampleRateHz, toHz: this.#options.sampleRateHz });
    }
    if (sampleRateHz !== this.#sourceRateHz) {
      throw new AudioError('AUDIO_RATE_MISMATCH', { expectedHz: this.#sourceRateHz, actualHz: sampleRateHz });
    }
  }

  async #play(): Promise<void> {
    const arrivals = this.#buffer[Symbol.asyncIterator]();
    for (let next = await arrivals.next(); !next.done; next = await arrivals.next()) {
      const { pcm } = next.value.frame;
      this.#keepUp(next.value.arrivalMs);
      const length = Math.max(1, samplesOf(CHUNK_MS, this.#sourceRateHz));
      for (let start = 0; start < pcm.length; start += length) {
        const chunk = pcm.subarray(start, start + length);
        this.#waiting = chunk.length;
        await this.#waitUntil(() => this.#timeOf(this.#handed + chunk.length) - this.#options.leadMs);
        if (this.#ending) return this.#fadeAway(pcm.subarray(start), arrivals);
        await this.#hand(chunk);
        if (this.#ending) return this.#fadeAway(pcm.subarray(start + length), arrivals);
        this.#waiting = 0;
        void this.progress.push(this.#measure());
      }
    }
    if (this.#ending) return this.#fadeAway(new Int16Array(0), arrivals);
    await this.#drain();
  }

  /** Frames that came after their time move everything behind them, as a device that ran dry does. */
  #keepUp(arrivalMs: number): void {
    if (this.#anchorMs !== undefined && (!this.#options.isPaced || arrivalMs <= this.#timeOf(this.#handed)))
      return;
    this.#anchorMs = arrivalMs - (this.#handed * 1000) / this.#sourceRateHz;
    if (this.#pausedAtMs !== undefined) this.#pausedAtMs = Math.max(this.#pausedAtMs, arrivalMs);
    this.#follows = false;
  }

  #timeOf(samples: number): number {
    return (this.#anchorMs ?? 0) + (samples * 1000) / this.#sourceRateHz;
  }

  async #hand(chunk: Int16Array): Promise<void> {
    const startMs = this.#follows ? undefined : this.#timeOf(this.#handed);
    const pcm = this.#resampler?.process(chunk) ?? chunk;
    this.#handed += chunk.length;
    this.#waiting = 0;
    if (pcm.length > 0) {
      this.#follows = true;
      await this.#write(pcm, startMs);
    }
  }

  async #write(pcm: Int16Array, startMs?: number): Promise<void> {
    this.#hasWritten = true;
    this.#writing = this.#options.sink.write(pcm, startMs);
    await unlessAborted(this.#writing, this.#stop.signal);
  }

  async #drain(): Promise<void> {
    const rest = this.#resampler?.flush() ?? new Int16Array(0);
    if (rest.length > 0) await this.#write(rest);
    const finishing = this.#finish();
    // Reported to whoever awaits it below; here only so that an early failure is not called unhandled.
    finishing.catch(() => undefined);
    await this.#waitUntil(() => this.#timeOf(this.#handed));
    await finishing;
  }

  async #fadeAway(rest: Int16Array, arrivals: AsyncIterator<Arrival>): Promise<void> {
    const { fadeMs, progress } = this.#ending ?? { fadeMs: 0, progress: this.#measure() };
    const needed = Math.max(0, progress.samples - this.#handed) + samplesOf(fadeMs, this.#sourceRateHz || 1);
    const blocks = [rest];
    for (let count = rest.length; count < needed && this.#buffer.count > 0; ) {
      const next = await arrivals.next();
      if (next.done) break;
      blocks.push(next.value.frame.pcm);
      count += next.value.frame.pcm.length;
    }
    await arrivals.return?.();
    const pcm = joinPcm(blocks).subarray(0, needed);
    await this.#writing;
    if (this.#resampler && pcm.length > 0) {
      const { sampleRateHz } = this.#options;
      const startMs = this.#follows ? undefined : this.#timeOf(this.#handed);
      const ending = joinPcm([this.#resampler.process(pcm), this.#resampler.flush()]);
      this.#hasWritten = true;
      await this.#options.sink.write(fadeOut(ending, { sampleRateHz, fadeMs }), startMs);
    }
    await this.#finish();
  }

  #finish(): Promise<void> {
    this.#finishing ??= this.#hasWritten ? this.#options.sink.finish() : Promise.resolve();
    return this.#finishing;
  }

  async #waitUntil(due: () => number): Promise<void> {
    const { clock, isPaced } = this.#options;
    while (!this.#ending) {
      const { signal } = this.#interruption;
      if (this.#pausedAtMs !== undefined) {
        await aborted(signal);
        continue;
      }
      const waitMs = isPaced && this.#anchorMs !== undefined ? due() - clock.nowMs() : 0;
      if (waitMs <= 0) return;
      await clock.delay(waitMs, { signal }).catch((error) => {
        if (!signal.aborted) throw error;
      });
    }
  }

  #measure(): PlayoutProgress {
    const { attempt, clock, isPaced } = this.#options;
    const nowMs = this.#pausedAtMs ?? clock.nowMs();
    if (this.#anchorMs === undefined) return { attempt, samples: 0, timeMs: nowMs };
    const elapsed = Math.floor(((nowMs - this.#anchorMs) * this.#sourceRateHz) / 1000 + 1e-6);
    const samples = isPaced ? Math.min(elapsed, this.#handed + this.#waiting) : this.#handed;
    this.#reported = Math.max(this.#reported, samples);
    return { attempt, samples: this.#reported, timeMs: isPaced ? this.#timeOf(this.#reported) : nowMs };
  }

  #interrupt(): void {
    const interruption = this.#interruption;
    this.#interruption = new AbortController();
    interruption.abort();
  }

  #leaveSource(): void {
    // The source is told to stop and not waited for: it may hang, and it has nothing more to say to us.
    this.#source?.return?.().then(undefined, () => undefined);
  }
}

function deferred(): { readonly promise: Promise<void>; resolve(): void } {
  let resolve = (): void => undefined;
  const promise = new Promise<void>((settle) => {
    resolve = settle;
  });
  return { promise, resolve: () => resolve() };
}

function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
}

/** Settles with `work`, or as soon as `signal` aborts; leaves no listener behind. */
function unlessAborted(work: Promise<void>, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const leave = () => resolve();
    signal.addEventListener('abort', leave, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', leave));
    if (signal.aborted) resolve();
  });
}
