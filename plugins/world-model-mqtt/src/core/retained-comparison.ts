import type { WorldSnapshot } from '@tiercel/capabilities/world-model';
import { parseState } from '../wire/envelope.js';
import type { StatePublisher } from './state-publisher.js';

/** Topics of keys that the store does not have, which one comparison clears away: a flood of them takes several. */
const UNKNOWN = 10_000;

/**
 * Compares what a broker has retained with a snapshot of the store, and marks what differs: the store is right. Remembers
 * no payload, and no key but those of the store.
 */
export class RetainedComparison {
  readonly #epoch: string;
  /** Revisions of entries that have not been seen as they are. */
  readonly #missing: Map<string, number>;
  readonly #publisher: StatePublisher;
  #unknown = 0;
  #seen = 0;

  constructor({ epoch, entries }: WorldSnapshot, publisher: StatePublisher) {
    this.#epoch = epoch;
    this.#missing = new Map(entries.map(({ key, revision }) => [key, revision]));
    this.#publisher = publisher;
  }

  /** Retained messages so far. */
  get seen(): number {
    return this.#seen;
  }

  /** Whether there was more to clear away than one comparison takes. */
  get isIncomplete(): boolean {
    return this.#unknown > UNKNOWN;
  }

  /** Takes one retained message. */
  see(key: string, payload: Uint8Array): void {
    this.#seen += 1;
    const revision = this.#missing.get(key);
    const parsed = parseState(payload);
    if (revision !== undefined) {
      const isRight =
        parsed.ok &&
        parsed.value.op === 'put' &&
        parsed.value.key === key &&
        parsed.value.epoch === this.#epoch &&
        parsed.value.revision === revision;
      if (isRight) this.#missing.delete(key);
      return;
    }
    if (
      parsed.ok &&
      parsed.value.op === 'del' &&
      parsed.value.key === key &&
      parsed.value.epoch === this.#epoch
    ) {
      this.#publisher.keepTombstone(key, parsed.value.timeMs);
      return;
    }
    this.#unknown += 1;
    if (!this.isIncomplete) this.#publisher.mark(key);
  }

  /** The broker has sent all it has: whatever was not seen is published. */
  end(): void {
    // Without the entries: meanwhile there may be newer ones.
    for (const key of this.#missing.keys()) this.#publisher.mark(key);
    this.#missing.clear();
  }
}
