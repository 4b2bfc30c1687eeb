export { Channel, type ChannelOptions, type ChannelPolicy, type PushOptions } from './channel.js';
export { AudioError } from './errors.js';
export { type FadeOptions, fadeIn, fadeOut } from './fade.js';
export { durationMs, type Frame } from './frame.js';
export { Framer, type FramerOptions } from './framer.js';
export { joinFrames } from './join-frames.js';
export {
  type AudibleOptions,
  firstAudibleSample,
  fromDbfs,
  gain,
  lastAudibleSample,
  levelDbfs,
  noiseFloorDbfs,
  peak,
  rms,
  SILENCE_DBFS,
  toDbfs,
} from './level.js';
export { MAX_SAMPLE_RATE_HZ, MIN_SAMPLE_RATE_HZ } from './limits.js';
export { type MixTrack, mix } from './mix.js';
export { type NoiseFloorOptions, NoiseFloorTracker } from './noise-floor-tracker.js';
export {
  bytesFromInt16,
  downMix,
  float32ToInt16,
  int16FromBytes,
  int16ToFloat32,
  interleave,
  joinPcm,
  samplesOf,
  silence,
} from './pcm.js';
export { PcmRing, type PcmRingOptions, type PcmSlice } from './pcm-ring.js';
export { Resampler, type ResamplerOptions, resample } from './resampler.js';
export { RoomNoise, type RoomNoiseOptions } from './room-noise.js';
export { type TrimOptions, trimLeadingSilence, trimTrailingSilence } from './trim.js';
export { encodeWav } from './wav/encode-wav.js';
export { type ParseWavOptions, parseWav, type WavAudio } from './wav/parse-wav.js';
export { type ReadWavOptions, readWav } from './wav/read-wav.js';
export { type OpenWavFileOptions, openWavFile, type WavFile } from './wav/wav-file.js';
export { type WavShape, wavHeader } from './wav/wav-header.js';
