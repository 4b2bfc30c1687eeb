import { type Frame, Framer, Resampler, RoomNoise, samplesOf } from '@tiercel/audio';
import type { AssistantEvent } from '@tiercel/capabilities/assistant';
import { type AudioInput, type AudioInputFeatures, CaptureLock } from '@tiercel/capabilities/audio-input';
import type { Clock } from '@tiercel/capabilities/clock';
import { ConversationError } from './errors.js';
import { OpenTurns } from './open-turns.js';
import type { Recording } from './recording.js';

export interface RecordingsInputOptions {
  readonly recordings: readonly Recording[];
  readonly clock: Clock;
  /** Noise before the first recording. Default 500. */
  readonly leadMs?: number;
  /** How long nobody may have had the turn before the next recording is said. Default 800. */
  readonly pauseMs?: number;
  /** How long a recording that starts no turn is waited for. Default 2500. */
  readonly patienceMs?: number;
  /** Longest wait for a turn that has started. Default 120,000. */
  readonly turnTimeoutMs?: number;
  /** Level of the noise around recordings. Default −62. */
  readonly noiseDbfs?: number;
  /** Hears when a recording begins and when its turn is over. Must not throw. */
  readonly onRecording?: (event: RecordingEvent) => void;
}

export interface RecordingEvent {
  readonly type: 'recording-start' | 'recording-end';
  readonly index: number;
}

const SAMPLE_RATE_HZ = 16_000;
const FRAME_SAMPLES = 512;
const FRAME_MS = 32;

/** A reader that is further behind loses the oldest frames. */
const BACKLOG_MS = 1000;

/**
 * A person who says prepared sentences and lets the other finish: real-time pace, quiet room noise around each recording,
 * the next one only when the turn of the one before is over, or waits for a yes or a no. Feed it every event of the conversation with `observe`.
 */
export class RecordingsInput implements AudioInput {
  readonly features: AudioInputFeatures = {
    sampleRateHz: SAMPLE_RATE_HZ,
    frameSamples: FRAME_SAMPLES,
    echo: 'cancelled',
    isFinite: true,
  };
  readonly #options: Required<RecordingsInputOptions>;
  readonly #turns = new OpenTurns();
  readonly #lock = new CaptureLock('recordings');

  constructor(options: RecordingsInputOptions) {
    this.#options = {
      leadMs: 500,
      pauseMs: 800,
      patienceMs: 2500,
      turnTimeoutMs: 120_000,
      noiseDbfs: -62,
      onRecording: () => undefined,
      ...options,
    };
  }

  observe(event: AssistantEvent): void {
    this.#turns.observe(event);
  }

  capture({
    signal,
  }: {
    readonly signal?: AbortSignal | undefined;
  } = {}): AsyncGenerator<Frame, void, undefined> {
    return this.#lock.hold(signal, () => this.#inRealTime(signal));
  }

  async *#inRealTime(signal: AbortSignal | undefined): AsyncGenerator<Frame, void, undefined> {
    const { clock } = this.#options;
    const startMs = clock.nowMs();
    const framer = new Framer({ frameSamples: FRAME_SAMPLES, sampleRateHz: SAMPLE_RATE_HZ });
    let received = 0;
    for (const block of this.#sound()) {
      const frames = framer.push(block, startMs + (received * 1000) / SAMPLE_RATE_HZ);
      received += block.length;
      for (const frame of frames) {
        signal?.throwIfAborted();
        const waitMs = frame.timeMs + FRAME_MS - clock.nowMs();
        if (waitMs > 0) await clock.delay(waitMs, { signal });
        if (waitMs >= -BACKLOG_MS) yield frame;
      }
    }
  }

  *#sound(): Generator<Int16Array, void, undefined> {
    const { recordings, leadMs, pauseMs, noiseDbfs, onRecording } = this.#options;
    const noise = new RoomNoise({ levelDbfs: noiseDbfs });
    yield* quiet(noise, leadMs);
    for (const [index, recording] of recordings.entries()) {
      onRecording({ type: 'recording-start', index });
      const before = this.#turns.started;
      yield* resampled(recording);
      yield* this.#letFinish(recording, before, noise);
      onRecording({ type: 'recording-end', index });
    }
    yield* quiet(noise, pauseMs);
  }

  /** Noise until nobody has had the turn for a while, and a turn was had at all or is not to be expected. */
  *#letFinish({ name }: Recording, before: number, noise: RoomNoise): Generator<Int16Array, void, undefined> {
    const { pauseMs, patienceMs, turnTimeoutMs } = this.#options;
    let waitedMs = 0;
    for (let idleMs = 0; ; waitedMs += FRAME_MS) {
      const isAsked = this.#turns.question !== undefined;
      idleMs = this.#turns.isIdle || isAsked ? idleMs + FRAME_MS : 0;
      const hasHadTurn = this.#turns.started > before && !this.#turns.hasUnansweredSpeech && !isAsked;
      if (idleMs > (hasHadTurn ? pauseMs : patienceMs)) return;
      if (waitedMs > turnTimeoutMs) {
        throw new ConversationError('CONVERSATION_TURN_STUCK', { recording: name, waitedMs });
      }
      yield noise.next(FRAME_SAMPLES);
    }
  }
}

function* quiet(noise: RoomNoise, lengthMs: number): Generator<Int16Array, void, undefined> {
  for (let doneMs = 0; doneMs < lengthMs; doneMs += FRAME_MS) yield noise.next(FRAME_SAMPLES);
}

function* resampled({ pcm, sampleRateHz }: Recording): Generator<Int16Array, void, undefined> {
  const resampler = new Resampler({ fromHz: sampleRateHz, toHz: SAMPLE_RATE_HZ });
  const step = samplesOf(FRAME_MS, sampleRateHz);
  for (let start = 0; start < pcm.length; start += step) {
    yield resampler.process(pcm.subarray(start, start + step));
  }
  yield resampler.flush();
}
