import type { WorldEntry, WorldModel, WorldRecord } from '@tiercel/capabilities/world-model';
import { raceSignal } from '@tiercel/kernel';
import { parseTimerRecord, type TimerRecord } from './timer-record.js';

export interface TimerStoreOptions {
  readonly world: WorldModel;
  readonly node: string;
  /** Of what is written. */
  readonly origin: string;
}

export interface StoredTimer {
  readonly id: string;
  readonly node: string;
  readonly record: TimerRecord;
  /** The node that keeps the truth cannot be reached, and may know better. */
  readonly isStale: boolean;
}

export type TimerNews =
  /** All timers of this node. */
  | { readonly type: 'timers-read'; readonly timers: readonly StoredTimer[] }
  | { readonly type: 'timer-changed'; readonly timer: StoredTimer }
  /** Somebody has removed it. */
  | { readonly type: 'timer-forgotten'; readonly id: string };

/** Timers in the world model: `timer/{node}/{id}`. */
export class TimerStore {
  readonly #world: WorldModel;
  readonly #node: string;
  readonly #origin: string;

  constructor({ world, node, origin }: TimerStoreOptions) {
    this.#world = world;
    this.#node = node;
    this.#origin = origin;
  }

  async get(id: string, signal: AbortSignal): Promise<StoredTimer | undefined> {
    const entry = await raceSignal(this.#world.get(`timer/${this.#node}/${id}`), signal);
    return entry && toStoredTimer(entry);
  }

  /** `ttlMs`: how long anybody may want to read it. */
  async put(
    { node, id, record }: Pick<StoredTimer, 'node' | 'id' | 'record'>,
    ttlMs: number,
    signal: AbortSignal,
  ): Promise<void> {
    const key = `timer/${node}/${id}`;
    await raceSignal(
      this.#world.observe({ key, value: record, origin: this.#origin, ttlMs: Math.ceil(ttlMs) }),
      signal,
    );
  }

  /** Those of all other nodes. */
  async readOthers(signal: AbortSignal): Promise<readonly StoredTimer[]> {
    const { entries } = await raceSignal(this.#world.snapshot('timer'), signal);
    return toStoredTimers(entries).filter(({ node }) => node !== this.#node);
  }

  /** Those of this node, then what changes about them. Ends with the reason of `signal`, or as the world model fails. */
  async *follow(signal: AbortSignal): AsyncGenerator<TimerNews> {
    const prefix = `timer/${this.#node}`;
    for (;;) {
      const { entries, revision, epoch } = await raceSignal(this.#world.snapshot(prefix), signal);
      yield { type: 'timers-read', timers: toStoredTimers(entries) };
      for await (const change of this.#world.watch(prefix, { after: revision, signal })) {
        if (change.type === 'reset') break;
        if ((change.type === 'entry-put' ? change.entry.epoch : change.epoch) !== epoch) break;
        const news = toNews(change);
        if (news) yield news;
      }
      signal.throwIfAborted();
    }
  }
}

function toNews(change: WorldRecord): TimerNews | undefined {
  if (change.type === 'entry-put') {
    const timer = toStoredTimer(change.entry);
    return timer && { type: 'timer-changed', timer };
  }
  // That its entry has expired ends no timer: only its own clock and people do.
  if (change.origin === 'ttl') return undefined;
  return { type: 'timer-forgotten', id: change.key.split('/').at(-1) ?? '' };
}

function toStoredTimers(entries: readonly WorldEntry[]): readonly StoredTimer[] {
  return entries.map(toStoredTimer).filter((timer) => timer !== undefined);
}

function toStoredTimer({ key, value, isStale }: WorldEntry): StoredTimer | undefined {
  const [, node, id, ...rest] = key.split('/');
  const record = parseTimerRecord(value);
  if (node === undefined || id === undefined || rest.length > 0 || !record) return undefined;
  return { id, node, record, isStale: isStale === true };
}
