import type { Clock } from '@tiercel/capabilities/clock';
import {
  checkHlc,
  checkWorldKey,
  checkWorldPrefix,
  copyWorldValue,
  type HybridClock,
  stampChange,
  type WorldChange,
  type WorldEntry,
  type WorldForgetting,
  type WorldHistory,
  type WorldModel,
  WorldModelError,
  type WorldObservation,
  type WorldSnapshot,
  type WorldStamp,
  worldLimits,
} from '@tiercel/capabilities/world-model';
import { openDeadline } from '@tiercel/kernel';
import type { ObserveEnvelope, ReplyEnvelope } from '../wire/envelope.js';
import { uuidV7 } from '../wire/uuid-v7.js';
import type { EdgeLink } from './edge-link.js';
import type { Mirror } from './mirror.js';
import type { Outbox } from './outbox.js';

export interface EdgeWorldModelOptions {
  readonly mirror: Mirror;
  readonly outbox: Outbox;
  readonly link: EdgeLink;
  readonly clock: Clock;
  readonly hybridClock: HybridClock;
  readonly boot: string;
  readonly replyTimeoutMs: number;
}

type Put = Extract<ObserveEnvelope, { readonly op: 'put' }>;
type Refused = Extract<ReplyEnvelope, { readonly status: 'refused' }>;

const ORIGIN_LENGTH = 200;

/**
 * World model of a node that does not keep the truth. Reads come from the mirror and never wait. Changes are decided by the
 * core; where it does not say anything in time they are kept on disk, show as pending, and are brought to it later.
 */
export class EdgeWorldModel implements WorldModel {
  readonly #options: EdgeWorldModelOptions;
  readonly #mirror: Mirror;

  constructor(options: EdgeWorldModelOptions) {
    this.#options = options;
    this.#mirror = options.mirror;
  }

  async get(key: string): Promise<WorldEntry | undefined> {
    const entry = this.#mirror.get(key);
    if (!entry) checkWorldKey(key);
    return entry;
  }

  async observe(observation: WorldObservation): Promise<WorldEntry> {
    const { key, origin, ttlMs, baseRevision } = observation;
    const value = copyWorldValue(observation);
    this.#checkOrigin(key, origin);
    const stamp = this.#stamp(key, observation);
    if (!stamp) return this.#knownAs(key, observation.hlc);
    const change: Put = {
      ...this.#factsOf(key, origin, stamp),
      op: 'put',
      value,
      ...(ttlMs !== undefined && { ttlMs }),
      ...(baseRevision !== undefined && { baseRevision }),
    };
    const reply = await this.#ask(change);
    if (!reply) return await this.#keep(change);
    return await this.#toldEntry(change, reply.revision);
  }

  async forget(key: string, { origin, hlc, baseRevision }: WorldForgetting): Promise<boolean> {
    checkWorldKey(key);
    checkHlc(key, hlc);
    this.#checkOrigin(key, origin);
    const stamp = this.#stamp(key, { hlc, baseRevision });
    if (!stamp) return false;
    const before = this.#mirror.revisionOf(key);
    const wasVisible = this.#mirror.get(key) !== undefined;
    const change: ObserveEnvelope = {
      ...this.#factsOf(key, origin, stamp),
      op: 'del',
      ...(baseRevision !== undefined && { baseRevision }),
    };
    const reply = await this.#ask(change);
    if (!reply) {
      await this.#keep(change);
      return wasVisible;
    }
    await this.#told(key, reply.revision);
    // Where there was nothing to forget the core names the time before, or none.
    return reply.revision > before;
  }

  async snapshot(prefix = ''): Promise<WorldSnapshot> {
    checkWorldPrefix(prefix);
    return this.#mirror.snapshot(prefix);
  }

  watch(
    prefix: string,
    options: { readonly after?: number | undefined; readonly signal?: AbortSignal | undefined } = {},
  ): AsyncIterable<WorldChange> {
    checkWorldPrefix(prefix);
    const changes = this.#mirror.follow({ prefix, ...options });
    if (options.after === undefined) return changes;
    // They have no revision that they could come after.
    return chain(this.#mirror.pendingRecords(prefix), changes);
  }

  async history(
    prefix: string,
    options: { readonly after?: number | undefined; readonly limit?: number | undefined } = {},
  ): Promise<WorldHistory> {
    checkWorldPrefix(prefix);
    const { after = 0, limit = worldLimits.historyRecords } = options;
    return this.#mirror.history({ prefix, after, limit: Math.min(limit, worldLimits.historyRecords) });
  }

  #factsOf(key: string, origin: string, stamp: WorldStamp) {
    const { clock, boot } = this.#options;
    return { id: uuidV7(clock.epochMs()), key, origin, boot, ...stamp };
  }

