import { describe, expect, it } from '@jest/globals';
import { isTiercelError } from '@tiercel/kernel';
import fc from 'fast-check';
import { encodeWav } from './encode-wav.js';
import { parseWav } from './parse-wav.js';
import { wavHeader } from './wav-header.js';

const file = 'voice.wav';
const ascii = (text: string) => Buffer.from(text, 'latin1');
const chunk = (id: string, body: Uint8Array, size = body.length) => {
  const header = Buffer.alloc(8);
  header.write(id, 'latin1');
  header.writeUInt32LE(size, 4);
  return Buffer.concat([header, body, Buffer.alloc(body.length % 2)]);
};
const formatChunk = (tag: number, channels: number, sampleRateHz: number, bits: number) => {
  const body = Buffer.alloc(16);
  body.writeUInt16LE(tag, 0);
  body.writeUInt16LE(channels, 2);
  body.writeUInt32LE(sampleRateHz, 4);
  body.writeUInt32LE((sampleRateHz * channels * bits) / 8, 8);
  body.writeUInt16LE((channels * bits) / 8, 12);
  body.writeUInt16LE(bits, 14);
  return chunk('fmt ', body);
};
const riff = (...chunks: Uint8Array[]) => {
  const body = Buffer.concat([ascii('WAVE'), ...chunks]);
  return chunk('RIFF', body);
};
const samples = (pcm: Int16Array) => new Uint8Array(pcm.buffer, pcm.byteOffset, pcm.byteLength);
const pcm = Int16Array.of(0, 1, -1, 32_767, -32_768);
const mono = formatChunk(1, 1, 16_000, 16);

const codeOf = (bytes: Uint8Array) => {
  try {
    parseWav(bytes, { file });
    return 'read';
  } catch (error) {
    return isTiercelError(error) ? error.code : `untyped: ${String(error)}`;
  }
};
const messageOf = (bytes: Uint8Array) => {
  try {
    parseWav(bytes, { file });
    return 'read';
  } catch (error) {
    return isTiercelError(error) ? error.message : `untyped: ${String(error)}`;
  }
};

