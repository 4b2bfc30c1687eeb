import { CountedTides } from './counted-tides.js';
import { TidesError } from './errors.js';
import type { Tide, Tides } from './tides.js';

/** Tides that a test makes: it knows the harbours it was told of, and how many streams are open. */
export class FakeTides implements Tides {
  readonly #highWaters = new Map<string, number>();
  readonly #tides = new CountedTides('almanac', (harbour) => {
    const highWaterMs = this.#highWaters.get(harbour);
    if (highWaterMs !== undefined) return highWaterMs;
    throw new TidesError('TIDES_HARBOUR_UNKNOWN', { harbour, known: [...this.#highWaters.keys()] });
  });
  #readers = 0;

  /** @param highWaters one high water of each harbour, milliseconds since 1970 */
  constructor(highWaters: Readonly<Record<string, number>> = { Cuxhaven: 0 }) {
    for (const [harbour, highWaterMs] of Object.entries(highWaters)) this.set(harbour, highWaterMs);
  }

  get readers(): number {
    return this.#readers;
  }

  set(harbour: string, highWaterMs: number): void {
    this.#highWaters.set(harbour, highWaterMs);
  }

  next(...args: Parameters<Tides['next']>): Promise<Tide> {
    return this.#tides.next(...args);
  }

  async *predict(...args: Parameters<Tides['predict']>): AsyncGenerator<Tide, void> {
    this.#readers++;
    try {
      yield* this.#tides.predict(...args);
    } finally {
      this.#readers--;
    }
  }
}
