export type MqttFrameType =
  | 'connect'
  | 'connack'
  | 'publish'
  | 'puback'
  | 'subscribe'
  | 'suback'
  | 'disconnect'
  | 'other';

/** One packet of MQTT as it crosses the wire, read no further than a fault needs. */
export interface MqttFrame {
  readonly type: MqttFrameType;
  readonly bytes: Buffer;
  /** Of a `publish`. */
  readonly topic?: string;
  readonly qos?: number;
  readonly isRetained?: boolean;
}

const types = new Map<number, MqttFrameType>([
  [1, 'connect'],
  [2, 'connack'],
  [3, 'publish'],
  [4, 'puback'],
  [8, 'subscribe'],
  [9, 'suback'],
  [14, 'disconnect'],
]);
const DUP = 0x08;

/** Cuts a stream of bytes into packets. */
export class MqttFrames {
  #rest: Buffer = Buffer.alloc(0);

  push(chunk: Uint8Array): readonly MqttFrame[] {
    this.#rest = Buffer.concat([this.#rest, chunk]);
    const frames: MqttFrame[] = [];
    for (let length = frameLength(this.#rest); length !== undefined; length = frameLength(this.#rest)) {
      frames.push(read(this.#rest.subarray(0, length)));
      this.#rest = this.#rest.subarray(length);
    }
    return frames;
  }
}

/** The same message once more, as its sender would repeat it. */
export function repeated({ bytes }: MqttFrame): Buffer {
  const copy = Buffer.from(bytes);
  copy[0] = (copy[0] ?? 0) | DUP;
  return copy;
}

function frameLength(bytes: Buffer): number | undefined {
  let length = 0;
  for (let at = 1; at <= 4; at += 1) {
    const byte = bytes[at];
    if (byte === undefined) return undefined;
    length += (byte & 0x7f) * 128 ** (at - 1);
    if ((byte & 0x80) === 0) return bytes.length >= at + 1 + length ? at + 1 + length : undefined;
  }
  return undefined;
}

function read(bytes: Buffer): MqttFrame {
  const [first = 0] = bytes;
  const type = types.get(first >> 4) ?? 'other';
  if (type !== 'publish') return { type, bytes };
  let start = 1;
  while (((bytes[start] ?? 0) & 0x80) !== 0) start += 1;
  start += 1;
  const topic = bytes.toString('utf8', start + 2, start + 2 + bytes.readUInt16BE(start));
  return { type, bytes, topic, qos: (first >> 1) & 3, isRetained: (first & 1) === 1 };
}
