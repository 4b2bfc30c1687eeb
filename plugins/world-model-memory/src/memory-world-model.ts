import { randomUUID } from 'node:crypto';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Clock } from '@tiercel/capabilities/clock';
import {
  checkHlc,
  checkWorldKey,
  checkWorldPrefix,
  copyWorldValue,
  HybridClock,
  hlcTimeMs,
  isAtOrBelow,
  type WorldChange,
  type WorldEntry,
  type WorldForgetting,
  type WorldHistory,
  type WorldModel,
  type WorldObservation,
  type WorldRecord,
  type WorldSnapshot,
  worldLimits,
} from '@tiercel/capabilities/world-model';
import { keyOf, revisionOf } from '@tiercel/world';
import { EndTimer } from './end-timer.js';
import { followJournal } from './follow-journal.js';
import type { Journal } from './journal.js';
import { type WorldBounds, WorldDraft } from './world-draft.js';
import { isOver, WorldState } from './world-state.js';
import { WriteQueue } from './write-queue.js';

/** Entries that end within one commit. */
const MAX_ENDS = 1_000;
/** Records that are looked at before others get a turn. */
const HISTORY_PAGE = 1_000;

export interface MemoryWorldModelOptions extends Partial<WorldBounds> {
  /** What was known before. Default: nothing, in a new epoch. */
  readonly state?: WorldState;
  /** Keeps changes before they are acknowledged. Default: they are gone with the process. */
  readonly journal?: Journal;
  /** Hybrid times begin after this one. */
  readonly latestHlc?: string | undefined;
  /** Is told when changes cannot be kept, why, and when they can again. */
  readonly onWritable?: (finding: string | undefined) => void;
  /** Is told how many entries there are, at first and whenever that changes. */
  readonly onSize?: (entries: number) => void;
}

/** A world model that is read from memory. With a journal, what it acknowledges outlives the process. */
export class MemoryWorldModel implements WorldModel, AsyncDisposable {
  readonly #clock: Clock;
  readonly #bounds: WorldBounds;
  readonly #hybridClock: HybridClock;
  readonly #state: WorldState;
  readonly #journal: Journal | undefined;
  readonly #queue: WriteQueue | undefined;
  readonly #ends: EndTimer;
  readonly #onSize: (entries: number) => void;

  constructor(clock: Clock, options: MemoryWorldModelOptions = {}) {
    const { maxEntries = worldLimits.entries, maxBytes = worldLimits.totalBytes, journal } = options;
    this.#clock = clock;
    this.#bounds = { maxEntries, maxBytes };
    this.#state = options.state ?? new WorldState({ epoch: randomUUID(), revision: 0 });
    this.#hybridClock = openHybridClock(clock, options.latestHlc);
    this.#journal = journal;
    this.#queue = journal && new WriteQueue((decide) => this.#commit(decide), options.onWritable);
    this.#ends = new EndTimer(clock, () => this.#forgetEnded());
    this.#ends.wait(this.#state.firstEndMs);
    this.#onSize = options.onSize ?? (() => undefined);
    this.#onSize(this.size);
  }

  /** Whether nothing was ever observed. */
  get isNew(): boolean {
    return this.#state.log.revision === 0;
  }

