export { VoiceActivityError } from './errors.js';
export {
  type DetectOptions,
  VoiceActivityDetector,
  type VoiceActivityEvent,
  type VoiceActivityFeatures,
} from './voice-activity-detector.js';
