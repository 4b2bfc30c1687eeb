import { AudioError } from './errors.js';
import { checkNumber } from './limits.js';

/** What a full channel does with one more item. */
export type ChannelPolicy =
  /** The producer waits until there is room. */
  | 'block'
  /** The oldest items make room and count as dropped. */
  | 'drop-oldest'
  /** One item waits at most; a newer one replaces it. */
  | 'latest'
  /** `push` rejects with AUDIO_CHANNEL_FULL; the channel goes on. */
  | 'fail';

export type ChannelOptions<T> = {
  /**
   * Ends the channel for both sides at once: what is queued is discarded, waiting producers and readers get the signal's
   * reason. The listener goes when the channel has ended, so close a channel whose signal outlives it.
   */
  readonly signal?: AbortSignal | undefined;
} & (
  | {
      readonly policy: Exclude<ChannelPolicy, 'latest'>;
      /** Most items that wait, or most weight if there is `weigh`. */
      readonly capacity: number;
      /**
       * Makes the capacity count something else than items, for instance milliseconds of audio. Must be above 0. An item
       * heavier than the whole capacity is taken when nothing else waits.
       */
      readonly weigh?: (item: T) => number;
    }
  | { readonly policy: 'latest'; readonly capacity?: 1 }
);

export interface PushOptions {
  /** Gives up waiting for room; the item is then not in the channel. */
  readonly signal?: AbortSignal | undefined;
}

interface WaitingPush<T> {
  readonly item: T;
  readonly weight: number;
  settle(accepted: boolean): void;
  reject(reason: unknown): void;
}

interface WaitingRead<T> {
  resolve(result: IteratorResult<T, undefined>): void;
  reject(reason: unknown): void;
}

const ACCEPTED = Promise.resolve(true);
const REFUSED = Promise.resolve(false);
const FIRST_SLOTS = 16;

/**
 * The only queue in the voice path: bounded, in order, between producers that `push` and a consumer that iterates.
 *
 * The consumer gets all items that were accepted before `close` or `fail`, then the end or the error. A consumer that
 * leaves early (`break`) closes the channel, discards what waits and wakes the producers. Several consumers share the items.
 */
export class Channel<T> implements AsyncIterable<T, undefined> {
  readonly policy: ChannelPolicy;
  readonly capacity: number;
  readonly #weigh: ((item: T) => number) | undefined;
  readonly #signal: AbortSignal | undefined;
  readonly #onAbort = (): void => this.#abort();
  readonly #waitingPushes = new Set<WaitingPush<T>>();
  readonly #waitingReads = new Set<WaitingRead<T>>();
  #slots: (T | undefined)[] = new Array(FIRST_SLOTS);
  #weights: number[] = new Array(FIRST_SLOTS);
  #head = 0;
  #count = 0;
  #size = 0;
  #dropped = 0;
  #highWater = 0;
  #isClosed = false;
  #failure: { readonly error: unknown } | undefined;

