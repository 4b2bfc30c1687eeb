import type { FakeAssistant } from '@tiercel/capabilities/assistant/testing';
import type { FakeAudioInput } from '@tiercel/capabilities/audio-input/testing';
import type { FakeAudioOutput } from '@tiercel/capabilities/audio-output/testing';
import type { FakeClock } from '@tiercel/capabilities/clock/testing';
import type { FakeDiscovery, FakeServiceAnnouncer } from '@tiercel/capabilities/discovery/testing';
import type { FakeIntentRecognizer } from '@tiercel/capabilities/intent-recognizer/testing';
import type { FakeLanguageModel } from '@tiercel/capabilities/language-model/testing';
import type { FakeLog } from '@tiercel/capabilities/log/testing';
import type { FakeMetrics } from '@tiercel/capabilities/metrics/testing';
import type { FakeModelStore } from '@tiercel/capabilities/model-store/testing';
import type { FakeSpeechToText } from '@tiercel/capabilities/speech-to-text/testing';
import type { FakeTextToSpeech } from '@tiercel/capabilities/text-to-speech/testing';
import type { FakeToolProvider } from '@tiercel/capabilities/tool-provider/testing';
import type { FakeToolRegistry } from '@tiercel/capabilities/tool-registry/testing';
import type { FakeVoiceActivityDetector } from '@tiercel/capabilities/voice-activity-detector/testing';
import type { FakeWorldModel } from '@tiercel/capabilities/world-model/testing';
import { type Plugin, supply } from '@tiercel/kernel';

/** The fakes of `@tiercel/capabilities`, each under the name of its contract. */
export interface Fakes {
  readonly assistant: FakeAssistant;
  readonly audioInput: FakeAudioInput;
  readonly audioOutput: FakeAudioOutput;
  readonly clock: FakeClock;
  readonly discovery: FakeDiscovery;
  readonly intentRecognizer: FakeIntentRecognizer;
  readonly languageModel: FakeLanguageModel;
  readonly log: FakeLog;
  readonly metrics: FakeMetrics;
  readonly modelStore: FakeModelStore;
  readonly serviceAnnouncer: FakeServiceAnnouncer;
  readonly speechToText: FakeSpeechToText;
  readonly textToSpeech: FakeTextToSpeech;
  readonly toolProvider: FakeToolProvider;
  readonly toolRegistry: FakeToolRegistry;
  readonly voiceActivityDetector: FakeVoiceActivityDetector;
  readonly worldModel: FakeWorldModel;
}

interface FakeSource<T> {
  /** Id of the capability. */
  readonly capability: string;
  load(): Promise<{ supply(name: string, fake: T): Plugin; create(clock: FakeClock): T }>;
}

type FakeSources = { readonly [K in keyof Fakes]: FakeSource<Fakes[K]> };

