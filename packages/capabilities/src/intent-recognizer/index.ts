export { type Intent, IntentRecognizer } from './intent-recognizer.js';
