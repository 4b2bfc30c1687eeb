import { AudioError } from '../errors.js';
import { isSampleRate, MAX_SAMPLE_RATE_HZ, MIN_SAMPLE_RATE_HZ } from '../limits.js';
import { downMix, interleave } from '../pcm.js';
import { bytesPerSample, decodeSamples, type SampleFormat } from './decode-samples.js';
import { identifyAudio, startsWith } from './identify-audio.js';

/** A recording in memory. */
export interface WavAudio {
  readonly sampleRateHz: number;
  /** How many channels the file has. */
  readonly channels: 1 | 2;
  /** Mono; both sides of a stereo file averaged. */
  readonly pcm: Int16Array;
  /** One array per channel, left first. For mono, the only one is `pcm` itself. */
  readonly tracks: readonly Int16Array[];
  /** Whether the file ends before the samples its header promises, as after an interrupted copy. */
  readonly isTruncated: boolean;
}

export interface ParseWavOptions {
  /** Name of the file, for error messages. */
  readonly file: string;
}

interface Chunk {
  readonly id: string;
  readonly start: number;
  readonly size: number;
}

interface Format {
  readonly samples: SampleFormat;
  readonly channels: 1 | 2;
  readonly sampleRateHz: number;
}

const PCM_TAG = 0x0001;
const FLOAT_TAG = 0x0003;
const EXTENSIBLE_TAG = 0xfffe;

/** Bytes 2 to 15 of the format id in an extensible header; the first two are the tag. */
const EXTENSIBLE_ID_TAIL = '\x00\x00\x00\x00\x10\x00\x80\x00\x00\xaa\x00\x38\x9b\x71';

/** Sizes from here on are what recorders write that do not know the length yet: 0x7FFFF000 (SoX), 0xFFFFFFFF (FFmpeg). */
const UNKNOWN_SIZE_FROM = 0x7fff_0000;

const tagNames: Readonly<Record<number, string>> = {
  2: 'Microsoft ADPCM',
  6: 'A-law',
  7: 'µ-law',
  17: 'IMA ADPCM',
  49: 'GSM 6.10',
  80: 'MPEG audio',
  85: 'MP3',
  255: 'AAC',
};

/**
 * Reads a whole WAV file of untrusted origin: PCM of 8, 16, 24 or 32 bits, float of 32 or 64, mono or stereo, any rate
 * from 1 to 768 kHz, plain, extensible or RF64. Unknown chunks are skipped.
 *
 * A file whose samples stop early is read as far as it goes and marked `isTruncated`; where the header itself is cut
 * short, there is nothing to read and it is an error. A size of 0 or of "unknown", as streams have, means "to the end".
 * What follows the samples is ignored. Throws only `AudioError`s with an AUDIO_WAV_ code.
 */
export function parseWav(bytes: Uint8Array, { file }: ParseWavOptions): WavAudio {
  if (bytes.length === 0) throw new AudioError('AUDIO_WAV_EMPTY', { file });
  const isRf64 = startsWith(bytes, 'RF64', 0) || startsWith(bytes, 'BW64', 0);
  const isRiff = isRf64 || startsWith(bytes, 'RIFF', 0);
  if (isRiff && bytes.length < 12) throw truncated(file, bytes, 'the WAVE mark');
  if (!isRiff || !startsWith(bytes, 'WAVE', 8)) throw notRiff(file, bytes);

  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let format: Format | undefined;
  let longDataBytes: number | undefined;
  for (const chunk of chunksOf(bytes, view)) {
    if (chunk.id === 'ds64' && chunk.size >= 16 && chunk.start + 16 <= bytes.length) {
      longDataBytes = Number(view.getBigUint64(chunk.start + 8, true));
    } else if (chunk.id === 'fmt ') {
      format ??= readFormat(file, bytes, view, chunk);
    } else if (chunk.id === 'data') {
      if (!format) throw invalid(file, 'its samples come before any "fmt " chunk');
      return readData(file, view, format, sizedBy(chunk, isRf64 ? longDataBytes : undefined));
    }
  }
  if (!format) throw truncated(file, bytes, 'the "fmt " chunk');
  if (!isSizeHonest(view)) throw truncated(file, bytes, 'the "data" chunk');
  throw new AudioError('AUDIO_WAV_NO_SAMPLES', { file });
}

function* chunksOf(bytes: Uint8Array, view: DataView): Generator<Chunk> {
  let offset = 12;
  while (offset + 8 <= bytes.length) {
    const size = view.getUint32(offset + 4, true);
    yield { id: String.fromCharCode(...bytes.subarray(offset, offset + 4)), start: offset + 8, size };
    offset += 8 + size + (size % 2);
  }
}

