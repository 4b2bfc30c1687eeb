import {
  isAtOrBelow,
  type KnownOfKey,
  type WorldChange,
  type WorldEntry,
  type WorldHistory,
  type WorldRecord,
  type WorldSnapshot,
  worldLimits,
} from '@tiercel/capabilities/world-model';
import { ChangeLog, EntryIndex, type FollowOptions, type RecordsOptions, revisionOf } from '@tiercel/world';
import type { ObserveEnvelope, StateEnvelope } from '../wire/envelope.js';
import { RevisionWaiters } from './revision-waiters.js';

export interface MirrorLimits {
  readonly entries: number;
  /** Of keys and values together. */
  readonly bytes: number;
}

/** Everything that the core knew at one moment. */
export interface CompleteCopy {
  /** Of one epoch. */
  readonly states: ReadonlyMap<string, StateEnvelope>;
  readonly epoch: string;
  readonly revision: number;
  /** Name of the core, for entries that are gone and nobody says since when. */
  readonly origin: string;
}

/** A change that stands above what the core has said of its key. */
interface Overlay {
  readonly change: ObserveEnvelope;
  truth: WorldEntry | undefined;
  /** The core has decided: what it says of this revision or a later one takes the place of the change. */
  decidedRevision: number | undefined;
}

interface Gone {
  readonly hlc: string;
  readonly revision: number;
}

/**
 * The world model as an edge sees it: what the core has told, and above it what this node has observed and the core has not
 * decided about. Reads never wait. What the core tells counts only if its revision is higher than the one that is known of
 * the key, so it does no harm to hear it twice, late, or from an old copy.
 */
export class Mirror {
  /** The core has everything to say now: what is read is no guess. */
  isInStep = false;
  readonly #limits: MirrorLimits;
  readonly #visible = new EntryIndex();
  readonly #overlays = new Map<string, Overlay>();
  /** When keys were forgotten, oldest first. */
  readonly #gone = new Map<string, Gone>();
  readonly #sizes = new Map<string, number>();
  readonly #waiters = new RevisionWaiters();
  readonly #log: ChangeLog;
  readonly #changed: (key: string | undefined) => void;
  #bytes = 0;

  /** `changed` hears of each key of which the core has told something new; undefined: of all of them. */
  constructor(epoch: string, limits: MirrorLimits, changed: (key: string | undefined) => void) {
    this.#limits = limits;
    this.#changed = changed;
    this.#log = new ChangeLog({ epoch, revision: 0 });
  }

  get epoch(): string {
    return this.#log.epoch;
  }

  get revision(): number {
    return this.#log.revision;
  }

  get size(): number {
    return this.#visible.size;
  }

  get(key: string): WorldEntry | undefined {
    const entry = this.#visible.get(key);
    return entry && this.#toReader(entry);
  }

