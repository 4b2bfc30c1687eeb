import type { WorldModel } from '@tiercel/capabilities/world-model';
import { isTiercelError } from '@tiercel/kernel';
import type { MqttMessage } from '../connection/mqtt-session.js';
import { type ObserveEnvelope, parseObserve, type ReplyEnvelope } from '../wire/envelope.js';
import type { Quarantine } from '../wire/quarantine.js';
import { lastRecordOf } from './last-record.js';

/** Replies that are remembered for observations that come again. */
const REMEMBERED = 4_096;

/** Takes what nodes have observed into the store, and says what became of it. */
export class Intake {
  readonly #world: WorldModel;
  readonly #quarantine: Quarantine;
  /** By node and id, oldest first. */
  readonly #replies = new Map<string, ReplyEnvelope>();

  constructor(world: WorldModel, quarantine: Quarantine) {
    this.#world = world;
    this.#quarantine = quarantine;
  }

  /**
   * The reply for `node`; undefined where the message was not understood. Rejects where the store cannot be asked: then the
   * message is to come again.
   */
  async take(node: string, message: MqttMessage): Promise<ReplyEnvelope | undefined> {
    const parsed = parseObserve(message.payload);
    if (!parsed.ok) {
      this.#quarantine.add(message, parsed);
      return undefined;
    }
    const envelope = parsed.value;
    // The order of the store finds most of what comes again, but not what was stamped anew because its clock was ahead.
    const name = `${node} ${envelope.id}`;
    const reply = this.#replies.get(name) ?? (await this.#decide(envelope));
    this.#remember(name, reply);
    return reply;
  }

  async #decide(envelope: ObserveEnvelope): Promise<ReplyEnvelope> {
    const ref = envelope.id;
    try {
      return { ref, status: 'accepted', revision: await this.#write(envelope) };
    } catch (error) {
      if (!isTiercelError(error) || error.retryable || !error.code.startsWith('WORLD_MODEL_')) throw error;
      return { ref, status: 'refused', code: error.code };
    }
  }

  async #write(envelope: ObserveEnvelope): Promise<number> {
    const { key, origin, hlc, timeMs, baseRevision } = envelope;
    if (envelope.op === 'put') {
      const { value, ttlMs } = envelope;
      const entry = await this.#world.observe({ key, value, origin, hlc, timeMs, baseRevision, ttlMs });
      return entry.revision;
    }
    await this.#world.forget(key, { origin, hlc, baseRevision });
    // Also where it has come again, or there was nothing to forget any more.
    const last = await lastRecordOf(this.#world, key);
    return last?.type === 'entry-forgotten' ? last.revision : 0;
  }

  #remember(name: string, reply: ReplyEnvelope): void {
    this.#replies.delete(name);
    this.#replies.set(name, reply);
    if (this.#replies.size <= REMEMBERED) return;
    const [oldest] = this.#replies.keys();
    if (oldest !== undefined) this.#replies.delete(oldest);
  }
}
