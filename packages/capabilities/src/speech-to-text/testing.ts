export { FakeSpeechToText, type FakeSpeechToTextOptions } from './fake-speech-to-text.js';
export {
  describeSpeechToTextContract,
  type OpenSpeechToText,
  type SpeechToTextContractOptions,
} from './speech-to-text-contract.js';
export { countWordErrors } from './word-errors.js';