/** Suites come with the fakes, and need `@jest/globals`, one also `fast-check`; so nothing is loaded that is not used. */
export const fakeSources: FakeSources = {
  assistant: {
    capability: 'assistant',
    async load() {
      const [{ Assistant }, { FakeAssistant }] = await Promise.all([
        import('@tiercel/capabilities/assistant'),
        import('@tiercel/capabilities/assistant/testing'),
      ]);
      return {
        supply: (name, fake) => supply(name, Assistant, fake),
        create: () => new FakeAssistant(),
      };
    },
  },
  audioInput: {
    capability: 'audio-input',
    async load() {
      const [{ AudioInput }, { FakeAudioInput }] = await Promise.all([
        import('@tiercel/capabilities/audio-input'),
        import('@tiercel/capabilities/audio-input/testing'),
      ]);
      return {
        supply: (name, fake) => supply(name, AudioInput, fake),
        create: (clock) => new FakeAudioInput({ clock }),
      };
    },
  },
  audioOutput: {
    capability: 'audio-output',
    async load() {
      const [{ AudioOutput }, { FakeAudioOutput }] = await Promise.all([
        import('@tiercel/capabilities/audio-output'),
        import('@tiercel/capabilities/audio-output/testing'),
      ]);
      return {
        supply: (name, fake) => supply(name, AudioOutput, fake),
        create: (clock) => new FakeAudioOutput({ clock }),
      };
    },
  },
  clock: {
    capability: 'clock',
    async load() {
      const { Clock } = await import('@tiercel/capabilities/clock');
      return { supply: (name, fake) => supply(name, Clock, fake), create: (clock) => clock };
    },
  },
  discovery: {
    capability: 'discovery',
    async load() {
      const [{ Discovery }, { FakeDiscovery }] = await Promise.all([
        import('@tiercel/capabilities/discovery'),
        import('@tiercel/capabilities/discovery/testing'),
      ]);
      return {
        supply: (name, fake) => supply(name, Discovery, fake),
        create: () => new FakeDiscovery(),
      };
    },
  },
  intentRecognizer: {
    capability: 'intent-recognizer',
    async load() {
      const [{ IntentRecognizer }, { FakeIntentRecognizer }] = await Promise.all([
        import('@tiercel/capabilities/intent-recognizer'),
        import('@tiercel/capabilities/intent-recognizer/testing'),
      ]);
      return {
        supply: (name, fake) => supply(name, IntentRecognizer, fake),
        create: () => new FakeIntentRecognizer(),
      };
    },
  },
  languageModel: {
    capability: 'language-model',
    async load() {
      const [{ LanguageModel }, { FakeLanguageModel }] = await Promise.all([
        import('@tiercel/capabilities/language-model'),
        import('@tiercel/capabilities/language-model/testing'),
      ]);
      return {
        supply: (name, fake) => supply(name, LanguageModel, fake),
        create: () => new FakeLanguageModel(),
      };
    },
  },
  log: {
    capability: 'log',
    async load() {
      const [{ Log }, { FakeLog }] = await Promise.all([
        import('@tiercel/capabilities/log'),
        import('@tiercel/capabilities/log/testing'),
      ]);
      return {
        supply: (name, fake) => supply(name, Log, fake),
        create: () => new FakeLog(),
      };
    },
  },
  metrics: {
    capability: 'metrics',
    async load() {
      const [{ Metrics }, { FakeMetrics }] = await Promise.all([
        import('@tiercel/capabilities/metrics'),
        import('@tiercel/capabilities/metrics/testing'),
      ]);
      return {
        supply: (name, fake) => supply(name, Metrics, fake),
        create: () => new FakeMetrics(),
      };
    },
  },
  modelStore: {
    capability: 'model-store',
    async load() {
      const [{ ModelStore }, { FakeModelStore }] = await Promise.all([
        import('@tiercel/capabilities/model-store'),
        import('@tiercel/capabilities/model-store/testing'),
      ]);
      return {
        supply: (name, fake) => supply(name, ModelStore, fake),
        create: () => new FakeModelStore(),
      };
    },
  },
  serviceAnnouncer: {
    capability: 'service-announcer',
    async load() {
      const [{ ServiceAnnouncer }, { FakeServiceAnnouncer }] = await Promise.all([
        import('@tiercel/capabilities/discovery'),
        import('@tiercel/capabilities/discovery/testing'),
      ]);
      return {
        supply: (name, fake) => supply(name, ServiceAnnouncer, fake),
        create: () => new FakeServiceAnnouncer(),
      };
    },
  },
  speechToText: {
    capability: 'speech-to-text',
    async load() {
      const [{ SpeechToText }, { FakeSpeechToText }] = await Promise.all([
        import('@tiercel/capabilities/speech-to-text'),
        import('@tiercel/capabilities/speech-to-text/testing'),
      ]);
      return {
        supply: (name, fake) => supply(name, SpeechToText, fake),
        create: () => new FakeSpeechToText(),
      };
    },
  },
  textToSpeech: {
    capability: 'text-to-speech',
    async load() {
      const [{ TextToSpeech }, { FakeTextToSpeech }] = await Promise.all([
        import('@tiercel/capabilities/text-to-speech'),
        import('@tiercel/capabilities/text-to-speech/testing'),
      ]);
      return {
        supply: (name, fake) => supply(name, TextToSpeech, fake),
        create: () => new FakeTextToSpeech(),
      };
    },
  },
  toolProvider: {
    capability: 'tool-provider',
    async load() {
      const [{ ToolProvider }, { FakeToolProvider }] = await Promise.all([
        import('@tiercel/capabilities/tool-provider'),
        import('@tiercel/capabilities/tool-provider/testing'),
      ]);
      return {
        supply: (name, fake) => supply(name, ToolProvider, fake),
        create: () => new FakeToolProvider(),
      };
    },
  },
  toolRegistry: {
    capability: 'tool-registry',
    async load() {
      const [{ ToolRegistry }, { FakeToolRegistry }] = await Promise.all([
        import('@tiercel/capabilities/tool-registry'),
        import('@tiercel/capabilities/tool-registry/testing'),
      ]);
      return {
        supply: (name, fake) => supply(name, ToolRegistry, fake),
        create: () => new FakeToolRegistry(),
      };
    },
  },
  voiceActivityDetector: {
    capability: 'voice-activity-detector',
    async load() {
      const [{ VoiceActivityDetector }, { FakeVoiceActivityDetector }] = await Promise.all([
        import('@tiercel/capabilities/voice-activity-detector'),
        import('@tiercel/capabilities/voice-activity-detector/testing'),
      ]);
      return {
        supply: (name, fake) => supply(name, VoiceActivityDetector, fake),
        create: () => new FakeVoiceActivityDetector(),
      };
    },
  },
  worldModel: {
    capability: 'world-model',
    async load() {
      const [{ WorldModel }, { FakeWorldModel }] = await Promise.all([
        import('@tiercel/capabilities/world-model'),
        import('@tiercel/capabilities/world-model/testing'),
      ]);
      return {
        supply: (name, fake) => supply(name, WorldModel, fake),
        create: () => new FakeWorldModel(),
      };
    },
  },
};
