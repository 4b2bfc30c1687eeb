import { isDeepStrictEqual } from 'node:util';
import { type WorldModel, type WorldValue, worldLimits } from '@tiercel/capabilities/world-model';
import { isTiercelError } from '@tiercel/kernel';
import type { MqttMessage } from '../connection/mqtt-session.js';
import { decodeText } from '../wire/envelope.js';
import type { Quarantine, QuarantineCause } from '../wire/quarantine.js';
import { lastRecordFrom } from './last-record.js';
import type { RawMirror } from './raw-mirror.js';

/** Origin of what devices say. */
export const INGESTED = 'mqtt';

const causes: Readonly<Record<string, QuarantineCause>> = {
  WORLD_MODEL_KEY_INVALID: 'key-invalid',
  WORLD_MODEL_VALUE_INVALID: 'value-invalid',
  WORLD_MODEL_FULL: 'store-full',
  WORLD_MODEL_UNWRITABLE: 'unwritable',
};

/** Takes what devices say on topics of their own: the topic is the key, the payload is JSON or else text. */
export class Ingestion {
  readonly #world: WorldModel;
  readonly #quarantine: Quarantine;
  readonly #mirror: RawMirror;
  #count = 0;

  constructor(world: WorldModel, quarantine: Quarantine, mirror: RawMirror) {
    this.#world = world;
    this.#quarantine = quarantine;
    this.#mirror = mirror;
  }

  /** Messages that became entries. */
  get count(): number {
    return this.#count;
  }

  /** Rejects where the store cannot be asked. */
  async take(message: MqttMessage): Promise<void> {
    const text = decodeText(message.payload, worldLimits.valueBytes);
    if (!text.ok) {
      this.#quarantine.add(message, text);
      return;
    }
    const key = message.topic;
    if (this.#mirror.takeBack(key, text.value)) return;
    const value = toValue(text.value);
    try {
      if (message.isRetained && (await this.#isRepeat(key, value))) return;
      await this.#world.observe({ key, value, origin: INGESTED });
      this.#count += 1;
    } catch (error) {
      const cause = isTiercelError(error) ? causes[error.code] : undefined;
      if (!isTiercelError(error) || !cause) throw error;
      const { finding = 'the store does not take it' } = error.details;
      this.#quarantine.add(message, { cause, finding: String(finding) });
    }
  }

  /**
   * A retained copy does not say how old it is, and comes again with every connection. It is news only if it is not what is
   * known already, nor what the device said last, before somebody else observed something newer.
   */
  async #isRepeat(key: string, value: WorldValue): Promise<boolean> {
    const entry = await this.#world.get(key);
    if (!entry) return false;
    if (isDeepStrictEqual(entry.value, value)) return true;
    if (entry.origin === INGESTED) return false;
    const said = await lastRecordFrom(this.#world, key, INGESTED);
    return said?.type === 'entry-put' && isDeepStrictEqual(said.entry.value, value);
  }
}

function toValue(text: string): WorldValue {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
