import { randomUUID } from 'node:crypto';
import type { Clock } from '@tiercel/capabilities/clock';
import type { Log } from '@tiercel/capabilities/log';
import { findLanguage } from './languages/index.js';
import { type Timer, TimerAlarm } from './timer-alarm.js';
import { OUTCOME_MS, TimerOutcomes } from './timer-outcomes.js';
import type { TimerRecord } from './timer-record.js';
import type { StoredTimer, TimerNews, TimerStore } from './timer-store.js';

/** One that runs, here or on another node. */
export interface RunningTimer {
  readonly id: string;
  readonly name: string | undefined;
  /** Undefined: this one. */
  readonly node: string | undefined;
  readonly leftMs: number;
}

export interface TimersOptions {
  readonly clock: Clock;
  readonly log: Pick<Log, 'info' | 'warn'>;
  readonly node: string;
  /** Without it, timers end with the process. */
  readonly store?: TimerStore | undefined;
}

interface Alarm {
  readonly alarm: TimerAlarm;
  /** Its end as it stands in the world model; undefined: it does not stand there. */
  storedEndsAtMs: number | undefined;
  /** That it could not be written was told. */
  hasFailed: boolean;
}

/** A node that comes back later than this after the end of a timer says nothing about it. */
const MISSED_MS = 86_400_000;
/** Where the truth is elsewhere and not reached yet: a timer that seems to be over may have rung in the last life. */
const STALE_GRACE_MS = 30_000;
/** What the wall clock may be off before the end of a timer is written again. */
const DRIFT_MS = 2_000;
const RETRY_MS = { first: 1_000, longest: 60_000 };

/**
 * Timers of this node, and a look at those of others. The world model is the memory: each timer is an entry there, read back
 * at the start. Its end is one write, from `running` to `done` with the sentence to say. That write is the ring: before it
 * the timer still runs after a crash, after it nothing rings any more.
 */
export class Timers implements AsyncDisposable {
  static readonly capacity = 32;
  readonly #options: TimersOptions;
  readonly #alarms = new Map<string, Alarm>();
  readonly #outcomes: TimerOutcomes | undefined;
  readonly #stopping = new AbortController();
  readonly #work = new Set<Promise<void>>();

  constructor(options: TimersOptions) {
    this.#options = options;
    const { clock, log, store } = options;
    if (store) this.#outcomes = new TimerOutcomes({ clock, log, store, capacity: Timers.capacity });
  }

  /** Reads timers back and follows what others do to them. Settles after the first reading, also when that has failed. */
  open(): Promise<void> {
    const { store } = this.#options;
    if (!store) return Promise.resolve();
    return new Promise((resolve) => {
      this.#track(this.#follow(store, resolve));
    });
  }