  snapshot(prefix: string): WorldSnapshot {
    const entries = Array.from(this.#visible.atOrBelow(prefix), (entry) => this.#toReader(entry));
    return { epoch: this.epoch, revision: this.revision, entries: Object.freeze(entries) };
  }

  follow(options: FollowOptions): AsyncIterableIterator<WorldChange> {
    return this.#log.follow(options);
  }

  history(options: RecordsOptions): WorldHistory {
    const { epoch, revision, forgottenUpTo } = this.#log;
    return { epoch, revision, forgottenUpTo, records: this.#log.records(options) };
  }

  /** What this node knows of a key, its own observations included. */
  knownOf(key: string): KnownOfKey {
    const entry = this.#visible.get(key);
    if (entry) return { entry, forgottenHlc: undefined };
    return { entry, forgottenHlc: this.#overlays.get(key)?.change.hlc ?? this.#gone.get(key)?.hlc };
  }

  /** What the core has told of a key; undefined where it has none. */
  truthOf(key: string): WorldEntry | undefined {
    const overlay = this.#overlays.get(key);
    return overlay ? overlay.truth : this.#visible.get(key);
  }

  /** Up to which revision the core has told of a key. */
  revisionOf(key: string): number {
    return this.truthOf(key)?.revision ?? this.#gone.get(key)?.revision ?? 0;
  }

  /** Everything that the core has told. */
  *truths(): Generator<WorldEntry> {
    for (const entry of this.#visible.values()) if (!this.#overlays.has(entry.key)) yield entry;
    for (const { truth } of this.#overlays.values()) if (truth) yield truth;
  }

  /** Changes at or below `prefix` that the core has not decided about, as watchers hear of them. */
  pendingRecords(prefix: string): readonly WorldRecord[] {
    return [...this.#overlays.values()]
      .filter(({ change }) => isAtOrBelow(change.key, prefix))
      .map(({ change }) => this.#toPendingRecord(change));
  }

  /** Settles when the core has told of `key` what stood there at `revision`, or something later. */
  async told(key: string, revision: number, signal: AbortSignal): Promise<void> {
    if (this.revisionOf(key) < revision) await this.#waiters.wait(key, revision, signal);
  }

  /** Takes what the core tells. `full`: there is no room for another entry. */
  apply(state: StateEnvelope): 'taken' | 'known' | 'full' {
    const { key, revision } = state;
    if (revision <= this.revisionOf(key)) return 'known';
    const entry = state.op === 'put' ? toEntry(state) : undefined;
    if (entry && !this.#hasRoom(entry)) return 'full';
    this.#weigh(key, entry);
    if (entry) this.#gone.delete(key);
    else this.#rememberGone(key, state);
    const overlay = this.#overlays.get(key);
    if (overlay && !isReplaced(overlay, state)) overlay.truth = entry;
    else {
      this.#overlays.delete(key);
      this.#show(key, entry, state);
    }
    this.#changed(key);
    this.#waiters.reached(key, revision);
    return 'taken';
  }

  /** The core has nothing of this key any more, and no longer knows since when. */
  clear(key: string, origin: string): void {
    const truth = this.truthOf(key);
    if (truth) this.#remove(truth, this.revision, origin);
  }

  /**
   * Takes all that the core knows: what is not among it is gone. Of another epoch, nothing of before counts. Returns how
   * many entries found no room.
   */
  complete(copy: CompleteCopy): number {
    if (copy.epoch !== this.epoch) return this.#replace(copy);
    const refused = this.applyAll(copy.states.values());
    const revision = Math.max(copy.revision, this.revision);
    for (const truth of [...this.truths()]) {
      if (!copy.states.has(truth.key)) this.#remove(truth, revision, copy.origin);
    }
    for (const [key, { decidedRevision }] of [...this.#overlays]) {
      if (decidedRevision !== undefined) this.#uncover(key);
    }
    this.#waiters.reachedAll(revision);
    return refused;
  }

  /** In the order of their revisions. Returns how many found no room. */
  applyAll(states: Iterable<StateEnvelope>): number {
    const inOrder = [...states].sort((a, b) => a.revision - b.revision);
    return inOrder.filter((state) => this.apply(state) === 'full').length;
  }

  /** Shows a change of this node above what the core has told, unless that is newer. Returns its entry, also then. */
  cover(change: ObserveEnvelope): WorldEntry | undefined {
    const { key, hlc } = change;
    const record = this.#toPendingRecord(change);
    const entry = record.type === 'entry-put' ? record.entry : undefined;
    const truth = this.truthOf(key);
    const newerHlc = truth?.hlc ?? this.#gone.get(key)?.hlc ?? '';
    const covered = this.#overlays.get(key)?.change.hlc ?? '';
    if (newerHlc >= hlc || covered >= hlc) return entry;
    const isForgotten = !entry && !this.#visible.get(key);
    this.#overlays.set(key, { change, truth, decidedRevision: undefined });
    if (entry) this.#visible.set(entry);
    else this.#visible.delete(key);
    if (!isForgotten) this.#tell(record);
    return entry;
  }

  /**
   * The core has taken a change at `revision`, or (0) knows something newer than it: the change stands until the core has
   * told that.
   */
  decided({ key, id }: ObserveEnvelope, revision: number): void {
    const overlay = this.#overlays.get(key);
    if (overlay?.change.id !== id) return;
    if (revision > 0 && this.revisionOf(key) >= revision) this.#uncover(key);
    else overlay.decidedRevision = revision;
  }

  /** Whether a change stands above what the core has told. */
  covers({ key, id }: ObserveEnvelope): boolean {
    return this.#overlays.get(key)?.change.id === id;
  }

  /** The change counts no more: what the core has told itself shows again. */
  takeBack(change: ObserveEnvelope): void {
    if (this.covers(change)) this.#uncover(change.key);
  }

  close(): void {
    this.#log.close();
  }

  #toReader(entry: WorldEntry): WorldEntry {
    if (this.isInStep || entry.isPending) return entry;
    return Object.freeze({ ...entry, isStale: true });
  }

  #replace({ epoch, revision, states }: CompleteCopy): number {
    this.#visible.clear();
    this.#gone.clear();
    this.#sizes.clear();
    this.#bytes = 0;
    let latest = revision;
    let refused = 0;
    for (const state of states.values()) {
      latest = Math.max(latest, state.revision);
      const entry = state.op === 'put' ? toEntry(state) : undefined;
      if (!entry) this.#rememberGone(state.key, state);
      else if (this.#hasRoom(entry)) {
        this.#weigh(state.key, entry);
        this.#visible.set(entry);
      } else refused += 1;
    }
    this.#log.reset({ epoch, revision: latest });
    const undecided = [...this.#overlays.values()].filter((overlay) => overlay.decidedRevision === undefined);
    this.#overlays.clear();
    for (const { change } of undecided) this.cover(change);
    this.#changed(undefined);
    this.#waiters.reachedAll(latest);
    return refused;
  }

  #remove(truth: WorldEntry, revision: number, origin: string): void {
    const { key, epoch, timeMs, hlc } = truth;
    this.#weigh(key, undefined);
    const overlay = this.#overlays.get(key);
    if (overlay && overlay.decidedRevision === undefined) overlay.truth = undefined;
    else {
      this.#overlays.delete(key);
      this.#show(key, undefined, { revision, epoch, origin, timeMs, hlc });
    }
    this.#changed(key);
  }

  /** What the core has told shows again. */
  #uncover(key: string): void {
    const overlay = this.#overlays.get(key);
    if (!overlay) return;
    this.#overlays.delete(key);
    const { origin, timeMs, hlc } = overlay.change;
    this.#show(key, overlay.truth, { revision: this.revision, epoch: this.epoch, origin, timeMs, hlc });
  }

  #show(
    key: string,
    entry: WorldEntry | undefined,
    facts: Pick<WorldEntry, 'revision' | 'epoch' | 'origin' | 'timeMs' | 'hlc'>,
  ): void {
    if (entry) {
      this.#visible.set(entry);
      this.#tell({ type: 'entry-put', entry });
      return;
    }
    if (!this.#visible.delete(key)) return;
    const { revision, epoch, origin, timeMs, hlc } = facts;
    this.#tell({ type: 'entry-forgotten', key, revision, epoch, origin, timeMs, hlc });
  }

  #tell(record: WorldRecord): void {
    // A log goes forward only: readers that are told of an older revision would miss it where they go on from a newer one.
    if (revisionOf(record) < this.revision) this.#log.reset({ epoch: this.epoch, revision: this.revision });
    else this.#log.append(record);
  }

  #toPendingRecord({ key, ...change }: ObserveEnvelope): WorldRecord {
    const { origin, timeMs, hlc } = change;
    // It has no revision yet, and so comes at the one that is known.
    const facts = { key, revision: this.revision, epoch: this.epoch, origin, timeMs, hlc };
    if (change.op === 'del') return { type: 'entry-forgotten', ...facts };
    const { value, ttlMs } = change;
    const entry: WorldEntry = { ...facts, value, ...(ttlMs !== undefined && { ttlMs }), isPending: true };
    return { type: 'entry-put', entry: Object.freeze(entry) };
  }

  #rememberGone(key: string, { hlc, revision }: StateEnvelope): void {
    this.#gone.delete(key);
    this.#gone.set(key, { hlc, revision });
    if (this.#gone.size <= worldLimits.tombstones) return;
    const [oldest] = this.#gone.keys();
    if (oldest !== undefined) this.#gone.delete(oldest);
  }

  #hasRoom(entry: WorldEntry): boolean {
    const known = this.#sizes.get(entry.key);
    if (known === undefined && this.#sizes.size >= this.#limits.entries) return false;
    return this.#bytes - (known ?? 0) + sizeOf(entry) <= this.#limits.bytes;
  }

  #weigh(key: string, entry: WorldEntry | undefined): void {
    this.#bytes -= this.#sizes.get(key) ?? 0;
    this.#sizes.delete(key);
    if (!entry) return;
    const size = sizeOf(entry);
    this.#sizes.set(key, size);
    this.#bytes += size;
  }
}

function isReplaced({ change, decidedRevision }: Overlay, { hlc, revision }: StateEnvelope): boolean {
  return hlc >= change.hlc || (decidedRevision !== undefined && revision >= decidedRevision);
}

function toEntry(state: Extract<StateEnvelope, { readonly op: 'put' }>): WorldEntry {
  const { key, value, revision, epoch, origin, timeMs, hlc, ttlMs } = state;
  return Object.freeze({
    key,
    value,
    revision,
    epoch,
    origin,
    hlc,
    timeMs,
    ...(ttlMs !== undefined && { ttlMs }),
  });
}

function sizeOf({ key, value }: WorldEntry): number {
  return key.length + JSON.stringify(value).length;
}
