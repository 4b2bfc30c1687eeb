export { AudioOutput, type AudioOutputFeatures, type PlayoutProgress } from './audio-output.js';
export { AudioOutputError } from './errors.js';
export { Playout, type PlayoutOptions } from './playout.js';
export type { PlayoutSink } from './playout-sink.js';