describe('parseWav', () => {
  it('reads 16-bit mono', () => {
    const audio = parseWav(riff(mono, chunk('data', samples(pcm))), { file });

    expect(audio).toEqual({ sampleRateHz: 16_000, channels: 1, pcm, tracks: [pcm], isTruncated: false });
  });

  it('reads stereo as two tracks and their mean', () => {
    const audio = parseWav(
      riff(formatChunk(1, 2, 44_100, 16), chunk('data', samples(Int16Array.of(100, 300, -8, -4)))),
      { file },
    );

    expect(audio).toMatchObject({
      channels: 2,
      pcm: Int16Array.of(200, -6),
      tracks: [Int16Array.of(100, -8), Int16Array.of(300, -4)],
    });
  });

  it('reads from a view that begins at an odd address', () => {
    const bytes = Buffer.concat([Buffer.alloc(1), riff(mono, chunk('data', samples(pcm)))]);

    expect(parseWav(bytes.subarray(1), { file }).pcm).toEqual(pcm);
  });

  it('reads unsigned 8-bit', () => {
    const bytes = riff(formatChunk(1, 1, 8000, 8), chunk('data', Uint8Array.of(0, 128, 255)));

    expect(parseWav(bytes, { file }).pcm).toEqual(Int16Array.of(-32_768, 0, 32_512));
  });

  it('rounds 24-bit to the nearest 16', () => {
    const data = Uint8Array.of(0x80, 0x01, 0x00, 0x7f, 0x01, 0x00, 0xff, 0xff, 0x7f, 0x00, 0x00, 0x80);
    const bytes = riff(formatChunk(1, 1, 48_000, 24), chunk('data', data));

    expect(parseWav(bytes, { file }).pcm).toEqual(Int16Array.of(2, 1, 32_767, -32_768));
  });

  it('rounds 32-bit to the nearest 16', () => {
    const data = Int32Array.of(65_536, -65_536, 0x7fff_ffff, -0x8000_0000);
    const bytes = riff(formatChunk(1, 1, 48_000, 32), chunk('data', new Uint8Array(data.buffer)));

    expect(parseWav(bytes, { file }).pcm).toEqual(Int16Array.of(1, -1, 32_767, -32_768));
  });

  it('reads 32-bit float, clamps it and silences NaN', () => {
    const data = Float32Array.of(0.5, -1, 3, Number.NaN);
    const bytes = riff(formatChunk(3, 1, 48_000, 32), chunk('data', new Uint8Array(data.buffer)));

    expect(parseWav(bytes, { file }).pcm).toEqual(Int16Array.of(16_384, -32_768, 32_767, 0));
  });

  it('reads 64-bit float', () => {
    const data = Float64Array.of(0.25, -0.25);
    const bytes = riff(formatChunk(3, 1, 48_000, 64), chunk('data', new Uint8Array(data.buffer)));

    expect(parseWav(bytes, { file }).pcm).toEqual(Int16Array.of(8192, -8192));
  });

  it('reads the extensible form', () => {
    const extensible = Buffer.alloc(40);
    mono.copy(extensible, 0, 8, 24);
    extensible.writeUInt16LE(0xfffe, 0);
    extensible.writeUInt16LE(22, 16);
    extensible.writeUInt16LE(16, 18);
    extensible.writeUInt32LE(4, 20);
    Buffer.from('0100000000001000800000aa00389b71', 'hex').copy(extensible, 24);

    const audio = parseWav(riff(chunk('fmt ', extensible), chunk('data', samples(pcm))), { file });

    expect(audio.pcm).toEqual(pcm);
  });

  it('skips chunks it does not know, also those of odd length', () => {
    const bytes = riff(
      chunk('JUNK', Buffer.alloc(28)),
      chunk('bext', Buffer.alloc(603)),
      mono,
      chunk('fact', Buffer.alloc(4)),
      chunk('LIST', ascii('INFOx')),
      chunk('data', samples(pcm)),
      chunk('id3 ', Buffer.alloc(11)),
    );

    expect(parseWav(bytes, { file }).pcm).toEqual(pcm);
  });

  it('reads to the end where the size is 0xFFFFFFFF', () => {
    const bytes = Buffer.concat([wavHeader({ sampleRateHz: 16_000 }), samples(pcm)]);

    expect(parseWav(bytes, { file })).toMatchObject({ pcm, isTruncated: false });
  });

  it('reads to the end where a stopped recorder left the size at 0', () => {
    const bytes = Buffer.concat([wavHeader({ sampleRateHz: 16_000 }, 0), samples(pcm)]);

    expect(parseWav(bytes, { file })).toMatchObject({ pcm, isTruncated: false });
  });

  it('reads samples that stop early as far as they go, and says so', () => {
    const bytes = Buffer.concat([wavHeader({ sampleRateHz: 16_000 }, 1000), samples(pcm)]);

    expect(parseWav(bytes, { file })).toMatchObject({ pcm, isTruncated: true });
  });

  it('ignores what follows the samples', () => {
    const bytes = Buffer.concat([wavHeader({ sampleRateHz: 16_000 }, 10), samples(pcm), ascii('trailing')]);

    expect(parseWav(bytes, { file })).toMatchObject({ pcm, isTruncated: false });
  });

  it('drops half a sample at the end', () => {
    const bytes = Buffer.concat([wavHeader({ sampleRateHz: 16_000 }), samples(pcm), Buffer.alloc(1)]);

    expect(parseWav(bytes, { file }).pcm).toEqual(pcm);
  });

  it('reads RF64, whose size has 64 bits', () => {
    const sizes = Buffer.alloc(28);
    sizes.writeBigUInt64LE(BigInt(pcm.byteLength), 8);
    const bytes = riff(chunk('ds64', sizes), mono, chunk('data', samples(pcm), 0xffff_ffff), ascii('more'));
    bytes.write('RF64', 'latin1');

    expect(parseWav(bytes, { file }).pcm).toEqual(pcm);
  });

  it('undoes encodeWav', () => {
    fc.assert(
      fc.property(
        fc.int16Array({ minLength: 1 }),
        fc.integer({ min: 1000, max: 768_000 }),
        (any, sampleRateHz) => {
          const audio = parseWav(encodeWav(any, { sampleRateHz }), { file });

          expect(audio).toMatchObject({ sampleRateHz, channels: 1, pcm: any, isTruncated: false });
        },
      ),
    );
  });
});

