export {
  FakeVoiceActivityDetector,
  type FakeVoiceActivityDetectorOptions,
} from './fake-voice-activity-detector.js';
export {
  describeVoiceActivityDetectorContract,
  type OpenVoiceActivityDetector,
  type VoiceActivityDetectorContractOptions,
} from './voice-activity-detector-contract.js';
