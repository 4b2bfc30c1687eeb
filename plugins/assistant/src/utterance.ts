import type { SpeechEvidence } from './gate.js';

/** What became of an attempt to transcribe. */
export interface Transcription {
  readonly text: string;
  /** Set when it failed. */
  readonly error?: unknown;
  readonly doneMs: number;
}

/** Everything one person said in one go, closed: nothing is added to it any more. Times are those of the node's clock. */
export interface Utterance {
  /** The transcript of exactly this utterance. Never rejects. */
  readonly transcription: Promise<Transcription>;
  readonly evidence: SpeechEvidence;
  /** When the last sample of speech was heard. */
  readonly speechEndMs: number;
  readonly softEndMs: number;
  readonly commitMs: number;
}
