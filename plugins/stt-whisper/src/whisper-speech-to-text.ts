import { type Frame, firstAudibleSample, int16ToFloat32, samplesOf } from '@tiercel/audio';
import type { Clock } from '@tiercel/capabilities/clock';
import type { Log } from '@tiercel/capabilities/log';
import {
  type SpeechToText,
  SpeechToTextError,
  type SpeechToTextFeatures,
  type TranscribeOptions,
  type TranscriptEvent,
} from '@tiercel/capabilities/speech-to-text';
import type { SerialLane } from '@tiercel/sherpa';
import { untilAborted } from '@tiercel/sherpa';
import { cleanTranscript, joinTranscripts } from './clean-transcript.js';
import { UtteranceCutter } from './utterance-cutter.js';

/** Whisper, as far as this class needs it: one call at a time. */
export interface WhisperEngine {
  recognize(samples: Float32Array, language: string): Promise<string>;
}

export interface WhisperSpeechToTextOptions {
  readonly engine: WhisperEngine;
  readonly lane: SerialLane;
  readonly features: SpeechToTextFeatures;
  /** Used where the caller names none. One of `features.languages`. */
  readonly language: string;
  readonly log: Log;
  readonly clock: Clock;
}

/** The engine writes at most 6 tokens per second of audio, so short words need room behind them. */
const MIN_PIECE_MS = 1500;

/** The engine silently ignores what lies beyond 29.5 s. */
const MAX_PIECE_MS = 25_000;
const CUT_SEARCH_MS = 10_000;

/** No 10 ms as loud as this: nothing to recognise. Whisper would write "[Music]", or worse. */
const SILENCE_DBFS = -60;

/** Batch recognition: reads an utterance to its end, then decodes it. */
export class WhisperSpeechToText implements SpeechToText {
  readonly features: SpeechToTextFeatures;
  readonly #options: WhisperSpeechToTextOptions;

  constructor(options: WhisperSpeechToTextOptions) {
    this.#options = options;
    this.features = options.features;
  }

  async *transcribe(
    frames: AsyncIterable<Frame>,
    { utteranceId, signal, language = this.#options.language }: TranscribeOptions,
  ): AsyncGenerator<TranscriptEvent, undefined, undefined> {
    this.#checkLanguage(language);
    const { sampleRateHz } = this.features;
    const cutter = new UtteranceCutter({ sampleRateHz, maxPieceMs: MAX_PIECE_MS, searchMs: CUT_SEARCH_MS });
    const texts: string[] = [];
    let start: number | undefined;
    let end = 0;
    for await (const frame of untilAborted(frames, signal)) {
      this.#checkRate(frame);
      start ??= frame.position;
      end = frame.position + frame.pcm.length;
      for (const piece of cutter.push(frame.pcm)) texts.push(await this.#recognize(piece, language, signal));
    }
    const rest = cutter.flush();
    const startedMs = this.#options.clock.nowMs();
    if (rest) texts.push(await this.#recognize(rest, language, signal));
    const text = joinTranscripts(texts, language);
    const endMs = ((end - (start ?? 0)) * 1000) / sampleRateHz;
    this.#options.log.debug('utterance recognised', {
      utteranceId,
      durationMs: Math.round(endMs),
      waitedMs: Math.round(this.#options.clock.nowMs() - startedMs),
      private: { text },
    });
    yield { type: 'transcript-final', utteranceId, text, language, endMs };
    return undefined;
  }

  async #recognize(piece: Int16Array, language: string, signal: AbortSignal | undefined): Promise<string> {
    const { engine, lane } = this.#options;
    const { sampleRateHz } = this.features;
    if (firstAudibleSample(piece, { sampleRateHz, thresholdDbfs: SILENCE_DBFS }) === undefined) return '';
    const padded = new Int16Array(Math.max(piece.length, samplesOf(MIN_PIECE_MS, sampleRateHz)));
    padded.set(piece);
    const raw = await lane.run(() => engine.recognize(int16ToFloat32(padded), language), signal);
    return cleanTranscript(raw);
  }

  #checkLanguage(language: string): void {
    const { model, languages } = this.features;
    if (languages.includes(language)) return;
    throw new SpeechToTextError('SPEECH_TO_TEXT_LANGUAGE_UNKNOWN', { language, model, languages });
  }

  #checkRate({ sampleRateHz }: Frame): void {
    const expectedRateHz = this.features.sampleRateHz;
    if (sampleRateHz === expectedRateHz) return;
    throw new SpeechToTextError('SPEECH_TO_TEXT_RATE_WRONG', { sampleRateHz, expectedRateHz });
  }
}
