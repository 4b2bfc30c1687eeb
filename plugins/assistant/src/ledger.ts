/** One unit of a reply: its place in the text and in the sound. */
export interface LedgerRow {
  readonly textStart: number;
  readonly textEnd: number;
  /** In samples of the attempt's output, counted after trimming and gaps. */
  readonly firstSample: number;
  readonly sampleCount: number;
}

/**
 * Knows which part of a reply has been heard. For now a unit counts when its last sample was played: a cut reply keeps
 * whole units only.
 */
export class HeardLedger {
  readonly #rows: LedgerRow[] = [];

  get rows(): readonly LedgerRow[] {
    return this.#rows;
  }

  add(row: LedgerRow): void {
    this.#rows.push(row);
  }

  /** The part of `reply` that was heard when `playedSamples` of it had been played. */
  playout(reply: string, playedSamples: number): string {
    let heardEnd = 0;
    for (const { textEnd, firstSample, sampleCount } of this.#rows) {
      if (playedSamples <= 0 || playedSamples < firstSample + sampleCount) break;
      heardEnd = textEnd;
    }
    return reply.slice(0, heardEnd);
  }
}