  get #hasEnds(): boolean {
    return this.#state.firstEndMs !== undefined;
  }

  /** Entries that it holds. */
  get size(): number {
    return this.#state.entries.size;
  }

  async get(key: string): Promise<WorldEntry | undefined> {
    const entry = this.#state.entries.get(key);
    if (!entry) {
      checkWorldKey(key);
      return undefined;
    }
    // Where no entry ever ends, the entry itself is not looked at: in a large store it is far away.
    return this.#hasEnds && isOver(entry, this.#clock.epochMs()) ? undefined : entry;
  }

  async observe(observation: WorldObservation): Promise<WorldEntry> {
    const checked = check(observation);
    return await this.#write((draft) => draft.observe(checked));
  }

  /** All of them, or none: what a new store begins with. */
  async fill(observations: readonly WorldObservation[]): Promise<void> {
    const epochMs = this.#clock.epochMs();
    const draft = this.#openDraft(epochMs);
    for (const observation of observations) draft.observe(check(observation));
    this.#make(draft, epochMs);
  }

  async forget(key: string, options: WorldForgetting): Promise<boolean> {
    const { origin, hlc, baseRevision } = options;
    checkWorldKey(key);
    checkHlc(key, hlc);
    return await this.#write((draft) => draft.forget(key, { origin, hlc, baseRevision }));
  }

  async snapshot(prefix = ''): Promise<WorldSnapshot> {
    checkWorldPrefix(prefix);
    const { entries, log } = this.#state;
    const epochMs = this.#clock.epochMs();
    const mayEnd = (this.#state.firstEndMs ?? Number.POSITIVE_INFINITY) <= epochMs;
    const found = [...entries.atOrBelow(prefix)];
    return {
      epoch: log.epoch,
      revision: log.revision,
      entries: Object.freeze(mayEnd ? found.filter((entry) => !isOver(entry, epochMs)) : found),
    };
  }

  watch(
    prefix: string,
    options: { readonly after?: number | undefined; readonly signal?: AbortSignal | undefined } = {},
  ): AsyncIterable<WorldChange> {
    checkWorldPrefix(prefix);
    const { after, signal } = options;
    const { log } = this.#state;
    const journal = this.#journal;
    const isOlder = after !== undefined && after < log.forgottenUpTo;
    if (journal && isOlder && after >= journal.forgottenUpTo) {
      return followJournal({ journal, log, prefix, after, signal });
    }
    return log.follow({ prefix, after, signal });
  }

  async history(
    prefix: string,
    options: { readonly after?: number | undefined; readonly limit?: number | undefined } = {},
  ): Promise<WorldHistory> {
    checkWorldPrefix(prefix);
    const { after = 0, limit = worldLimits.historyRecords } = options;
    const most = Math.min(limit, worldLimits.historyRecords);
    const { log } = this.#state;
    const journal = this.#journal;
    const isOlder = journal !== undefined && after < log.forgottenUpTo;
    const records = isOlder
      ? await this.#readJournal(journal, { prefix, after, limit: most })
      : log.records({ prefix, after, limit: most });
    const { forgottenUpTo } = journal ?? log;
    return { epoch: log.epoch, revision: log.revision, forgottenUpTo, records };
  }

  /** Ends all watches, after that what was accepted is kept. Closing twice does nothing more. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#queue?.close();
    this.#state.log.close();
    await this.#ends.close();
  }

  async #write<T>(decide: (draft: WorldDraft) => T): Promise<T> {
    if (this.#queue) return await this.#queue.add(decide);
    return this.#commit(decide);
  }

  #openDraft(epochMs: number): WorldDraft {
    return new WorldDraft(this.#state, this.#bounds, { clock: this.#hybridClock, epochMs });
  }

  /** Decides, keeps and makes changes; where they cannot be kept, nothing has happened. */
  #commit<T>(decide: (draft: WorldDraft) => T): T {
    const epochMs = this.#clock.epochMs();
    const ended = this.#state.takeEnds(epochMs, MAX_ENDS);
    const draft = this.#openDraft(epochMs);
    for (const { key } of ended) draft.expire(key);
    const outcome = settle(() => decide(draft));
    try {
      // Entries end also where the decision was to refuse.
      this.#make(draft, epochMs);
    } catch (error) {
      this.#state.giveBack(ended);
      throw error;
    }
    return outcome();
  }

  #make({ writes }: WorldDraft, epochMs: number): void {
    if (writes.length > 0) {
      const { size } = this;
      this.#journal?.commit(writes);
      this.#state.apply(writes, epochMs);
      if (this.size !== size) this.#onSize(this.size);
    }
    this.#ends.wait(this.#state.firstEndMs);
  }

  async #forgetEnded(): Promise<boolean> {
    try {
      await this.#write(() => undefined);
      return true;
    } catch {
      // Told by the queue already; it is tried again a little later.
      return false;
    }
  }

  async #readJournal(
    journal: Journal,
    { prefix, after, limit }: { readonly prefix: string; readonly after: number; readonly limit: number },
  ): Promise<readonly WorldRecord[]> {
    const found: WorldRecord[] = [];
    for (let at = after; ; ) {
      const page = journal.read(at, HISTORY_PAGE);
      for (const record of page) {
        if (isAtOrBelow(keyOf(record), prefix)) found.push(record);
        if (found.length === limit) return found;
      }
      const last = page.at(-1);
      if (!last) return found;
      at = revisionOf(last);
      await nextTurn();
    }
  }
}

function check(observation: WorldObservation) {
  const value = copyWorldValue(observation);
  return { ...observation, value, json: JSON.stringify(value) };
}

/** One that gives times after `latestHlc`, even if the wall clock was set back since then. */
function openHybridClock(clock: Clock, latestHlc: string | undefined): HybridClock {
  if (latestHlc === undefined) return new HybridClock('store', () => clock.epochMs());
  const earliestMs = hlcTimeMs(latestHlc);
  const hybridClock = new HybridClock('store', () => Math.max(earliestMs, clock.epochMs()));
  hybridClock.witness(latestHlc);
  return hybridClock;
}

/** Does something now; what it returns or throws comes when it is asked for. */
function settle<T>(work: () => T): () => T {
  try {
    const result = work();
    return () => result;
  } catch (error) {
    return () => {
      throw error;
    };
  }
}