function readFormat(file: string, bytes: Uint8Array, view: DataView, chunk: Chunk): Format {
  const { start, size } = chunk;
  if (start + Math.max(16, size) > bytes.length) throw truncated(file, bytes, 'the end of the "fmt " chunk');
  if (size < 16) throw invalid(file, `its "fmt " chunk has ${size} bytes instead of at least 16`);
  const tag = formatTag(bytes, view, chunk);
  const channels = view.getUint16(start + 2, true);
  const sampleRateHz = view.getUint32(start + 4, true);
  const blockBytes = view.getUint16(start + 12, true);
  const bits = view.getUint16(start + 14, true);

  const samples = sampleFormat(tag, bits);
  if (!samples) {
    throw new AudioError('AUDIO_WAV_FORMAT_UNSUPPORTED', {
      file,
      format: formatName(tag, bits),
      tag,
      convertedFile: convertedName(file),
    });
  }
  if (channels !== 1 && channels !== 2) {
    throw new AudioError('AUDIO_WAV_CHANNELS_UNSUPPORTED', {
      file,
      channels,
      convertedFile: convertedName(file),
    });
  }
  if (!isSampleRate(sampleRateHz)) {
    throw new AudioError('AUDIO_WAV_RATE_UNSUPPORTED', {
      file,
      sampleRateHz,
      minHz: MIN_SAMPLE_RATE_HZ,
      maxHz: MAX_SAMPLE_RATE_HZ,
      convertedFile: convertedName(file),
    });
  }
  const expectedBytes = channels * bytesPerSample[samples];
  if (blockBytes !== expectedBytes) {
    const finding = `it says ${blockBytes} bytes per step where ${channels} × ${bits} bits make ${expectedBytes}`;
    throw invalid(file, finding);
  }
  return { samples, channels, sampleRateHz };
}

function formatTag(bytes: Uint8Array, view: DataView, { start, size }: Chunk): number {
  const tag = view.getUint16(start, true);
  const isExtended =
    tag === EXTENSIBLE_TAG && size >= 40 && startsWith(bytes, EXTENSIBLE_ID_TAIL, start + 26);
  return isExtended ? view.getUint16(start + 24, true) : tag;
}

function sampleFormat(tag: number, bits: number): SampleFormat | undefined {
  if (tag === PCM_TAG && bits === 8) return 'uint8';
  if (tag === PCM_TAG && (bits === 16 || bits === 24 || bits === 32)) return `int${bits}`;
  if (tag === FLOAT_TAG && (bits === 32 || bits === 64)) return `float${bits}`;
  return undefined;
}

function formatName(tag: number, bits: number): string {
  if (tag === PCM_TAG) return `${bits}-bit PCM`;
  if (tag === FLOAT_TAG) return `${bits}-bit float`;
  return tagNames[tag] ?? 'an unknown encoding';
}

/** The data chunk, with `size` undefined where the header does not know it. */
interface DataChunk {
  readonly start: number;
  readonly size: number | undefined;
}

function sizedBy({ start, size }: Chunk, longSize: number | undefined): DataChunk {
  if (longSize !== undefined && size === 0xffff_ffff) return { start, size: longSize };
  return { start, size: size >= UNKNOWN_SIZE_FROM ? undefined : size };
}

function readData(file: string, view: DataView, format: Format, { start, size }: DataChunk): WavAudio {
  const available = view.byteLength - start;
  // Without samples the whole file adds up; a recorder that was killed leaves 0 and a file longer than it says.
  const promised = size === 0 && !isSizeHonest(view) ? undefined : size;
  const used = Math.min(available, promised ?? available);
  const data = new DataView(view.buffer, view.byteOffset + start, used);
  const { samples, channels, sampleRateHz } = format;
  const left = decodeSamples(data, samples, 0, channels);
  if (left.length === 0) throw new AudioError('AUDIO_WAV_NO_SAMPLES', { file });
  const isTruncated = promised !== undefined && promised > available;
  if (channels === 1) return { sampleRateHz, channels, pcm: left, tracks: [left], isTruncated };
  const right = decodeSamples(data, samples, 1, channels);
  const pcm = downMix(interleave(left, right), 2);
  return { sampleRateHz, channels, pcm, tracks: [left, right], isTruncated };
}

/** Whether the size at the beginning of the file is its true size, give or take a padding byte. */
function isSizeHonest(view: DataView): boolean {
  return Math.abs(view.getUint32(4, true) + 8 - view.byteLength) <= 1;
}

function truncated(file: string, bytes: Uint8Array, missing: string): AudioError {
  return new AudioError('AUDIO_WAV_HEADER_TRUNCATED', { file, bytes: bytes.length, missing });
}

function invalid(file: string, finding: string): AudioError {
  return new AudioError('AUDIO_WAV_HEADER_INVALID', { file, finding, convertedFile: convertedName(file) });
}

function notRiff(file: string, bytes: Uint8Array): AudioError {
  return new AudioError('AUDIO_WAV_NOT_RIFF', {
    file,
    found: identifyAudio(bytes),
    convertedFile: convertedName(file),
  });
}

/** A name beside the original that does not overwrite it. */
function convertedName(file: string): string {
  const stem = file.replace(/\.[^./\\]*$/, '');
  return /\.wav$/i.test(file) ? `${stem}.converted.wav` : `${stem}.wav`;
}
