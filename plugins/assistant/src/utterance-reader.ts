import type { Log } from '@tiercel/capabilities/log';
import { coreMetrics, type Metrics } from '@tiercel/capabilities/metrics';
import { rejectTranscript } from './gate.js';
import type { Stages } from './stages.js';
import type { Turn } from './turn.js';
import type { Utterance } from './utterance.js';

export interface UtteranceReaderOptions {
  readonly stages: Stages;
  readonly log: Log;
  readonly metrics: Metrics | undefined;
  readonly language: string;
}

/** Waits for transcripts and decides whether they are taken for speech. */
export class UtteranceReader {
  readonly #options: UtteranceReaderOptions;

  constructor(options: UtteranceReaderOptions) {
    this.#options = options;
  }

  /** What was said, or `undefined` for noise, which is told as an event of `turn`. Throws what the recogniser threw. */
  async read(utterance: Utterance, turn: Turn, signal: AbortSignal): Promise<string | undefined> {
    const { stages, log, metrics, language } = this.#options;
    const { text, error } = await stages.run(
      { stage: 'transcription', signal },
      () => utterance.transcription,
    );
    if (error !== undefined) throw error;
    const { number } = turn;
    const evidence = rejectTranscript(text, utterance.evidence, language);
    if (!evidence) return text;
    log.info('transcript rejected', { turn: number, ...evidence });
    metrics?.count(coreMetrics.transcriptsRejected, 1, { cause: evidence.cause });
    await turn.emit({ type: 'transcript-rejected', turn: number, evidence });
    return undefined;
  }
}
