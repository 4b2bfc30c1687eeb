import { clampToInt16 } from '../pcm.js';

export type SampleFormat = 'uint8' | 'int16' | 'int24' | 'int32' | 'float32' | 'float64';

export const bytesPerSample: Readonly<Record<SampleFormat, number>> = {
  uint8: 1,
  int16: 2,
  int24: 3,
  int32: 4,
  float32: 4,
  float64: 8,
};

/** One channel of interleaved little-endian samples, as nearest int16. Floats outside [−1, 1) are clamped, NaN is silence. */
export function decodeSamples(
  data: DataView,
  format: SampleFormat,
  channel: number,
  channels: number,
): Int16Array {
  const read = readers[format];
  const width = bytesPerSample[format];
  const pcm = new Int16Array(Math.floor(data.byteLength / (width * channels)));
  let offset = channel * width;
  for (let index = 0; index < pcm.length; index++) {
    pcm[index] = read(data, offset);
    offset += width * channels;
  }
  return pcm;
}

const readers: Readonly<Record<SampleFormat, (data: DataView, offset: number) => number>> = {
  uint8: (data, offset) => (data.getUint8(offset) - 128) * 256,
  int16: (data, offset) => data.getInt16(offset, true),
  int24: (data, offset) =>
    clampToInt16(Math.round((data.getInt16(offset + 1, true) * 256 + data.getUint8(offset)) / 256)),
  int32: (data, offset) => clampToInt16(Math.round(data.getInt32(offset, true) / 65_536)),
  float32: (data, offset) => clampToInt16(Math.round(data.getFloat32(offset, true) * 32_768)),
  float64: (data, offset) => clampToInt16(Math.round(data.getFloat64(offset, true) * 32_768)),
};
