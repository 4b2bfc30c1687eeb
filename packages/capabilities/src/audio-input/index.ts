export { AudioInput, type AudioInputFeatures } from './audio-input.js';
export { CaptureLock } from './capture-lock.js';
export { AudioInputError } from './errors.js';