  /** Order and time by what is known here; revisions are for the core to compare. */
  #stamp(
    key: string,
    { hlc, timeMs, baseRevision }: Pick<WorldObservation, 'hlc' | 'timeMs' | 'baseRevision'>,
  ): WorldStamp | undefined {
    const { clock, hybridClock } = this.#options;
    const known = this.#mirror.knownOf(key);
    if (baseRevision !== undefined && !(Number.isSafeInteger(baseRevision) && baseRevision >= 0)) {
      const currentRevision = known.entry?.revision ?? 0;
      throw new WorldModelError('WORLD_MODEL_CONFLICT', { key, baseRevision, currentRevision });
    }
    return stampChange({ key, hlc, timeMs }, known, { clock: hybridClock, epochMs: clock.epochMs() });
  }

  /** What stands where the same observation has come before. */
  #knownAs(key: string, hlc = ''): WorldEntry {
    const entry = this.#mirror.get(key);
    if (entry) return entry;
    throw new WorldModelError('WORLD_MODEL_SUPERSEDED', { key, hlc, newerHlc: hlc });
  }

  /** Undefined where the core has not said anything, and the change may wait. Throws where it was refused. */
  async #ask(change: ObserveEnvelope): Promise<{ readonly revision: number } | undefined> {
    const { link } = this.#options;
    const { key, baseRevision } = change;
    const isUrgent = baseRevision !== undefined;
    const reply = await link.ask(change, { isUrgent });
    if (reply?.status === 'refused') throw await this.#refusal(change, reply);
    if (reply || !isUrgent) return reply;
    const finding = link.obstacle ?? 'it did not answer in time, and may have taken the change or not';
    throw new WorldModelError('WORLD_MODEL_UNREACHABLE', { key, finding });
  }

  async #keep(change: Put): Promise<WorldEntry>;
  async #keep(change: ObserveEnvelope): Promise<WorldEntry | undefined>;
  async #keep(change: ObserveEnvelope): Promise<WorldEntry | undefined> {
    await this.#options.outbox.add(change);
    return this.#mirror.cover(change);
  }

  async #toldEntry(change: Put, revision: number): Promise<WorldEntry> {
    const { key, value, origin, hlc, timeMs, ttlMs } = change;
    await this.#told(key, revision);
    const truth = this.#mirror.truthOf(key);
    if (truth?.revision === revision) return truth;
    // It has changed again, or is still on its way here.
    const { epoch } = this.#mirror;
    const lifetime = ttlMs !== undefined && { ttlMs };
    return Object.freeze({ key, value, revision, epoch, origin, hlc, timeMs, ...lifetime });
  }

  /** Settles when the mirror has it, so that whoever wrote reads it; or when that takes too long. */
  async #told(key: string, revision: number): Promise<void> {
    using deadline = openDeadline(undefined, this.#options.replyTimeoutMs, () => 'late');
    await this.#mirror.told(key, revision, deadline.signal).catch(() => undefined);
  }

  async #refusal({ key, hlc, baseRevision = 0 }: ObserveEnvelope, { code }: Refused): Promise<Error> {
    switch (code) {
      case 'WORLD_MODEL_CONFLICT': {
        // The caller reads next, and is to find what the change was in conflict with.
        if (this.#mirror.revisionOf(key) === baseRevision) await this.#told(key, baseRevision + 1);
        const currentRevision = this.#mirror.truthOf(key)?.revision ?? 0;
        return new WorldModelError(code, { key, baseRevision, currentRevision });
      }
      case 'WORLD_MODEL_SUPERSEDED': {
        const { entry, forgottenHlc = hlc } = this.#mirror.knownOf(key);
        return new WorldModelError(code, { key, hlc, newerHlc: entry?.hlc ?? forgottenHlc });
      }
      case 'WORLD_MODEL_FULL':
        return new WorldModelError(code, { entries: this.#mirror.size });
      case 'WORLD_MODEL_UNWRITABLE':
        return new WorldModelError(code, { finding: 'the core cannot write' });
      case 'WORLD_MODEL_KEY_INVALID':
      case 'WORLD_MODEL_VALUE_INVALID':
        return new WorldModelError(code, { key, finding: 'the core does not take it' });
      default:
        return new WorldModelError('WORLD_MODEL_UNREACHABLE', { key, finding: `it answered ${code}` });
    }
  }

  /** Longer ones do not fit into an envelope, which the core would not understand. */
  #checkOrigin(key: string, origin: string): void {
    if (typeof origin === 'string' && origin !== '' && origin.length <= ORIGIN_LENGTH) return;
    const finding = `its origin is not text of 1 to ${ORIGIN_LENGTH} characters`;
    throw new WorldModelError('WORLD_MODEL_VALUE_INVALID', { key, finding });
  }
}

async function* chain(
  first: readonly WorldChange[],
  rest: AsyncIterable<WorldChange>,
): AsyncGenerator<WorldChange> {
  yield* first;
  yield* rest;
}
