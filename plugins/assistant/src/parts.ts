import type { Clock } from '@tiercel/capabilities/clock';
import type { IntentRecognizer } from '@tiercel/capabilities/intent-recognizer';
import type { LanguageModel } from '@tiercel/capabilities/language-model';
import type { Log } from '@tiercel/capabilities/log';
import type { Metrics } from '@tiercel/capabilities/metrics';
import type { SpeechToText } from '@tiercel/capabilities/speech-to-text';
import type { TextToSpeech } from '@tiercel/capabilities/text-to-speech';
import type { ToolRegistry } from '@tiercel/capabilities/tool-registry';
import type { VoiceActivityDetector } from '@tiercel/capabilities/voice-activity-detector';
import type { Degradation } from './degradation.js';
import type { Settings } from './settings.js';
import type { SynthesisPace } from './synthesis-pace.js';

/** What all conversations of one assistant share. What is absent is missing on this node. */
export interface Parts {
  readonly log: Log;
  readonly clock: Clock;
  readonly metrics: Metrics | undefined;
  readonly model: LanguageModel | undefined;
  readonly degradation: Degradation;
  readonly stt: SpeechToText | undefined;
  readonly vad: VoiceActivityDetector | undefined;
  readonly tts: TextToSpeech | undefined;
  readonly tools: ToolRegistry;
  readonly recognizers: readonly IntentRecognizer[];
  readonly pace: SynthesisPace;
  readonly settings: Settings;
  /** Ids of tries at a reply grow over all conversations, so that an output shared by several drops none. */
  readonly nextAttempt: () => number;
}
