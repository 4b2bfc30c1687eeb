import type { WorldEntry } from '@tiercel/capabilities/world-model';
import type { MqttPublication } from '../connection/mqtt-session.js';
import { INGESTED } from './ingestion.js';

const PREFIX = 'telemetry/';
/** Messages of our own that may still come back. */
const UNDER_WAY = 1_024;

/**
 * Publishes what assistants observe under `telemetry/` on the same topic as plain text or JSON, for devices that listen
 * there (`MQTT_MIRROR`). With MQTT 5 the broker does not send it back to us; with 3.1.1 it does, once for each.
 */
export class RawMirror {
  /** Oldest first. */
  readonly #underWay: { readonly topic: string; readonly payload: string }[] = [];

  /** Undefined where the entry is none for devices, or came from there. */
  toPublication({ key, value, origin }: WorldEntry): MqttPublication | undefined {
    if (origin === INGESTED || !key.startsWith(PREFIX)) return undefined;
    const payload = typeof value === 'string' ? value : JSON.stringify(value);
    return { topic: key, payload, qos: 0 };
  }

  /** It will come back. */
  expectBack({ topic, payload }: MqttPublication): void {
    this.#underWay.push({ topic, payload });
    if (this.#underWay.length > UNDER_WAY) this.#underWay.shift();
  }

  /** Whether a message is one of ours that has come back. */
  takeBack(topic: string, text: string): boolean {
    const index = this.#underWay.findIndex((sent) => sent.topic === topic && sent.payload === text);
    if (index === -1) return false;
    this.#underWay.splice(index, 1);
    return true;
  }

  /** The connection is lost, and what was under way with it. */
  clear(): void {
    this.#underWay.length = 0;
  }
}
