import { raceSignal } from '@tiercel/kernel';
import type { Tide, TideKind, Tides, TidesFeatures } from './tides.js';

/** From high to low water, and from low to high: a quarter of a lunar day. */
const turnMs = 22_357_082;

/** Counts all tides of a harbour from one high water of it, however long ago. */
export class CountedTides implements Tides {
  readonly #basis: TidesFeatures['basis'];
  readonly #highWater: (harbour: string, fromMs: number) => number | Promise<number>;

  /** @param highWater time of one high water of a harbour, milliseconds since 1970 */
  constructor(
    basis: TidesFeatures['basis'],
    highWater: (harbour: string, fromMs: number) => number | Promise<number>,
  ) {
    this.#basis = basis;
    this.#highWater = highWater;
  }

  async next(harbour: string, { kind, fromMs, signal }: Parameters<Tides['next']>[1]): Promise<Tide> {
    const highWaterMs = await this.#find(harbour, fromMs, signal);
    const turns = turnsUntil(fromMs, highWaterMs);
    return this.#tide(harbour, highWaterMs, kindOf(turns) === kind ? turns : turns + 1);
  }

  async *predict(
    harbour: string,
    { fromMs, signal }: Parameters<Tides['predict']>[1],
  ): AsyncGenerator<Tide, never> {
    const highWaterMs = await this.#find(harbour, fromMs, signal);
    for (let turns = turnsUntil(fromMs, highWaterMs); ; turns++) {
      signal?.throwIfAborted();
      yield this.#tide(harbour, highWaterMs, turns);
    }
  }

  async #find(harbour: string, fromMs: number, signal: AbortSignal | undefined): Promise<number> {
    signal?.throwIfAborted();
    const found = Promise.resolve(this.#highWater(harbour, fromMs));
    return await (signal ? raceSignal(found, signal) : found);
  }

  #tide(harbour: string, highWaterMs: number, turns: number): Tide {
    return { harbour, kind: kindOf(turns), atMs: highWaterMs + turns * turnMs, basis: this.#basis };
  }
}

function turnsUntil(fromMs: number, highWaterMs: number): number {
  return Math.ceil((fromMs - highWaterMs) / turnMs);
}

function kindOf(turns: number): TideKind {
  return turns % 2 === 0 ? 'high' : 'low';
}
