import {
  Channel,
  type Frame,
  Framer,
  joinPcm,
  lastAudibleSample,
  levelDbfs,
  NoiseFloorTracker,
  PcmRing,
  silence,
} from '@tiercel/audio';
import type { AssistantEvent } from '@tiercel/capabilities/assistant';
import type { Clock } from '@tiercel/capabilities/clock';
import type { Log } from '@tiercel/capabilities/log';
import type {
  VoiceActivityDetector,
  VoiceActivityEvent,
} from '@tiercel/capabilities/voice-activity-detector';
import { childController } from '@tiercel/kernel';
import { isTurnOver } from './endpointing.js';
import { AssistantError } from './errors.js';
import { type Attempt, OpenUtterance } from './open-utterance.js';
import type { PauseTracker } from './pause-tracker.js';
import { quietestSample } from './quietest.js';
import type { Stages } from './stages.js';
import { joinTranscriptions, type Transcriber } from './transcriber.js';
import { TurnAbort } from './turn-abort.js';
import type { Transcription, Utterance } from './utterance.js';
import { completenessOf } from './words.js';

export const LISTENING_RATE_HZ = 16_000;

const RING_MS = 30_000;
/** Detectors need some speech to notice it; what they missed is cut from the ring. */
const PRE_ROLL_MS = 500;
const MAX_WAITING_WINDOWS = 32;
/** Recognisers cut what is longer than 30 s, so speech is cut here and the transcripts are joined. */
const MAX_PART_MS = 25_000;
const CUT_SEARCH_MS = 2_000;
const MAX_PARTS = 12;
/** A shorter loss of input is filled with silence; a longer one ends the utterance. */
const MAX_FILLED_LOSS_MS = 1_000;
const MAX_DETECTOR_FAILURES = 3;
const DETECTOR_CLOSE_MS = 5_000;
/** Speech is what is so far above the background … */
const SPEECH_ABOVE_FLOOR_DB = 10;
/** … and not so far below the voice of this utterance: a hiss that grows is no voice. */
const SPEECH_BELOW_VOICE_DB = 20;
const QUIETEST_SPEECH_DBFS = -60;
const SPEECH_END_SEARCH_MS = 500;
/** Detectors report speech about 0.2 s after it has begun, so a turn ends only where this much of it was quiet as well. */
const QUIET_BEFORE_COMMIT_MS = 150;

export interface EarOptions {
  readonly vad: VoiceActivityDetector;
  readonly clock: Clock;
  readonly log: Log;
  readonly stages: Stages;
  readonly transcriber: Transcriber;
  readonly pauses: PauseTracker;
  readonly language: string;
  readonly completePauseMs: number;
  readonly maxPauseMs: number;
  /** An open utterance ends when no audio arrives for so long. */
  readonly inputTimeoutMs: number;
  readonly signal: AbortSignal;
  readonly emit: (event: AssistantEvent) => Promise<void>;
  readonly onUtterance: (utterance: Utterance) => void;
  /** It cannot hear any more. */
  readonly onDeaf: (error: unknown) => void;
}

interface Detection {
  readonly windows: Channel<Frame>;
  readonly framer: Framer;
  readonly done: Promise<void>;
}

/**
 * Listens to a microphone, also while the assistant speaks: finds the stretches of speech, has them transcribed as soon
 * as the speaker pauses, and closes an utterance when the pause is long enough. Silence is counted in samples that have
 * arrived, so a late network makes nobody finish early.
 */
export class Ear {
  readonly #options: EarOptions;
  readonly #ring = new PcmRing({ sampleRateHz: LISTENING_RATE_HZ, capacityMs: RING_MS });
  readonly #floor = new NoiseFloorTracker();
  #detection: Detection | undefined;
  #ending: Promise<void> | undefined;
  #open: OpenUtterance | undefined;
  #latestFrame: Frame | undefined;
  #latestMs = 0;
  #position = 0;
  #closedPosition = 0;
  #utterances = 0;
  #failures = 0;

  constructor(options: EarOptions) {
    this.#options = options;
  }