  /** Soonest first. */
  async list(): Promise<readonly RunningTimer[]> {
    const others = await this.#listOthers();
    return [...this.#listOwn(), ...others].sort((a, b) => a.leftMs - b.leftMs).slice(0, 2 * Timers.capacity);
  }

  /** Starts a timer, or returns `undefined` when as many run as may. It is kept by the time this settles, where that can be. */
  async start(seconds: number, name: string | undefined, language: string): Promise<Timer | undefined> {
    if (this.#alarms.size >= Timers.capacity) return undefined;
    const timer: Timer = { id: randomUUID().slice(0, 8), name, seconds, language };
    await this.#keep(this.#arm(new TimerAlarm({ clock: this.#options.clock, timer }), undefined));
    return timer;
  }

  /** Also those of other nodes, which throws where the world model cannot be changed. */
  async cancel(timers: readonly RunningTimer[]): Promise<void> {
    for (const { id, node } of timers) {
      if (node !== undefined) {
        await this.#cancelElsewhere(node, id);
        continue;
      }
      const alarm = this.#drop(id);
      if (alarm) await this.#end(alarm, { state: 'cancelled' });
    }
  }

  /** Timers that run are kept in the world model for the next life. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopping.abort();
    for (const id of [...this.#alarms.keys()]) this.#drop(id);
    await Promise.all([this.#outcomes?.[Symbol.asyncDispose](), ...this.#work]);
  }

  #listOwn(): readonly RunningTimer[] {
    return Array.from(this.#alarms.values(), ({ alarm: { timer, leftMs } }) => ({
      id: timer.id,
      name: timer.name,
      node: undefined,
      leftMs,
    })).filter(({ leftMs }) => leftMs > 0);
  }

  async #listOthers(): Promise<readonly RunningTimer[]> {
    const { clock, log, store } = this.#options;
    if (!store) return [];
    const nowMs = clock.epochMs();
    try {
      const timers = await store.readOthers(this.#stopping.signal);
      return timers
        .filter(({ record }) => record.state === 'running')
        .map(({ id, node, record }) => ({ id, name: record.name, node, leftMs: record.endsAtMs - nowMs }))
        .filter(({ leftMs }) => leftMs > 0);
    } catch (error) {
      log.warn('the timers of other nodes cannot be read', { error });
      return [];
    }
  }

  #arm(alarm: TimerAlarm, storedEndsAtMs: number | undefined): Alarm {
    const armed: Alarm = { alarm, storedEndsAtMs, hasFailed: false };
    const isMissed = alarm.leftMs === 0;
    this.#alarms.set(alarm.timer.id, armed);
    this.#track(this.#run(armed, isMissed));
    return armed;
  }

  async #run(armed: Alarm, isMissed: boolean): Promise<void> {
    const { alarm } = armed;
    const { id, name, language } = alarm.timer;
    if (!(await alarm.ended(() => this.#check(armed)))) return;
    const isOver = await this.#isOver(id);
    if (this.#alarms.get(id) !== armed) return;
    this.#drop(id);
    if (isOver) return;
    const words = findLanguage(language);
    const spoken = isMissed ? words.timerMissed(name) : words.timerDone(name);
    this.#options.log.info('a timer is over', { timer: id, isMissed, private: { spoken } });
    await this.#end(alarm, { state: 'done', spoken, isMissed });
  }

  /** Whether it has been cancelled, or has rung in another life, unnoticed. What cannot be read, or is lost, rings. */
  async #isOver(id: string): Promise<boolean> {
    try {
      const stored = await this.#options.store?.get(id, this.#stopping.signal);
      return stored !== undefined && stored.record.state !== 'running';
    } catch {
      return this.#stopping.signal.aborted;
    }
  }

  #drop(id: string): TimerAlarm | undefined {
    const alarm = this.#alarms.get(id)?.alarm;
    alarm?.stop();
    this.#alarms.delete(id);
    return alarm;
  }

