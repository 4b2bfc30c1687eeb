import { describe, expect, it } from '@jest/globals';
import { interleave } from '../pcm.js';
import { encodeWav } from './encode-wav.js';
import { parseWav } from './parse-wav.js';

describe('encodeWav', () => {
  it('puts the samples behind the header', () => {
    const bytes = encodeWav(Int16Array.of(1, -1), { sampleRateHz: 16_000 });

    expect(bytes).toHaveLength(48);
    expect(Array.from(bytes.subarray(44))).toEqual([1, 0, 255, 255]);
  });

  it('writes both sides of a conversation', () => {
    const user = Int16Array.of(1, 2, 3);
    const assistant = Int16Array.of(7, 8, 9);

    const bytes = encodeWav(interleave(user, assistant), { sampleRateHz: 16_000, channels: 2 });

    expect(parseWav(bytes, { file: 'both.wav' }).tracks).toEqual([user, assistant]);
  });
});