describe('parseWav on what it cannot read', () => {
  it('names an empty file', () => {
    expect(messageOf(new Uint8Array(0))).toBe('voice.wav is empty (0 bytes). Record or copy it again.');
  });

  it('recognises MP3 by its tag and says how to convert it', () => {
    expect(messageOf(ascii('ID3\x04\0\0\0\0\0\0\0\0'))).toBe(
      'voice.wav is not a WAV file: it looks like MP3. ' +
        'Convert it: ffmpeg -i "voice.wav" -ar 16000 -ac 1 "voice.converted.wav"',
    );
  });

  it('recognises MP3 by its first frame', () => {
    expect(messageOf(Uint8Array.of(0xff, 0xfb, 0x90, 0x64))).toContain('looks like MP3');
  });

  it('recognises AAC by its first frame', () => {
    expect(messageOf(Uint8Array.of(0xff, 0xf1, 0x50, 0x80))).toContain('looks like AAC');
  });

  it('recognises Ogg', () => {
    expect(messageOf(ascii('OggS\0\x02'))).toContain('looks like Ogg (Vorbis or Opus)');
  });

  it('recognises FLAC', () => {
    expect(messageOf(ascii('fLaC\0\0\0"'))).toContain('looks like FLAC');
  });

  it('recognises MP4', () => {
    expect(messageOf(ascii('\0\0\0\x20ftypM4A '))).toContain('looks like MP4 or M4A');
  });

  it('recognises a RIFF file that is not WAVE', () => {
    expect(messageOf(chunk('RIFF', ascii('AVI LIST')))).toContain('looks like AVI video');
  });

  it('recognises a file of zeros', () => {
    expect(messageOf(new Uint8Array(100))).toContain('looks like nothing but zero bytes');
  });

  it('gives up on raw samples', () => {
    expect(messageOf(Uint8Array.of(7, 1, 9, 2, 8, 3))).toContain('raw samples or an unknown format');
  });

  it('converts to a name beside the original', () => {
    expect(() => parseWav(ascii('ID3'), { file: 'talks/my.talk.mp3' })).toThrow(
      'ffmpeg -i "talks/my.talk.mp3" -ar 16000 -ac 1 "talks/my.talk.wav"',
    );
  });

  it('names what is missing of a header that is cut short', () => {
    const bytes = riff(mono, chunk('data', samples(pcm)));

    expect(messageOf(bytes.subarray(0, 8))).toContain('ends after 8 bytes, inside its header: the WAVE mark');
    expect(messageOf(bytes.subarray(0, 14))).toContain('the "fmt " chunk is missing');
    expect(messageOf(bytes.subarray(0, 30))).toContain('the end of the "fmt " chunk is missing');
    expect(messageOf(bytes.subarray(0, 40))).toContain('the "data" chunk is missing');
  });

  it('tells a header without samples from one that is cut short', () => {
    expect(codeOf(riff(mono))).toBe('AUDIO_WAV_NO_SAMPLES');
    expect(codeOf(riff(mono, chunk('data', new Uint8Array(0))))).toBe('AUDIO_WAV_NO_SAMPLES');
    expect(codeOf(riff(mono, chunk('data', new Uint8Array(0)), chunk('LIST', ascii('INFO'))))).toBe(
      'AUDIO_WAV_NO_SAMPLES',
    );
    expect(codeOf(wavHeader({ sampleRateHz: 16_000 }))).toBe('AUDIO_WAV_NO_SAMPLES');
  });

  it('refuses more than two channels', () => {
    expect(messageOf(riff(formatChunk(1, 6, 48_000, 16), chunk('data', new Uint8Array(12))))).toContain(
      'voice.wav has 6 channels; only mono and stereo are read.',
    );
  });

  it('refuses no channels', () => {
    expect(codeOf(riff(formatChunk(1, 0, 48_000, 16), chunk('data', new Uint8Array(12))))).toBe(
      'AUDIO_WAV_CHANNELS_UNSUPPORTED',
    );
  });

  it('names a compression it does not read', () => {
    const bytes = riff(formatChunk(6, 1, 8000, 8), chunk('data', new Uint8Array(12)));

    expect(codeOf(bytes)).toBe('AUDIO_WAV_FORMAT_UNSUPPORTED');
    expect(messageOf(bytes)).toContain('voice.wav holds A-law (format tag 0x0006)');
  });

  it('refuses odd numbers of bits', () => {
    expect(messageOf(riff(formatChunk(1, 1, 8000, 12), chunk('data', new Uint8Array(12))))).toContain(
      'voice.wav holds 12-bit PCM (format tag 0x0001)',
    );
  });

  it('refuses an impossible rate', () => {
    const bytes = riff(formatChunk(1, 1, 5, 16), chunk('data', new Uint8Array(12)));

    expect(codeOf(bytes)).toBe('AUDIO_WAV_RATE_UNSUPPORTED');
    expect(messageOf(bytes)).toContain('voice.wav claims 5 samples per second; 1000 to 768000 are read.');
  });

  it('refuses a header that contradicts itself', () => {
    const format = formatChunk(1, 1, 16_000, 16);
    format.writeUInt16LE(4, 20);

    expect(messageOf(riff(format, chunk('data', samples(pcm))))).toContain(
      'has a contradictory WAV header: it says 4 bytes per step where 1 × 16 bits make 2.',
    );
  });

  it('refuses a format chunk that is too short', () => {
    expect(codeOf(riff(chunk('fmt ', Buffer.alloc(8)), chunk('data', Buffer.alloc(40))))).toBe(
      'AUDIO_WAV_HEADER_INVALID',
    );
  });

  it('refuses samples before their format', () => {
    expect(codeOf(riff(chunk('data', samples(pcm)), mono))).toBe('AUDIO_WAV_HEADER_INVALID');
  });

  it('throws nothing but typed errors, whatever the bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        expect(codeOf(bytes)).toMatch(/^(read|AUDIO_WAV_[A-Z0-9_]+)$/);
      }),
    );
  });

  it('throws nothing but typed errors, however a good file is damaged', () => {
    const good = riff(
      chunk('JUNK', Buffer.alloc(4)),
      formatChunk(1, 2, 44_100, 24),
      chunk('data', Buffer.alloc(24)),
    );
    const damage = fc.array(fc.tuple(fc.nat({ max: good.length - 1 }), fc.nat({ max: 255 })), {
      maxLength: 8,
    });
    fc.assert(
      fc.property(damage, fc.nat({ max: good.length }), (changes, length) => {
        const bytes = Buffer.from(good);
        for (const [position, value] of changes) bytes[position] = value;

        expect(codeOf(bytes.subarray(0, length))).toMatch(/^(read|AUDIO_WAV_[A-Z0-9_]+)$/);
      }),
      { numRuns: 1000 },
    );
  });
});
