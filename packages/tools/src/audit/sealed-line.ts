import { sha256 } from '../canonical-json.js';

/** What stands around each record in the file. */
export interface Envelope {
  /** Counts from 1 in each file. */
  readonly sequence: number;
  /** ISO 8601, UTC. */
  readonly time: string;
  readonly kind: string;
  /** Hash of the line before; of the first line, empty. */
  readonly previous: string;
}

export interface SealedLine {
  /** Without its end of line. */
  readonly text: string;
  readonly hash: string;
}

/** The line of a record: its JSON, with the SHA-256 of all that stands before as its last member. */
export function sealLine(record: Envelope): SealedLine {
  const json = JSON.stringify(record);
  const hash = sha256(json);
  return { text: `${json.slice(0, -1)},"hash":"${hash}"}`, hash };
}

export interface OpenedLine {
  readonly record: Envelope & Readonly<Record<string, unknown>>;
  readonly hash: string;
}

/** The record of a line, or `undefined` when the line is not as it was written. */
export function openLine(text: string): OpenedLine | undefined {
  const match = /^(\{.*),"hash":"([0-9a-f]{64})"\}$/.exec(text);
  const [, json, hash] = match ?? [];
  if (json === undefined || hash === undefined || sha256(`${json}}`) !== hash) return undefined;
  // Whoever made the hash fit was us: a line that is JSON, with an envelope.
  return { record: JSON.parse(`${json}}`) as OpenedLine['record'], hash };
}
