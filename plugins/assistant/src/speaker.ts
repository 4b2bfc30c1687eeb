import {
  Channel,
  durationMs,
  type Frame,
  Framer,
  firstAudibleSample,
  samplesOf,
  silence,
} from '@tiercel/audio';
import type { AssistantEvent } from '@tiercel/capabilities/assistant';
import type { Clock } from '@tiercel/capabilities/clock';
import { coreMetrics, type Metrics } from '@tiercel/capabilities/metrics';
import type { TextToSpeech } from '@tiercel/capabilities/text-to-speech';
import { childController } from '@tiercel/kernel';
import { HeardLedger } from './ledger.js';
import { Playout } from './playout.js';
import type { Boundary } from './segmenter.js';
import type { Stages } from './stages.js';
import type { SynthesisPace } from './synthesis-pace.js';
import type { Mark } from './timeline.js';
import { together } from './together.js';
import type { Unit } from './unit.js';
import { unitAudio } from './unit-audio.js';

const FRAME_MS = 20;
/** A reply is bounded by its tokens, so this bound is never met by one; a model that ignores its limit has to wait. */
const MAX_WAITING_UNITS = 256;
const MAX_WAITING_AUDIO_MS = 30_000;
/** The next unit is synthesized when this many times its predicted duration of work is left to play. */
const LEAD_FACTOR = 1.5;
/** Never later than this much audio is left: predictions err. */
const MIN_LEAD_MS = 500;

const GAP_MS: Readonly<Record<Boundary, number>> = { sentence: 250, clause: 150, cut: 50 };

export interface SpeakerOptions {
  readonly attempt: number;
  readonly tts: TextToSpeech;
  readonly clock: Clock;
  readonly stages: Stages;
  readonly pace: SynthesisPace;
  readonly metrics: Metrics | undefined;
  readonly synthesizeTimeoutMs: number;
  readonly playoutTimeoutMs: number;
  readonly emit: (event: AssistantEvent) => Promise<void>;
  readonly mark: (mark: Mark, timeMs: number) => void;
}

/** Speaks the reply of one attempt, unit by unit, while it is still being written, and knows what was heard of it. */
export class Speaker {
  readonly ledger = new HeardLedger();
  readonly playout: Playout;
  readonly #options: SpeakerOptions;
  readonly #sampleRateHz: number;
  readonly #units = new Channel<Unit>({ policy: 'block', capacity: MAX_WAITING_UNITS });
  readonly #frames: Channel<Frame>;
  readonly #framer: Framer;
  #produced = 0;
  #gapMs = 0;

  constructor(options: SpeakerOptions) {
    const { sampleRateHz } = options.tts.features;
    this.#options = options;
    this.#sampleRateHz = sampleRateHz;
    this.#framer = new Framer({ sampleRateHz, frameSamples: samplesOf(FRAME_MS, sampleRateHz) });
    this.#frames = new Channel<Frame>({ policy: 'block', capacity: MAX_WAITING_AUDIO_MS, weigh: durationMs });
    this.playout = new Playout({
      stages: options.stages,
      sampleRateHz,
      timeoutMs: options.playoutTimeoutMs,
      onAudible: (timeMs) => options.mark('audible', timeMs),
    });
  }

  /** Queues a unit; waits while too many wait. */
  async say(unit: Unit): Promise<void> {
    await this.#units.push(unit);
  }

  /** No more units follow. */
  end(): void {
    this.#units.close();
  }

  /** Speaks until the last unit has been played. Rejects when the voice fails, nobody reports, or `signal` aborts. */
  async run(signal: AbortSignal): Promise<void> {
    using controller = childController(signal);
    try {
      await together(controller, [this.#synthesizeAll(controller.signal), this.#sendAll(controller.signal)]);
    } finally {
      this.#units.close();
      this.#frames.close();
    }
  }

  async #synthesizeAll(signal: AbortSignal): Promise<void> {
    const { stages } = this.#options;
    for await (const unit of stages.read({ stage: 'reply', signal }, () => this.#units)) {
      if (unit.spoken !== '') await this.#waitForTurn(unit, signal);
      const firstSample = await this.#synthesize(unit, signal);
      const { start: textStart, end: textEnd } = unit;
      this.ledger.add({ textStart, textEnd, firstSample, sampleCount: this.#produced - firstSample });
      if (unit.isBeforePause) await this.#endPart(signal);
    }
    const rest = this.#framer.flush();
    if (rest) await this.#frames.push(rest, { signal });
    this.#frames.close();
  }

  /** Frames have one length, so the last sound would wait for the next unit: its gap goes out at once instead. */
  async #endPart(signal: AbortSignal): Promise<void> {
    await this.#produce(silence(this.#gapMs, this.#sampleRateHz), signal);
    this.#gapMs = 0;
  }

  /** Too early, and a cut throws the work away; too late, and the voice falters. */
  #waitForTurn(unit: Unit, signal: AbortSignal): Promise<void> {
    const leadMs = Math.max(MIN_LEAD_MS, LEAD_FACTOR * this.#options.pace.predictMs(unit.spoken));
    const leadSamples = samplesOf(leadMs, this.#sampleRateHz);
    return this.playout.backlog(leadSamples, () => this.#produced, signal);
  }

  async #synthesize(unit: Unit, signal: AbortSignal): Promise<number> {
    let firstSample = this.#produced;
    if (unit.spoken === '') return firstSample;
    const { tts, clock, stages, pace, metrics, mark, synthesizeTimeoutMs: timeoutMs } = this.#options;
    const startMs = clock.nowMs();
    mark('ttsStart', startMs);
    const frames = stages.read({ stage: 'synthesis', signal, timeoutMs }, (stageSignal) =>
      tts.synthesize(unit.spoken, { signal: stageSignal }),
    );
    let isStarted = false;
    for await (const pcm of unitAudio(frames)) {
      if (!isStarted) {
        isStarted = true;
        mark('ttsFirstFrame', clock.nowMs());
        await this.#produce(silence(this.#gapMs, this.#sampleRateHz), signal);
        firstSample = this.#produced;
        const audible = firstAudibleSample(pcm, { sampleRateHz: this.#sampleRateHz });
        this.playout.expectAudible(firstSample + (audible ?? 0));
      }
      await this.#produce(pcm, signal);
    }
    if (isStarted) {
      this.#gapMs = GAP_MS[unit.boundary];
      const elapsedMs = clock.nowMs() - startMs;
      pace.observe(unit.spoken, elapsedMs);
      const soundMs = ((this.#produced - firstSample) * 1000) / this.#sampleRateHz;
      metrics?.observe(coreMetrics.ttsRealtimeFactor, elapsedMs / soundMs);
    }
    return firstSample;
  }

  async #produce(pcm: Int16Array, signal: AbortSignal): Promise<void> {
    this.#produced += pcm.length;
    for (const frame of this.#framer.push(pcm, 0)) await this.#frames.push(frame, { signal });
  }

  async #sendAll(signal: AbortSignal): Promise<void> {
    const { attempt, clock, emit, mark, stages } = this.#options;
    for await (const frame of stages.read({ stage: 'voice', signal }, () => this.#frames)) {
      await this.playout.room(frame.pcm.length, signal);
      const timeMs = clock.nowMs();
      mark('outputWrite', timeMs);
      this.playout.sent(frame.pcm.length);
      await emit({ type: 'audio', attempt, frame: { ...frame, timeMs } });
      signal.throwIfAborted();
    }
    const samples = this.playout.sentSamples;
    if (samples === 0) return;
    await emit({ type: 'audio-end', attempt, samples });
    await this.playout.end(signal);
  }
}
