import { checkWhole } from './limits.js';

/** The one constant between int16 and float samples: −32768 is −1. */
const FULL_SCALE = 32_768;

/** Samples as floats in [−1, 1). */
export function int16ToFloat32(pcm: Int16Array): Float32Array {
  const floats = new Float32Array(pcm.length);
  let index = 0;
  for (const sample of pcm) floats[index++] = sample / FULL_SCALE;
  return floats;
}

/** Nearest int16 samples. What lies outside [−1, 1) is clamped; NaN becomes silence. */
export function float32ToInt16(floats: Float32Array): Int16Array {
  const pcm = new Int16Array(floats.length);
  let index = 0;
  for (const value of floats) pcm[index++] = clampToInt16(Math.round(value * FULL_SCALE));
  return pcm;
}

/** `value` within the range of int16. NaN passes, and becomes 0 when it is stored. */
export function clampToInt16(value: number): number {
  return Math.max(-32_768, Math.min(32_767, value));
}

/**
 * Little-endian bytes as samples. The result shares memory with `bytes`, except where they start at an odd address: then
 * they are copied. A last odd byte is ignored; whoever reads from a socket carries it over to the next block.
 */
export function int16FromBytes(bytes: Uint8Array): Int16Array {
  const length = Math.floor(bytes.byteLength / 2);
  if (bytes.byteOffset % 2 === 0) return new Int16Array(bytes.buffer, bytes.byteOffset, length);
  // Not slice(): on a Buffer it would share the memory.
  const copy = new Uint8Array(length * 2);
  copy.set(bytes.subarray(0, copy.length));
  return new Int16Array(copy.buffer);
}

/** Samples as little-endian bytes. The result shares memory with `pcm`. */
export function bytesFromInt16(pcm: Int16Array): Uint8Array {
  return new Uint8Array(pcm.buffer, pcm.byteOffset, pcm.byteLength);
}

/** Averages the channels of interleaved samples. An incomplete last group is ignored. */
export function downMix(interleaved: Int16Array, channels: number): Int16Array {
  checkWhole('channels', channels, 1);
  if (channels === 1) return interleaved.slice();
  const mono = new Int16Array(Math.floor(interleaved.length / channels));
  for (let frame = 0; frame < mono.length; frame++) {
    let sum = 0;
    // The subscript ends before length, so every read is a number.
    for (let channel = 0; channel < channels; channel++)
      sum += interleaved[frame * channels + channel] as number;
    mono[frame] = Math.round(sum / channels);
  }
  return mono;
}

/** Puts two tracks side by side, left first. The shorter one is followed by silence. */
export function interleave(left: Int16Array, right: Int16Array): Int16Array {
  const stereo = new Int16Array(2 * Math.max(left.length, right.length));
  let index = 0;
  for (const sample of left) {
    stereo[index] = sample;
    index += 2;
  }
  index = 1;
  for (const sample of right) {
    stereo[index] = sample;
    index += 2;
  }
  return stereo;
}

/** All blocks in one array. */
export function joinPcm(blocks: readonly Int16Array[]): Int16Array {
  let length = 0;
  for (const block of blocks) length += block.length;
  const joined = new Int16Array(length);
  let offset = 0;
  for (const block of blocks) {
    joined.set(block, offset);
    offset += block.length;
  }
  return joined;
}

/** Digital silence. */
export function silence(durationMs: number, sampleRateHz: number): Int16Array {
  return new Int16Array(samplesOf(durationMs, sampleRateHz));
}

/** Nearest whole number of samples. */
export function samplesOf(durationMs: number, sampleRateHz: number): number {
  return Math.round((durationMs * sampleRateHz) / 1000);
}
