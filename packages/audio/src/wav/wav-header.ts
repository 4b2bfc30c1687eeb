import { checkNumber, checkSampleRate } from '../limits.js';

/** What 16-bit PCM must say about itself. */
export interface WavShape {
  readonly sampleRateHz: number;
  /** 1 unless given. Stereo samples are interleaved, left first. */
  readonly channels?: 1 | 2;
}

export const WAV_HEADER_BYTES = 44;

/** The size fields have 32 bits. */
export const MAX_WAV_DATA_BYTES = 0xffff_ffff - WAV_HEADER_BYTES - 1;

/** In place of a size: more samples follow than anybody knows yet. */
const UNKNOWN_SIZE = 0xffff_ffff;

/**
 * Header of a 16-bit WAV file.
 * @param dataBytes size of the samples that follow; `undefined` for a stream of unknown length, which players read to its end
 */
export function wavHeader({ sampleRateHz, channels = 1 }: WavShape, dataBytes?: number): Uint8Array {
  checkSampleRate(sampleRateHz);
  checkNumber('dataBytes', dataBytes ?? 0, 0, MAX_WAV_DATA_BYTES);
  const header = new Uint8Array(WAV_HEADER_BYTES);
  const view = new DataView(header.buffer);
  const blockBytes = channels * 2;
  putAscii(header, 0, 'RIFF');
  view.setUint32(4, dataBytes === undefined ? UNKNOWN_SIZE : WAV_HEADER_BYTES - 8 + dataBytes, true);
  putAscii(header, 8, 'WAVEfmt ');
  view.setUint32(16, 16, true);
  view.setUint16(20, 1, true);
  view.setUint16(22, channels, true);
  view.setUint32(24, sampleRateHz, true);
  view.setUint32(28, sampleRateHz * blockBytes, true);
  view.setUint16(32, blockBytes, true);
  view.setUint16(34, 16, true);
  putAscii(header, 36, 'data');
  view.setUint32(40, dataBytes ?? UNKNOWN_SIZE, true);
  return header;
}

function putAscii(bytes: Uint8Array, offset: number, text: string): void {
  for (let index = 0; index < text.length; index++) bytes[offset + index] = text.charCodeAt(index);
}
