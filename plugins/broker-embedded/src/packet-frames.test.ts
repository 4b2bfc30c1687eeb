import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { generate, type Packet } from 'mqtt-packet';
import { PacketFrames } from './packet-frames.js';

const packet: fc.Arbitrary<Packet> = fc.oneof(
  fc.constant<Packet>({ cmd: 'pingreq' }),
  fc
    .record({ topic: fc.stringMatching(/^[a-z/]{1,30}$/), payload: fc.uint8Array({ maxLength: 40_000 }) })
    .map(
      ({ topic, payload }): Packet => ({
        cmd: 'publish',
        topic,
        payload: Buffer.from(payload),
        qos: 0,
        dup: false,
        retain: false,
      }),
    ),
);

describe('PacketFrames', () => {
  it('finds the packets that are too long in any stream, in whatever pieces it arrives', () => {
    fc.assert(
      fc.property(
        fc.array(packet, { minLength: 1, maxLength: 6 }),
        fc.integer({ min: 2, max: 50_000 }),
        fc.infiniteStream(fc.integer({ min: 1, max: 9_000 })),
        (packets, maxPacketBytes, sizes) => {
          const encoded = packets.map((each) => generate(each));
          const stream = Buffer.concat(encoded);
          const frames = new PacketFrames(maxPacketBytes);

          let finding: string | undefined;
          for (let at = 0; at < stream.length && !finding; ) {
            const size = sizes.next().value;
            finding = frames.check(stream.subarray(at, at + size));
            at += size;
          }

          const isTooLong = encoded.some(({ length }) => length > maxPacketBytes);
          expect(finding).toBe(isTooLong ? 'packet-too-large' : undefined);
        },
      ),
    );
  });

  it('knows a packet that is too long by its first bytes', () => {
    const frames = new PacketFrames(1_024);

    expect(frames.check(Uint8Array.of(0x30, 0xff, 0xff, 0x7f))).toBe('packet-too-large');
  });

  it('takes a length of more than four bytes for no MQTT', () => {
    const frames = new PacketFrames(1_024);

    expect(frames.check(Uint8Array.of(0x30, 0x80, 0x80, 0x80, 0x80))).toBe('packet-malformed');
  });
});
