export { AudioInput, type AudioInputFeatures } from './audio-input.js';
export { AudioInputError } from './errors.js';
