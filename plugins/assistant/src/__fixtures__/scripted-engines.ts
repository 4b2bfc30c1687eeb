import { durationMs, type Frame, joinPcm, levelDbfs, samplesOf, silence } from '@tiercel/audio';
import type { Clock } from '@tiercel/capabilities/clock';
import type {
  SpeechToText,
  SpeechToTextFeatures,
  TranscribeOptions,
  TranscriptEvent,
} from '@tiercel/capabilities/speech-to-text';
import type { SynthesizeOptions, TextToSpeech } from '@tiercel/capabilities/text-to-speech';
import type {
  DetectOptions,
  VoiceActivityDetector,
  VoiceActivityEvent,
} from '@tiercel/capabilities/voice-activity-detector';

const SPEECH_DBFS = -40;
const WINDOWS_TO_START = 3;
const WINDOWS_TO_END = 5;

/** Takes loud windows for speech: needs 96 ms of them to begin and 160 ms of silence to end, as real detectors do. */
export class LoudnessDetector implements VoiceActivityDetector {
  readonly features = { windowSize: 512, sampleRateHz: 16_000 };
  /** Thrown at the next window. */
  failure: Error | undefined;

  async *detect(
    frames: AsyncIterable<Frame>,
    { signal }: DetectOptions = {},
  ): AsyncGenerator<VoiceActivityEvent> {
    let isSpeech = false;
    let run = 0;
    let end = 0;
    for await (const { pcm, position } of frames) {
      signal?.throwIfAborted();
      const { failure } = this;
      this.failure = undefined;
      if (failure) throw failure;
      end = position + pcm.length;
      run = levelDbfs(pcm) > SPEECH_DBFS !== isSpeech ? run + 1 : 0;
      if (run < (isSpeech ? WINDOWS_TO_END : WINDOWS_TO_START)) continue;
      isSpeech = !isSpeech;
      yield {
        type: isSpeech ? 'speech-start' : 'speech-end',
        position: end - run * pcm.length,
        detectedPosition: end,
      };
      run = 0;
    }
    if (isSpeech) yield { type: 'speech-end', position: end, detectedPosition: end };
  }
}

export interface Heard {
  readonly utteranceId: string;
  readonly pcm: Int16Array;
  readonly durationMs: number;
}

/** Says what the script makes of each utterance, after `latencyMs`. */
export class ScriptedSpeechToText implements SpeechToText {
  readonly features: SpeechToTextFeatures = {
    model: 'scripted',
    sampleRateHz: 16_000,
    hasPartials: false,
    languages: ['en'],
  };
  readonly heard: Heard[] = [];
  /** Ids of the calls that were not left before their end. */
  readonly finished: string[] = [];
  latencyMs = 200;
  readonly #clock: Clock;
  readonly #script: (heard: Heard) => string;
  readonly #isDeafToAborts: boolean;

  constructor(clock: Clock, script: (heard: Heard) => string, { isDeafToAborts = false } = {}) {
    this.#clock = clock;
    this.#script = script;
    this.#isDeafToAborts = isDeafToAborts;
  }

  async *transcribe(
    frames: AsyncIterable<Frame>,
    { utteranceId, signal }: TranscribeOptions,
  ): AsyncGenerator<TranscriptEvent> {
    const blocks: Frame[] = [];
    for await (const frame of frames) blocks.push(frame);
    const pcm = joinPcm(blocks.map((frame) => frame.pcm));
    const heard = { utteranceId, pcm, durationMs: durationMs({ pcm, sampleRateHz: 16_000 }) };
    this.heard.push(heard);
    await this.#clock.delay(this.latencyMs, this.#isDeafToAborts ? {} : { signal });
    const text = this.#script(heard);
    this.finished.push(utteranceId);
    yield { type: 'transcript-final', utteranceId, text, language: 'en', endMs: heard.durationMs };
  }
}

/** Speaks in tones of 50 ms per character, with 100 ms of silence around them. */
export class ToneTextToSpeech implements TextToSpeech {
  readonly features = { voice: 'tone', sampleRateHz: 22_050, languages: ['en'] };
  /** What it was asked to say, in order. */
  readonly said: string[] = [];
  latencyMs = 0;
  /** Thrown by the next call. */
  failure: Error | undefined;
  readonly #clock: Clock;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  async *synthesize(text: string, { signal }: SynthesizeOptions = {}): AsyncGenerator<Frame> {
    this.said.push(text);
    const { failure } = this;
    this.failure = undefined;
    if (this.latencyMs > 0) await this.#clock.delay(this.latencyMs, { signal });
    if (failure) throw failure;
    const { sampleRateHz } = this.features;
    const around = silence(100, sampleRateHz);
    const pcm = joinPcm([around, tone(text.length * 50, sampleRateHz), around]);
    const frameSamples = samplesOf(20, sampleRateHz);
    for (let position = 0; position < pcm.length; position += frameSamples) {
      signal?.throwIfAborted();
      yield {
        pcm: pcm.subarray(position, position + frameSamples),
        sampleRateHz,
        position,
        timeMs: this.#clock.nowMs(),
      };
    }
  }
}

/** Sound that everybody takes for speech. */
export function tone(lengthMs: number, sampleRateHz = 16_000): Int16Array {
  return Int16Array.from({ length: samplesOf(lengthMs, sampleRateHz) }, (_, index) =>
    Math.round(8_000 * Math.cos((2 * Math.PI * 400 * index) / sampleRateHz)),
  );
}

/** A quiet room: about −66 dBFS, the same in every test. */
export function room(lengthMs: number, sampleRateHz = 16_000): Int16Array {
  let state = 1;
  return Int16Array.from({ length: samplesOf(lengthMs, sampleRateHz) }, () => {
    state = (state * 48_271) % 2_147_483_647;
    return (state % 57) - 28;
  });
}
