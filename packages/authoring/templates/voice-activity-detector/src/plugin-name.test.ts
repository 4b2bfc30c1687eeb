import { VoiceActivityDetector } from '@tiercel/capabilities/voice-activity-detector';
import { describeVoiceActivityDetectorContract } from '@tiercel/capabilities/voice-activity-detector/testing';
import { describeInEveryPlacement } from '@tiercel/testkit';

/** One second of a voice that hums. */
const speech = Int16Array.from({ length: 16_000 }, (_, index) => Math.round(8000 * Math.sin(index / 12)));

describeInEveryPlacement(
  'plugin-name',
  { capability: VoiceActivityDetector, plugin: './dist/index.js', key: 'plugin-name' },
  (title, open) => describeVoiceActivityDetectorContract(title, open, { speech }),
);
