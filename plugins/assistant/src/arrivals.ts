import { Channel } from '@tiercel/audio';
import { raceSignal } from '@tiercel/kernel';
import type { Utterance } from './utterance.js';

/** What starts a turn, or answers a question that is open. */
export type Arrival =
  | { readonly by: 'text'; readonly text: string; readonly timeMs: number }
  | { readonly by: 'audio'; readonly utterance: Utterance };

/** One that has its place in the order of all. */
export type NumberedArrival = Arrival & { readonly number: number };

/** When somebody began to say it. */
export function beginMsOf(arrival: Arrival): number {
  if (arrival.by === 'text') return arrival.timeMs;
  return arrival.utterance.speechEndMs - arrival.utterance.evidence.spanMs;
}

/** What was said and typed and has not been dealt with, in order. For one reader at a time, which may put things back. */
export class Arrivals {
  readonly #channel: Channel<NumberedArrival>;
  readonly #iterator: AsyncIterator<NumberedArrival, undefined>;
  readonly #returned: NumberedArrival[] = [];
  /** A read that was given up goes on: the next reader gets what it brings. */
  #reading: Promise<IteratorResult<NumberedArrival, undefined>> | undefined;

  #offered = 0;

  constructor(capacity: number) {
    this.#channel = new Channel({ policy: 'fail', capacity });
    this.#iterator = this.#channel[Symbol.asyncIterator]();
  }

  /** Whether nothing more will come. */
  get isClosed(): boolean {
    return this.#channel.isClosed;
  }

  /** Number of the one that came last. */
  get latest(): number {
    return this.#offered;
  }

  /** `false` when too many wait. */
  offer(arrival: Arrival): boolean {
    const hasRoom = this.#returned.length + this.#channel.count < this.#channel.capacity;
    return hasRoom && this.#channel.tryPush({ ...arrival, number: ++this.#offered });
  }

  close(): void {
    this.#channel.close();
  }

  /** The oldest, as soon as there is one; `undefined` when nothing more will come. Rejects with the signal's reason. */
  async next(signal: AbortSignal): Promise<NumberedArrival | undefined> {
    signal.throwIfAborted();
    const returned = this.#returned.shift();
    if (returned) return returned;
    this.#reading ??= this.#iterator.next();
    const { value } = await raceSignal(this.#reading, signal);
    this.#reading = undefined;
    return value;
  }

  /** Puts back what was read last, oldest first. */
  putBack(arrivals: readonly NumberedArrival[]): void {
    this.#returned.unshift(...arrivals);
  }
}