  /** The wall clock was moved, or the world model did not take the timer at first. */
  #check(armed: Alarm): void {
    const { alarm, storedEndsAtMs = Number.NEGATIVE_INFINITY } = armed;
    if (Math.abs(alarm.endsAtEpochMs - storedEndsAtMs) > DRIFT_MS) this.#track(this.#keep(armed));
  }

  async #keep(armed: Alarm): Promise<void> {
    const { log, node, store } = this.#options;
    const { timer } = armed.alarm;
    if (!store) return;
    // At once, so that the next check does not write it too.
    armed.storedEndsAtMs = armed.alarm.endsAtEpochMs;
    const isOver = await this.#isOver(timer.id);
    if (this.#alarms.get(timer.id) !== armed) return;
    if (isOver) {
      this.#drop(timer.id);
      return;
    }
    const { leftMs, endsAtEpochMs: endsAtMs } = armed.alarm;
    const record = toRecord(timer, { state: 'running', endsAtMs });
    try {
      await store.put({ node, id: timer.id, record }, leftMs + MISSED_MS, this.#stopping.signal);
    } catch (error) {
      armed.storedEndsAtMs = undefined;
      if (armed.hasFailed || this.#stopping.signal.aborted) return;
      armed.hasFailed = true;
      log.warn('a timer does not outlive this process until the world model takes it', {
        timer: timer.id,
        error,
      });
    }
  }

  async #end(alarm: TimerAlarm, outcome: Omit<Outcome, 'endsAtMs'>): Promise<void> {
    const { clock, node } = this.#options;
    const { timer } = alarm;
    const endsAtMs = outcome.isMissed ? alarm.endsAtEpochMs : Math.round(clock.epochMs());
    const record = toRecord(timer, { ...outcome, endsAtMs });
    await this.#outcomes?.write({ node, id: timer.id, record });
  }

  async #cancelElsewhere(node: string, id: string): Promise<void> {
    const { store } = this.#options;
    const { signal } = this.#stopping;
    const timers = (await store?.readOthers(signal)) ?? [];
    const timer = timers.find((other) => other.node === node && other.id === id);
    if (timer?.record.state !== 'running') return;
    const record: TimerRecord = { ...timer.record, state: 'cancelled' };
    await store?.put({ node, id, record }, OUTCOME_MS, signal);
  }

  async #follow(store: TimerStore, wasRead: () => void): Promise<void> {
    const { clock, log } = this.#options;
    const { signal } = this.#stopping;
    let waitMs = RETRY_MS.first;
    while (!signal.aborted) {
      try {
        for await (const news of store.follow(signal)) {
          await this.#learn(store, news);
          waitMs = RETRY_MS.first;
          wasRead();
        }
      } catch (error) {
        if (!signal.aborted) log.warn('timers in the world model cannot be followed', { error, waitMs });
      }
      wasRead();
      // Only the end rejects it.
      await clock.delay(waitMs, { signal }).catch(() => undefined);
      waitMs = Math.min(waitMs * 2, RETRY_MS.longest);
    }
  }

  async #learn(store: TimerStore, news: TimerNews): Promise<void> {
    switch (news.type) {
      case 'timers-read': {
        for (const timer of news.timers) await this.#consider(store, timer);
        const known = new Set(news.timers.map(({ id }) => id));
        // A world model that has lost its memory has not cancelled anything.
        for (const [id, armed] of this.#alarms) if (!known.has(id)) this.#track(this.#keep(armed));
        return;
      }
      case 'timer-changed':
        return await this.#consider(store, news.timer);
      case 'timer-forgotten':
        this.#drop(news.id);
        return;
      default:
        news satisfies never;
    }
  }

  async #consider(store: TimerStore, { id, record }: StoredTimer): Promise<void> {
    const armed = this.#alarms.get(id);
    if (record.state !== 'running') {
      this.#drop(id);
    } else if (armed) {
      armed.storedEndsAtMs = record.endsAtMs;
    } else if (!this.#outcomes?.has(id)) {
      // News may be older than what was written here since.
      const current = await store.get(id, this.#stopping.signal);
      const isKnown = this.#alarms.has(id) || this.#outcomes?.has(id);
      if (current?.record.state === 'running' && !isKnown) this.#readBack(current);
    }
  }

  #readBack({ id, record, isStale }: StoredTimer): void {
    const { clock, log } = this.#options;
    if (this.#alarms.size >= Timers.capacity) {
      log.warn('a timer in the world model is one too many', { timer: id });
      return;
    }
    const { name, seconds, language, endsAtMs } = record;
    const isMissed = endsAtMs <= clock.epochMs();
    const alarm = new TimerAlarm({
      clock,
      timer: { id, name, seconds, language },
      endsAtEpochMs: endsAtMs,
      graceMs: isMissed && isStale ? STALE_GRACE_MS : 0,
    });
    this.#arm(alarm, endsAtMs);
  }

  #track(work: Promise<void>): void {
    this.#work.add(work);
    work.finally(() => this.#work.delete(work));
  }
}

type Outcome = Pick<TimerRecord, 'state' | 'endsAtMs' | 'spoken' | 'isMissed'>;

function toRecord({ name, seconds, language }: Timer, outcome: Outcome): TimerRecord {
  const { state, endsAtMs, spoken, isMissed } = outcome;
  return {
    ...{ state, seconds, endsAtMs, language },
    ...(name !== undefined && { name }),
    ...(spoken !== undefined && { spoken }),
    ...(isMissed && { isMissed }),
  };
}
