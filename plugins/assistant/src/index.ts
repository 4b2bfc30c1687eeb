import { Assistant } from '@tiercel/capabilities/assistant';
import { Clock } from '@tiercel/capabilities/clock';
import { IntentRecognizer } from '@tiercel/capabilities/intent-recognizer';
import { LanguageModel } from '@tiercel/capabilities/language-model';
import { Log } from '@tiercel/capabilities/log';
import { Metrics } from '@tiercel/capabilities/metrics';
import { SpeechToText } from '@tiercel/capabilities/speech-to-text';
import { TextToSpeech } from '@tiercel/capabilities/text-to-speech';
import { ToolRegistry } from '@tiercel/capabilities/tool-registry';
import { VoiceActivityDetector } from '@tiercel/capabilities/voice-activity-detector';
import { definePlugin, many, optional, provide } from '@tiercel/kernel';
import { Degradation } from './degradation.js';
import { modelProvidersOf } from './model-providers.js';
import { SynthesisPace } from './synthesis-pace.js';
import { VoiceAssistant } from './voice-assistant.js';

export { AssistantError } from './errors.js';

export default definePlugin({
  name: '@tiercel/assistant',
  version: '0.1.0',
  provides: { assistant: provide(Assistant) },
  requires: {
    log: Log,
    clock: Clock,
    tools: ToolRegistry,
    model: optional(LanguageModel),
    stt: optional(SpeechToText),
    vad: optional(VoiceActivityDetector),
    tts: optional(TextToSpeech),
    recognizers: many(IntentRecognizer),
    metrics: optional(Metrics),
  },
  config: {
    systemPrompt: {
      doc: 'What the model is told before every conversation. Keep it the same between starts: its beginning is evaluated once',
      format: String,
      default:
        'You are a voice assistant. Answer in one or two short sentences of plain spoken words, without lists and without formatting.',
    },
    language: {
      doc: 'Language of conversations that ask for none (BCP 47 primary subtag, such as en)',
      format: String,
      default: 'en',
      env: 'ASSISTANT_LANGUAGE',
    },
    bargeIn: {
      doc: 'What speech does while the assistant speaks. off: it is heard, and answered after the reply',
      format: ['off'],
      default: 'off',
      env: 'BARGE_IN',
    },
    maxHistoryTurns: {
      doc: 'How many turns the model is reminded of; fewer where its context is too small',
      format: 'nat',
      default: 16,
    },
    maxReplyTokens: {
      doc: 'Longest answer of the model, in tokens; so much of its context is kept free',
      format: 'nat',
      min: 1,
      default: 256,
    },
    temperature: {
      doc: 'How freely the model chooses its words, 0 to 2; 0 always picks the likeliest',
      format: Number,
      min: 0,
      max: 2,
      default: 0,
    },
    tellsDegradation: {
      doc: 'Whether it says so, once per loss, when another model than the preferred one answers',
      format: Boolean,
      default: true,
    },
    maxPauseMs: {
      doc: 'Longest pause inside a turn, counted from the detected end of speech (ms)',
      format: 'nat',
      min: 200,
      max: 10_000,
      default: 1_200,
      env: 'TURN_MAX_PAUSE_MS',
    },
    firstPauseMs: {
      doc: 'Pause that ends a turn of a speaker whose own pauses are not known yet (ms)',
      format: 'nat',
      min: 300,
      max: 1_200,
      default: 700,
    },
    completePauseMs: {
      doc: 'Pause that ends a turn whose transcript looks complete (ms)',
      format: 'nat',
      min: 100,
      max: 1_200,
      default: 300,
    },
    maxWaitingTurns: {
      doc: 'Turns that may wait for the running one; more are refused',
      format: 'nat',
      min: 1,
      max: 4_096,
      default: 256,
    },
    inputTimeoutMs: {
      doc: 'An utterance ends when its audio stops arriving for so long (ms)',
      format: 'nat',
      min: 100,
      default: 2_000,
    },
    transcribeTimeoutMs: {
      doc: 'Longest wait for a transcript (ms)',
      format: 'nat',
      min: 100,
      default: 30_000,
    },
    understandTimeoutMs: {
      doc: 'Longest wait for the recognition of a fixed command, and for a list of tools (ms)',
      format: 'nat',
      min: 10,
      default: 2_000,
    },
    toolTimeoutMs: {
      doc: 'Longest wait for one tool, on top of its own limit (ms)',
      format: 'nat',
      min: 100,
      default: 60_000,
    },
    modelTimeoutMs: {
      doc: 'Longest wait for the next piece of the answer of the model (ms)',
      format: 'nat',
      min: 100,
      default: 60_000,
    },
    synthesizeTimeoutMs: {
      doc: 'Longest wait for the next piece of the voice (ms)',
      format: 'nat',
      min: 100,
      default: 20_000,
    },
    playoutTimeoutMs: {
      doc: 'Longest time without a report of what was played, while a reply waits for one (ms)',
      format: 'nat',
      min: 500,
      default: 5_000,
    },
  },
  setup({ deps, config, node, own }) {
    let attempts = 0;
    const assistant = own(
      new VoiceAssistant({
        ...deps,
        degradation: new Degradation({
          providers: async () => modelProvidersOf(await node.describe(), deps.model),
          log: deps.log,
        }),
        pace: new SynthesisPace(),
        settings: config,
        nextAttempt: () => ++attempts,
      }),
    );
    return { assistant };
  },
});
