import { worldLimits } from '@tiercel/capabilities/world-model';
import type { StateEnvelope } from '../wire/envelope.js';

export interface CopyLimits {
  readonly entries: number;
  /** Of payloads together. */
  readonly bytes: number;
}

/** Retained state as it comes in, until it is known to be whole: only then does it say what is gone. */
export class Copy {
  /** Whether the broker is asked for everything that it keeps, or will be with the next connection. */
  isAsked: boolean;
  /** Whether the broker has sent that. */
  isWhole = false;
  /** Nobody has anything better. */
  isOverdue = false;
  readonly #limits: CopyLimits;
  readonly #states = new Map<string, { readonly state: StateEnvelope; readonly bytes: number }>();
  #bytes = 0;
  #seen = 0;
  #refused = 0;

  constructor(limits: CopyLimits, { isAsked }: { readonly isAsked: boolean }) {
    this.#limits = limits;
    this.isAsked = isAsked;
  }

  /** Messages so far. */
  get seen(): number {
    return this.#seen;
  }

  /** Those that found no room. */
  get refused(): number {
    return this.#refused;
  }

  take(state: StateEnvelope, bytes: number): void {
    this.#seen += 1;
    const { key, epoch, revision } = state;
    const known = this.#states.get(key);
    if (known && known.state.epoch === epoch && known.state.revision >= revision) return;
    const isFull = !known && this.#states.size >= this.#limits.entries + worldLimits.tombstones;
    if (isFull || this.#bytes + bytes - (known?.bytes ?? 0) > this.#limits.bytes) {
      this.#refused += 1;
      return;
    }
    this.#bytes += bytes - (known?.bytes ?? 0);
    this.#states.set(key, { state, bytes });
  }

  /** There is nothing of this key any more. */
  clear(key: string): void {
    this.#seen += 1;
    this.#bytes -= this.#states.get(key)?.bytes ?? 0;
    this.#states.delete(key);
  }

  statesOf(epoch: string): ReadonlyMap<string, StateEnvelope> {
    const states = [...this.#states.values()].map(({ state }) => state);
    return new Map(states.filter((state) => state.epoch === epoch).map((state) => [state.key, state]));
  }

  /** The epoch of what was observed last, for when no core says which one counts. */
  get latestEpoch(): string | undefined {
    let latest: StateEnvelope | undefined;
    for (const { state } of this.#states.values()) {
      if (!latest || state.hlc > latest.hlc) latest = state;
    }
    return latest?.epoch;
  }
}
