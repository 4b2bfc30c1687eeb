import type { Clock } from '@tiercel/capabilities/clock';
import { type WorldModel, type WorldRecord, worldLimits } from '@tiercel/capabilities/world-model';
import { childController, isTiercelError } from '@tiercel/kernel';
import type { MqttPublication, MqttSession } from '../connection/mqtt-session.js';
import { formatEnvelope, stateOf } from '../wire/envelope.js';
import type { Topics } from '../wire/topics.js';
import { lastRecordOf } from './last-record.js';
import { TombstoneSchedule } from './tombstone-schedule.js';

export interface StatePublisherOptions {
  readonly world: WorldModel;
  readonly topics: Topics;
  readonly boot: string;
  readonly clock: Clock;
  /** The broker does not let us write this state. */
  readonly refused: (error: unknown) => void;
}

/** Confirmations that may be outstanding. */
const OUTSTANDING = 64;
/** Keys that may wait: as many as a store can know, entries and forgotten ones. */
const WAITING = worldLimits.entries + worldLimits.tombstones;

/**
 * Publishes what has changed, one retained message for each key. Several changes of a key that has not had its turn become
 * one. Each connection starts with nothing to do: it is compared with the store anyway.
 */
export class StatePublisher {
  readonly #options: StatePublisherOptions;
  readonly #tombstones: TombstoneSchedule;
  /** The latest change of each key; undefined where the store is to be asked. */
  readonly #waiting = new Map<string, WorldRecord | undefined>();
  readonly #outstanding = new Set<Promise<void>>();
  #wake: (() => void) | undefined;
  #idle: { readonly promise: Promise<void>; readonly resolve: () => void } | undefined;
  #hasOverflowed = false;

  constructor(options: StatePublisherOptions) {
    this.#options = options;
    this.#tombstones = new TombstoneSchedule(options.clock, (key) => this.mark(key));
  }

  get waiting(): number {
    return this.#waiting.size;
  }

  /** Whether changes were left out since the last call: then the whole set is to be compared again. */
  takeOverflow(): boolean {
    const hasOverflowed = this.#hasOverflowed;
    this.#hasOverflowed = false;
    return hasOverflowed;
  }

  /** `key` is to be published. Without the record of its change the store is asked, which may know nothing of it. */
  mark(key: string, record?: WorldRecord): void {
    if (record === undefined && this.#waiting.has(key)) return;
    if (this.#waiting.size >= WAITING && !this.#waiting.has(key)) {
      this.#waiting.clear();
      this.#hasOverflowed = true;
    }
    // Behind all others, so that changes leave in the order of their revisions.
    this.#waiting.delete(key);
    this.#waiting.set(key, record);
    this.#wake?.();
  }

  /** A retained tombstone was seen: it is cleared away in its time. */
  keepTombstone(key: string, timeMs: number): void {
    this.#tombstones.add(key, timeMs);
  }

  clear(): void {
    this.#waiting.clear();
    this.#hasOverflowed = false;
  }

  /** Publishes until the session ends. */
  async run(session: MqttSession): Promise<void> {
    const { signal } = session;
    const child = childController(signal);
    const clearing = this.#tombstones.run(child.signal);
    try {
      while (!signal.aborted) {
        const [next] = this.#waiting;
        if (!next) {
          await this.#settleOutstanding();
          if (this.#waiting.size > 0) continue;
          this.#idle?.resolve();
          this.#idle = undefined;
          await this.#untilMarked(signal);
          continue;
        }
        const [key, record] = next;
        this.#waiting.delete(key);
        // One after the other, so that the messages of one key leave in the order of its changes.
        this.#send(session, await this.#toPublication(key, record));
        if (this.#outstanding.size >= OUTSTANDING) await Promise.race(this.#outstanding);
      }
    } finally {
      this.#idle = undefined;
      child.abort(undefined);
      await Promise.all([this.#settleOutstanding(), clearing]);
    }
  }

  /** Settles when all that waits now, and whatever comes before that is done, is confirmed; never where `run` has ended. */
  async drained(): Promise<void> {
    if (!this.#idle) {
      let resolve = () => {};
      const promise = new Promise<void>((settle) => {
        resolve = settle;
      });
      this.#idle = { promise, resolve };
    }
    const { promise } = this.#idle;
    this.#wake?.();
    await promise;
  }

  async #settleOutstanding(): Promise<void> {
    await Promise.all(this.#outstanding);
  }

  #send(session: MqttSession, publication: MqttPublication): void {
    const sent = session
      .publish(publication)
      .catch((error: unknown) => {
        // Without a connection nothing is lost: the next one begins with a comparison.
        if (isTiercelError(error, 'MQTT_PUBLISH_REFUSED')) this.#options.refused(error);
      })
      .finally(() => this.#outstanding.delete(sent));
    this.#outstanding.add(sent);
  }

  async #toPublication(key: string, known: WorldRecord | undefined): Promise<MqttPublication> {
    const { topics, boot, clock } = this.#options;
    const record = known ?? (await this.#lookUp(key));
    const topic = topics.state(key);
    const gone: MqttPublication = { topic, payload: '', isRetained: true };
    if (!record) return gone;
    const envelope = stateOf(record, boot);
    const payload = formatEnvelope(envelope);
    const nowMs = clock.epochMs();
    if (envelope.op === 'put') {
      const { timeMs, ttlMs } = envelope;
      return { topic, payload, isRetained: true, ...(ttlMs && { expiryMs: timeMs + ttlMs - nowMs }) };
    }
    const expiryMs = envelope.timeMs + worldLimits.tombstoneMs - nowMs;
    if (expiryMs <= 0) return gone;
    this.#tombstones.add(key, envelope.timeMs);
    return { topic, payload, isRetained: true, expiryMs };
  }

  /** What the store knows of a key: its entry, or when it was forgotten. */
  async #lookUp(key: string): Promise<WorldRecord | undefined> {
    const { world } = this.#options;
    try {
      const entry = await world.get(key);
      if (entry) return { type: 'entry-put', entry };
      const last = await lastRecordOf(world, key);
      return last?.type === 'entry-forgotten' ? last : undefined;
    } catch (error) {
      // A topic that somebody else wrote, and that no store can have.
      if (isTiercelError(error, 'WORLD_MODEL_KEY_INVALID')) return undefined;
      throw error;
    }
  }

  #untilMarked(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      if (signal.aborted) return resolve();
      const done = () => {
        this.#wake = undefined;
        signal.removeEventListener('abort', done);
        resolve();
      };
      this.#wake = done;
      signal.addEventListener('abort', done, { once: true });
    });
  }
}
