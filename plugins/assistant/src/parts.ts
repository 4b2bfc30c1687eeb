import type { Clock } from '@tiercel/capabilities/clock';
import type { IntentRecognizer } from '@tiercel/capabilities/intent-recognizer';
import type { LanguageModel } from '@tiercel/capabilities/language-model';
import type { Log } from '@tiercel/capabilities/log';
import type { SpeechToText } from '@tiercel/capabilities/speech-to-text';
import type { TextToSpeech } from '@tiercel/capabilities/text-to-speech';
import type { ToolDescriptor, ToolResult } from '@tiercel/capabilities/tool-provider';
import type { VoiceActivityDetector } from '@tiercel/capabilities/voice-activity-detector';
import type { Settings } from './settings.js';
import type { SynthesisPace } from './synthesis-pace.js';

/** The part of a tool registry that a conversation uses. */
export interface Tools {
  list(): Promise<readonly ToolDescriptor[]>;
  call(
    name: string,
    args: Readonly<Record<string, unknown>>,
    options?: { readonly signal?: AbortSignal | undefined; readonly language?: string | undefined },
  ): Promise<ToolResult>;
}

/** What all conversations of one assistant share. What is absent is missing on this node. */
export interface Parts {
  readonly log: Log;
  readonly clock: Clock;
  readonly model: LanguageModel | undefined;
  readonly stt: SpeechToText | undefined;
  readonly vad: VoiceActivityDetector | undefined;
  readonly tts: TextToSpeech | undefined;
  readonly tools: Tools;
  readonly recognizers: readonly IntentRecognizer[];
  readonly pace: SynthesisPace;
  readonly settings: Settings;
  /** Ids of tries at a reply grow over all conversations, so that an output shared by several drops none. */
  readonly nextAttempt: () => number;
}
