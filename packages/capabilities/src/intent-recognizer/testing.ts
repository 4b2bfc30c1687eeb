export {
  describeIntentRecognizerContract,
  type IntentRecognizerContractOptions,
  type OpenIntentRecognizer,
} from './contract.js';
export { FakeIntentRecognizer } from './fake-intent-recognizer.js';