  /** Takes the next frame, of any length. Waits while the detector is behind. */
  async hear(frame: Frame): Promise<void> {
    this.#checkRate(frame);
    await this.#ending;
    const lost = this.#detection ? frame.position - this.#ring.endPosition : 0;
    if (lost > 0) await this.#bridge(lost, frame.timeMs);
    this.#detection ??= this.#openDetection(frame.position);
    this.#ring.write(frame);
    this.#floor.update(frame);
    this.#latestFrame = frame;
    this.#latestMs = this.#options.clock.nowMs();
    await this.#feed(this.#detection, frame.pcm, frame.timeMs);
  }

  /** No more audio for now: what is open ends here. */
  end(): Promise<void> {
    this.#ending ??= this.#finish().finally(() => {
      this.#ending = undefined;
    });
    return this.#ending;
  }

  async #finish(): Promise<void> {
    const detection = this.#detection;
    if (!detection) return;
    const { vad, stages, signal } = this.#options;
    const { framer, windows, done } = detection;
    const rest = framer.flush();
    if (rest) {
      const missing = new Int16Array(vad.features.windowSize - rest.pcm.length);
      await windows.push({ ...rest, pcm: joinPcm([rest.pcm, missing]) }, { signal });
    }
    windows.close();
    await stages.run({ stage: 'voice activity', signal, timeoutMs: DETECTOR_CLOSE_MS }, () => done);
    this.#detection = undefined;
  }

  async #bridge(lost: number, timeMs: number): Promise<void> {
    const lostMs = milliseconds(lost);
    this.#options.log.warn('audio input was lost', { lostMs });
    if (lostMs > MAX_FILLED_LOSS_MS || !this.#detection) await this.end();
    else await this.#feed(this.#detection, silence(lostMs, LISTENING_RATE_HZ), timeMs);
  }

  #checkRate({ sampleRateHz }: Frame): void {
    if (sampleRateHz === LISTENING_RATE_HZ) return;
    throw new AssistantError('ASSISTANT_RATE_WRONG', {
      part: 'The audio input',
      sampleRateHz,
      expectedRateHz: LISTENING_RATE_HZ,
    });
  }

  #openDetection(position: number): Detection {
    if (position < this.#ring.endPosition) {
      // A new stream begins; positions count from its start.
      this.#ring.reset();
      this.#closedPosition = 0;
    }
    const { windowSize, sampleRateHz } = this.#options.vad.features;
    const windows = new Channel<Frame>({ policy: 'block', capacity: MAX_WAITING_WINDOWS });
    const framer = new Framer({ frameSamples: windowSize, sampleRateHz, position });
    return { windows, framer, done: this.#detect(windows) };
  }

  async #feed({ framer, windows }: Detection, pcm: Int16Array, timeMs: number): Promise<void> {
    const { signal } = this.#options;
    for (const window of framer.push(pcm, timeMs)) await windows.push(window, { signal });
  }

  async #detect(windows: Channel<Frame>): Promise<void> {
    const { vad, stages, signal } = this.#options;
    try {
      const events = stages.read({ stage: 'voice activity', signal }, (stageSignal) =>
        vad.detect(this.#followed(windows), { signal: stageSignal }),
      );
      for await (const event of events) {
        this.#failures = 0;
        await this.#onVoice(event);
      }
      if (!windows.isClosed) throw new AssistantError('ASSISTANT_STAGE_FAILED', { stage: 'voice activity' });
      this.#close();
    } catch (error) {
      if (this.#detection?.windows === windows) this.#detection = undefined;
      windows.close();
      this.#fail(error);
    }
  }

  /** The windows; asking for the next one means that those before have been judged. */
  async *#followed(windows: Channel<Frame>): AsyncGenerator<Frame, void, undefined> {
    for await (const window of windows) {
      yield window;
      this.#advance(window.position + window.pcm.length);
    }
  }

  async #onVoice(event: VoiceActivityEvent): Promise<void> {
    const { emit } = this.#options;
    switch (event.type) {
      case 'speech-start':
        this.#beginSpeech(event.position);
        await emit({ type: 'speech-start', position: event.position });
        break;
      case 'speech-end':
        this.#endSpeech(event.position, event.detectedPosition);
        await emit({ type: 'speech-end', position: event.position });
        break;
      default:
        event satisfies never;
    }
  }

  #beginSpeech(position: number): void {
    if (this.#open) {
      this.#options.pauses.observe(milliseconds(Math.max(0, position - this.#open.endPosition)));
      this.#open.attempt?.controller.abort(new TurnAbort('superseded'));
      this.#open.attempt = undefined;
    } else {
      const from = Math.max(position - samples(PRE_ROLL_MS), this.#closedPosition, 0);
      this.#open = new OpenUtterance(++this.#utterances, from, this.#floor.floorDbfs);
      void this.#watchInput(this.#open);
    }
    this.#open.beginSpeech(position);
  }

  #endSpeech(position: number, detectedPosition: number): void {
    const open = this.#open;
    if (!open) return;
    open.endSpeech(position);
    open.levelDbfs = levelDbfs(this.#ring.slice(open.startPosition, position).pcm);
    open.softEndPosition = detectedPosition;
    open.softEndMs = this.#options.clock.nowMs();
    open.speechEndMs = Math.min(open.softEndMs, this.#timeOfSpeechEnd(open));
    open.attempt = this.#transcribe(open, detectedPosition);
  }

  #transcribe(open: OpenUtterance, toPosition: number): Attempt {
    const slice = this.#ring.slice(open.fromPosition, toPosition);
    return this.#startAttempt(open, slice.pcm, slice.position);
  }

  #startAttempt(open: OpenUtterance, pcm: Int16Array, position: number): Attempt {
    const { transcriber, signal } = this.#options;
    const controller = childController(signal);
    const id = `${open.number}.${++open.attempts}`;
    const speech = { pcm, sampleRateHz: LISTENING_RATE_HZ, timeMs: this.#timeOf(position) };
    const done = transcriber.transcribe(id, speech, controller.signal);
    const attempt: Attempt = { controller, done };
    void done.then((result) => {
      controller[Symbol.dispose]();
      attempt.result = result;
      // A transcript of an attempt that was superseded finds another attempt, or none, in its place.
      if (this.#open === open && open.attempt === attempt) this.#closeIfOver(open);
    });
    return attempt;
  }

  #advance(position: number): void {
    this.#position = position;
    const open = this.#open;
    if (!open) return;
    if (open.isSpeaking) this.#cutIfLong(open);
    else this.#closeIfOver(open);
  }

  #cutIfLong(open: OpenUtterance): void {
    if (this.#position - open.fromPosition < samples(MAX_PART_MS)) return;
    const { pcm, position } = this.#ring.slice(open.fromPosition, this.#position);
    const cut = quietestSample(pcm, LISTENING_RATE_HZ, CUT_SEARCH_MS);
    open.parts.push(this.#startAttempt(open, pcm.subarray(0, cut), position).done);
    open.fromPosition = position + cut;
    if (open.parts.length < MAX_PARTS) return;
    this.#endSpeech(this.#position, this.#position);
    this.#close();
  }

  #closeIfOver(open: OpenUtterance): void {
    const { pauses, completePauseMs, maxPauseMs } = this.#options;
    const quietFrom = this.#position - samples(QUIET_BEFORE_COMMIT_MS);
    const silence = {
      silenceMs: milliseconds(this.#position - open.endPosition),
      sinceSoftEndMs: milliseconds(this.#position - open.softEndPosition),
      isQuiet: this.#speechEndBetween(quietFrom, this.#position, open) === undefined,
      completeness: this.#completenessOf(open.attempt?.result),
    };
    if (isTurnOver(silence, { completePauseMs, maxPauseMs, pauseMs: pauses.pauseMs })) this.#close();
  }

  #completenessOf(result: Transcription | undefined) {
    if (!result) return undefined;
    return result.text === '' ? 'open' : completenessOf(result.text, this.#options.language);
  }

  #close(): void {
    const open = this.#open;
    if (!open) return;
    if (open.isSpeaking) this.#endSpeech(this.#position, this.#position);
    this.#open = undefined;
    this.#closedPosition = open.endPosition;
    const transcriptions = open.attempt ? [...open.parts, open.attempt.done] : open.parts;
    this.#deliver(open, joinTranscriptions(transcriptions));
  }

  #deliver(open: OpenUtterance, transcription: Promise<Transcription>): void {
    const { startPosition, endPosition, speechSamples } = open;
    const { pcm } = this.#ring.slice(startPosition, endPosition);
    this.#options.onUtterance({
      transcription,
      evidence: {
        speechMs: milliseconds(speechSamples),
        spanMs: milliseconds(endPosition - startPosition),
        levelDbfs: levelDbfs(pcm),
        floorDbfs: Math.min(open.floorDbfs, this.#floor.floorDbfs),
      },
      speechEndMs: open.speechEndMs,
      softEndMs: open.softEndMs,
      commitMs: this.#options.clock.nowMs(),
    });
  }

  /** The detector failed: so does the turn, and the next frame starts it again. */
  #fail(error: unknown): void {
    const { signal, log, clock, onDeaf } = this.#options;
    if (signal.aborted) return;
    log.error('voice activity detection failed', { error });
    const nowMs = clock.nowMs();
    const open = this.#open ?? new OpenUtterance(++this.#utterances, this.#position, this.#floor.floorDbfs);
    this.#open = undefined;
    open.attempt?.controller.abort(new TurnAbort('superseded'));
    open.softEndMs = nowMs;
    open.speechEndMs = nowMs;
    this.#deliver(open, Promise.resolve({ text: '', error, doneMs: nowMs }));
    if (++this.#failures >= MAX_DETECTOR_FAILURES) onDeaf(error);
  }

  async #watchInput(open: OpenUtterance): Promise<void> {
    const { clock, signal, inputTimeoutMs, log } = this.#options;
    this.#latestMs = clock.nowMs();
    try {
      while (this.#open === open) {
        const waitMs = this.#latestMs + inputTimeoutMs - clock.nowMs();
        if (waitMs > 0) {
          await clock.delay(waitMs, { signal });
          continue;
        }
        log.warn('audio input paused inside an utterance', { waitedMs: inputTimeoutMs });
        await this.end();
        return;
      }
    } catch (error) {
      if (!signal.aborted) log.error('voice activity detection did not end', { error });
    }
  }

  #timeOfSpeechEnd(open: OpenUtterance): number {
    const from = Math.max(open.startPosition, open.endPosition - samples(SPEECH_END_SEARCH_MS));
    return this.#timeOf(this.#speechEndBetween(from, open.softEndPosition, open) ?? open.endPosition);
  }

  /** After the last sample that is as loud as this voice, whatever the detector makes of it. */
  #speechEndBetween(
    fromPosition: number,
    toPosition: number,
    { levelDbfs: voiceDbfs }: OpenUtterance,
  ): number | undefined {
    const { pcm, position } = this.#ring.slice(fromPosition, toPosition);
    const thresholdDbfs = Math.max(
      QUIETEST_SPEECH_DBFS,
      this.#floor.floorDbfs + SPEECH_ABOVE_FLOOR_DB,
      voiceDbfs - SPEECH_BELOW_VOICE_DB,
    );
    const last = lastAudibleSample(pcm, { sampleRateHz: LISTENING_RATE_HZ, thresholdDbfs });
    return last === undefined ? undefined : position + last + 1;
  }

  #timeOf(position: number): number {
    const frame = this.#latestFrame;
    return frame ? frame.timeMs + milliseconds(position - frame.position) : this.#options.clock.nowMs();
  }
}

function samples(durationMs: number): number {
  return (durationMs * LISTENING_RATE_HZ) / 1000;
}

function milliseconds(sampleCount: number): number {
  return (sampleCount * 1000) / LISTENING_RATE_HZ;
}
