import { durationMs, type Frame, samplesOf } from '@tiercel/audio';
import type { Clock } from '@tiercel/capabilities/clock';
import { coreMetrics, type Metrics } from '@tiercel/capabilities/metrics';
import type { SpeechToText } from '@tiercel/capabilities/speech-to-text';
import { AssistantError } from './errors.js';
import type { Stages } from './stages.js';
import { TurnAbort } from './turn-abort.js';
import type { Transcription } from './utterance.js';

/** Frames of this length: capture frames, as recognisers expect them. */
const FRAME_MS = 32;

export interface TranscriberOptions {
  readonly stt: SpeechToText;
  readonly clock: Clock;
  readonly stages: Stages;
  readonly metrics: Metrics | undefined;
  readonly language: string;
  readonly timeoutMs: number;
}

/** Has stretches of speech transcribed. Each attempt has an id of its own, and a transcript with another id is ignored. */
export class Transcriber {
  readonly #options: TranscriberOptions;

  constructor(options: TranscriberOptions) {
    this.#options = options;
  }

  /** Never rejects. Aborting `signal` gives the attempt up. */
  async transcribe(
    utteranceId: string,
    speech: { readonly pcm: Int16Array; readonly sampleRateHz: number; readonly timeMs: number },
    signal: AbortSignal,
  ): Promise<Transcription> {
    const { stt, clock, stages, metrics, language, timeoutMs } = this.#options;
    const startMs = clock.nowMs();
    try {
      let text: string | undefined;
      const events = stages.read({ stage: 'transcription', signal, timeoutMs }, (stageSignal) =>
        stt.transcribe(framesOf(speech), { utteranceId, language, signal: stageSignal }),
      );
      for await (const event of events) {
        if (event.type === 'transcript-final' && event.utteranceId === utteranceId) text = event.text;
      }
      if (text === undefined) throw new AssistantError('ASSISTANT_STAGE_FAILED', { stage: 'transcription' });
      const doneMs = clock.nowMs();
      metrics?.observe(coreMetrics.sttRealtimeFactor, (doneMs - startMs) / durationMs(speech));
      return { text: text.trim(), doneMs };
    } catch (error) {
      return { text: '', error, doneMs: clock.nowMs() };
    }
  }
}

/** The transcript of an utterance that was transcribed in parts. */
export async function joinTranscriptions(parts: readonly Promise<Transcription>[]): Promise<Transcription> {
  const done = await Promise.all(parts);
  const failed = done.find(({ error }) => error !== undefined && !(error instanceof TurnAbort));
  const text = done
    .map((part) => part.text)
    .filter((part) => part !== '')
    .join(' ');
  const doneMs = Math.max(...done.map((part) => part.doneMs));
  return failed ? { text, error: failed.error, doneMs } : { text, doneMs };
}

async function* framesOf(speech: {
  readonly pcm: Int16Array;
  readonly sampleRateHz: number;
  readonly timeMs: number;
}): AsyncGenerator<Frame> {
  const { pcm, sampleRateHz, timeMs } = speech;
  const frameSamples = samplesOf(FRAME_MS, sampleRateHz);
  for (let position = 0; position < pcm.length; position += frameSamples) {
    yield {
      pcm: pcm.subarray(position, position + frameSamples),
      sampleRateHz,
      position,
      timeMs: timeMs + (position * 1000) / sampleRateHz,
    };
  }
}