  constructor(options: ChannelOptions<T>) {
    this.policy = options.policy;
    this.capacity = options.capacity ?? 1;
    this.#weigh = options.policy === 'latest' ? undefined : options.weigh;
    this.#signal = options.signal;
    if (this.#weigh) checkNumber('capacity', this.capacity, Number.MIN_VALUE);
    else checkNumber('capacity', this.capacity, 1, 2 ** 24);
    if (this.#signal?.aborted) this.#onAbort();
    else this.#signal?.addEventListener('abort', this.#onAbort, { once: true });
  }

  /** Items that wait. */
  get count(): number {
    return this.#count;
  }

  /** What waits, in the unit of the capacity. */
  get size(): number {
    return this.#size;
  }

  /** Items lost to `drop-oldest` or `latest` so far. */
  get dropped(): number {
    return this.#dropped;
  }

  /** Largest `size` so far. */
  get highWater(): number {
    return this.#highWater;
  }

  /** Whether it takes no more items: closed, failed, aborted or left by its consumer. */
  get isClosed(): boolean {
    return this.#isClosed;
  }

  /**
   * Resolves to `true` once the item is in the channel, to `false` if it was closed: then stop producing.
   * Rejects with the error the channel failed with, with the reason of an aborted `signal`, or with AUDIO_CHANNEL_FULL.
   */
  push(item: T, { signal }: PushOptions = {}): Promise<boolean> {
    if (signal?.aborted) return Promise.reject(signal.reason);
    if (this.#failure) return Promise.reject(this.#failure.error);
    if (this.#isClosed) return REFUSED;
    let weight: number;
    try {
      weight = this.#weightOf(item);
    } catch (error) {
      return Promise.reject(error);
    }
    if (this.#accept(item, weight)) return ACCEPTED;
    if (this.policy === 'fail') {
      return Promise.reject(new AudioError('AUDIO_CHANNEL_FULL', { capacity: this.capacity }));
    }
    return this.#waitForRoom(item, weight, signal);
  }

  /** Like `push` for one who cannot wait: `false` where `push` would wait, refuse or reject. Throws only on a wrong weight. */
  tryPush(item: T): boolean {
    return !this.#isClosed && this.#accept(item, this.#weightOf(item));
  }

  /** Takes no more items; the consumer gets those that wait, then the end. Producers that wait for room are refused. */
  close(): void {
    if (!this.#isClosed) this.#end(undefined);
  }

  /** Like `close`, but after the items that wait the consumer gets `error`, and so do producers. */
  fail(error: unknown): void {
    if (!this.#isClosed) this.#end({ error });
  }

  [Symbol.asyncIterator](): AsyncIterableIterator<T, undefined> {
    const iterator: AsyncIterableIterator<T, undefined> = {
      next: () => this.#next(),
      return: () => {
        this.#leave();
        return Promise.resolve({ done: true, value: undefined });
      },
      [Symbol.asyncIterator]: () => iterator,
    };
    return iterator;
  }

  #next(): Promise<IteratorResult<T, undefined>> {
    if (this.#count > 0) {
      const value = this.#shift();
      this.#admit();
      if (this.#isClosed && this.#count === 0) this.#forgetSignal();
      return Promise.resolve({ done: false, value });
    }
    if (this.#failure) return Promise.reject(this.#failure.error);
    if (this.#isClosed) return Promise.resolve({ done: true, value: undefined });
    return new Promise((resolve, reject) => this.#waitingReads.add({ resolve, reject }));
  }

  /** Outranks a close or failure whose items were not read yet. */
  #abort(): void {
    this.#discard();
    this.#end({ error: this.#signal?.reason });
  }

  #leave(): void {
    this.#discard();
    this.#end(this.#failure);
  }

  #end(failure: { readonly error: unknown } | undefined): void {
    this.#isClosed = true;
    this.#failure = failure;
    for (const push of this.#waitingPushes) {
      if (failure) push.reject(failure.error);
      else push.settle(false);
    }
    this.#waitingPushes.clear();
    for (const read of this.#waitingReads) {
      if (failure) read.reject(failure.error);
      else read.resolve({ done: true, value: undefined });
    }
    this.#waitingReads.clear();
    if (this.#count === 0) this.#forgetSignal();
  }

  #forgetSignal(): void {
    this.#signal?.removeEventListener('abort', this.#onAbort);
  }

  #weightOf(item: T): number {
    if (!this.#weigh) return 1;
    const weight = this.#weigh(item);
    checkNumber('weigh(item)', weight, Number.MIN_VALUE);
    return weight;
  }

  #accept(item: T, weight: number): boolean {
    for (const read of this.#waitingReads) {
      this.#waitingReads.delete(read);
      read.resolve({ done: false, value: item });
      return true;
    }
    if (this.policy === 'drop-oldest' || this.policy === 'latest') {
      while (!this.#hasRoomFor(weight)) {
        this.#shift();
        this.#dropped++;
      }
    } else if (this.#waitingPushes.size > 0 || !this.#hasRoomFor(weight)) {
      return false;
    }
    this.#append(item, weight);
    return true;
  }

  #hasRoomFor(weight: number): boolean {
    return this.#count === 0 || this.#size + weight <= this.capacity;
  }

  #waitForRoom(item: T, weight: number, signal: AbortSignal | undefined): Promise<boolean> {
    return new Promise((resolve, reject) => {
      const onAbort = () => {
        this.#waitingPushes.delete(push);
        reject(signal?.reason);
        // Those behind it may be light enough for the room there is.
        this.#admit();
      };
      const push: WaitingPush<T> = {
        item,
        weight,
        settle: (accepted) => {
          signal?.removeEventListener('abort', onAbort);
          resolve(accepted);
        },
        reject: (reason) => {
          signal?.removeEventListener('abort', onAbort);
          reject(reason);
        },
      };
      this.#waitingPushes.add(push);
      signal?.addEventListener('abort', onAbort, { once: true });
    });
  }

  #admit(): void {
    for (const push of this.#waitingPushes) {
      if (!this.#hasRoomFor(push.weight)) return;
      this.#waitingPushes.delete(push);
      this.#append(push.item, push.weight);
      push.settle(true);
    }
  }

  #append(item: T, weight: number): void {
    if (this.#count === this.#slots.length) this.#grow();
    const slot = (this.#head + this.#count) % this.#slots.length;
    this.#slots[slot] = item;
    this.#weights[slot] = weight;
    this.#count++;
    this.#size += weight;
    if (this.#size > this.#highWater) this.#highWater = this.#size;
  }

  #shift(): T {
    // Only called while something waits, and waiting slots hold what was pushed with its weight.
    const item = this.#slots[this.#head] as T;
    const weight = this.#weights[this.#head] as number;
    this.#slots[this.#head] = undefined;
    this.#head = (this.#head + 1) % this.#slots.length;
    this.#count--;
    // Weights may be fractions: starting again from 0 keeps their rounding errors from adding up.
    this.#size = this.#count === 0 ? 0 : this.#size - weight;
    return item;
  }

  #grow(): void {
    this.#slots = [...this.#slots.slice(this.#head), ...this.#slots.slice(0, this.#head)];
    this.#weights = [...this.#weights.slice(this.#head), ...this.#weights.slice(0, this.#head)];
    this.#slots.length *= 2;
    this.#weights.length *= 2;
    this.#head = 0;
  }

  #discard(): void {
    this.#slots = new Array(FIRST_SLOTS);
    this.#head = 0;
    this.#count = 0;
    this.#size = 0;
  }
}
