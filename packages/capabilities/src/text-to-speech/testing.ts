export { FakeTextToSpeech, type FakeTextToSpeechOptions } from './fake-text-to-speech.js';
export {
  describeTextToSpeechContract,
  type OpenTextToSpeech,
  type TextToSpeechContractOptions,
} from './text-to-speech-contract.js';
