export { TextToSpeechError } from './errors.js';
export { type SynthesizeOptions, TextToSpeech, type TextToSpeechFeatures } from './text-to-speech.js';
