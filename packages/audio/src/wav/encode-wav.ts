import { bytesFromInt16 } from '../pcm.js';
import { WAV_HEADER_BYTES, type WavShape, wavHeader } from './wav-header.js';

/** A whole 16-bit WAV file in memory. Stereo samples are interleaved: `interleave(left, right)`. */
export function encodeWav(pcm: Int16Array, shape: WavShape): Uint8Array {
  const file = new Uint8Array(WAV_HEADER_BYTES + pcm.byteLength);
  file.set(wavHeader(shape, pcm.byteLength));
  file.set(bytesFromInt16(pcm), WAV_HEADER_BYTES);
  return file;
}
