const MAX_RUNS = 2;
const MAX_TURNS = 256;
const MAX_CALLS_PER_TURN = 1_024;

/**
 * Notices models that go round in circles: counts equal calls by turn. Knows the 256 turns that called last, and of each
 * the 1,024 calls that were made last.
 */
export class TurnGuards {
  static readonly maxRuns = MAX_RUNS;
  readonly #turns = new Map<string, Map<string, number>>();

  /** Counts this call. `false` before its third run in the turn. */
  admits(turn: string, call: string): boolean {
    const runsByCall = this.#turns.get(turn) ?? new Map<string, number>();
    touch(this.#turns, turn, runsByCall, MAX_TURNS);
    const runs = runsByCall.get(call) ?? 0;
    touch(runsByCall, call, Math.min(runs + 1, MAX_RUNS), MAX_CALLS_PER_TURN);
    return runs < MAX_RUNS;
  }
}

/** Makes it the latest entry, and forgets the earliest one when there are too many. */
function touch<V>(map: Map<string, V>, key: string, value: V, maxSize: number): void {
  map.delete(key);
  map.set(key, value);
  const [earliest] = map.keys();
  if (map.size > maxSize && earliest !== undefined) map.delete(earliest);
}
