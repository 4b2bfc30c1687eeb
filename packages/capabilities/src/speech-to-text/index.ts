export { SpeechToTextError } from './errors.js';
export {
  SpeechToText,
  type SpeechToTextFeatures,
  type TranscribeOptions,
  type TranscriptEvent,
} from './speech-to-text.js';
