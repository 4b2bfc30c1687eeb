/** What several providers make together keeps the contract of one: each suite runs behind a provider that is down. */
import { describe, expect, it } from '@jest/globals';
import { boot, type Capability, supply, TiercelError } from '@tiercel/kernel';
import { collect } from './contract/collect.js';
import { LanguageModel } from './language-model/index.js';
import { describeLanguageModelContract, FakeLanguageModel } from './language-model/testing.js';
import { SpeechToText } from './speech-to-text/index.js';
import { describeSpeechToTextContract, FakeSpeechToText } from './speech-to-text/testing.js';
import { TextToSpeech } from './text-to-speech/index.js';
import { describeTextToSpeechContract, FakeTextToSpeech } from './text-to-speech/testing.js';
import { VoiceActivityDetector } from './voice-activity-detector/index.js';
import {
  describeVoiceActivityDetectorContract,
  FakeVoiceActivityDetector,
} from './voice-activity-detector/testing.js';

const tone = Int16Array.from({ length: 16_000 }, (_, index) => Math.round(8000 * Math.sin(index / 5)));

const processGone = () => new TiercelError('PROVIDER_LOST', 'Its process is gone.', { retryable: true });

/** A provider whose process is gone. */
function lost<T, F>({ methods }: Capability<T, F>): T {
  const fail = () => {
    throw processGone();
  };
  const members = Object.entries(methods).map(([member, shape]) => [
    member,
    shape === 'fact' ? { get: fail } : { value: fail },
  ]);
  return Object.defineProperties({}, Object.fromEntries(members)) as T;
}

/** Both as one, in this order: the fake answers each call after the other has failed. */
function behindLost<T, F>(capability: Capability<T, F>, provider: T): T {
  const named = [lost(capability), provider].map((each, index) => ({ plugin: `${index}`, provider: each }));
  const composite = capability.compose?.(named, capability);
  if (composite === undefined) throw new Error(`${capability.id} does not compose.`);
  return composite;
}

describeLanguageModelContract('a lost model and a FakeLanguageModel', () => ({
  provider: behindLost(LanguageModel, new FakeLanguageModel()),
  close: () => undefined,
}));

describeSpeechToTextContract(
  'a lost recogniser and a FakeSpeechToText',
  () => ({
    provider: behindLost(SpeechToText, new FakeSpeechToText({ decode: turn })),
    close: () => undefined,
  }),
  { speech: tone, says: /lamp/ },
);

describeTextToSpeechContract('a lost voice and a FakeTextToSpeech', () => ({
  provider: behindLost(TextToSpeech, new FakeTextToSpeech()),
  close: () => undefined,
}));

describeVoiceActivityDetectorContract(
  'a lost detector and a FakeVoiceActivityDetector',
  () => {
    const fake = new FakeVoiceActivityDetector();
    return {
      provider: behindLost(VoiceActivityDetector, fake),
      close: () => expect(fake.open).toBe(0),
    };
  },
  { speech: tone },
);

describe('providers that a node binds in an order', () => {
  it('are all told of once they are used, each with its circuit', async () => {
    await using node = await boot({
      manifest: {
        tier: 'test',
        plugins: Object.fromEntries(
          ['llm', 'stt', 'tts', 'vad'].flatMap((kind) => [
            [`${kind}-cloud`, { use: `@acme/${kind}-cloud` }],
            [`${kind}-local`, { use: `@acme/${kind}-local` }],
          ]),
        ),
        bind: {
          'language-model': ['llm-cloud', 'llm-local'],
          'speech-to-text': ['stt-cloud', 'stt-local'],
          'text-to-speech': ['tts-cloud', 'tts-local'],
          'voice-activity-detector': ['vad-cloud', 'vad-local'],
        },
      },
      plugins: [
        supply('@acme/llm-cloud', LanguageModel, new FakeLanguageModel()),
        supply('@acme/llm-local', LanguageModel, new FakeLanguageModel()),
        supply('@acme/stt-cloud', SpeechToText, new FakeSpeechToText()),
        supply('@acme/stt-local', SpeechToText, new FakeSpeechToText()),
        supply('@acme/tts-cloud', TextToSpeech, new FakeTextToSpeech()),
        supply('@acme/tts-local', TextToSpeech, new FakeTextToSpeech()),
        supply('@acme/vad-cloud', VoiceActivityDetector, new FakeVoiceActivityDetector()),
        supply('@acme/vad-local', VoiceActivityDetector, new FakeVoiceActivityDetector()),
      ],
      environment: {},
      machine: null,
    });

    // A node composes what somebody uses.
    node.get(LanguageModel);
    node.get(SpeechToText);
    node.get(TextToSpeech);
    node.get(VoiceActivityDetector);
    const told = node.describe().capabilities.map(({ capability, servedBy, providers }) => {
      const circuits = providers.map(({ plugin, circuit }) => `${plugin} is ${circuit?.state}`);
      return [capability, servedBy, ...circuits];
    });

    expect(told.sort()).toEqual([
      ['language-model', 'llm-cloud', 'llm-cloud is closed', 'llm-local is closed'],
      ['speech-to-text', 'stt-cloud', 'stt-cloud is closed', 'stt-local is closed'],
      ['text-to-speech', 'tts-cloud', 'tts-cloud is closed', 'tts-local is closed'],
      ['voice-activity-detector', 'vad-cloud', 'vad-cloud is closed', 'vad-local is closed'],
    ]);
  });

  it('take over from one that is passed over, which the node tells with the reason', async () => {
    const cloud = new FakeTextToSpeech();
    const local = new FakeTextToSpeech();
    await using node = await boot({
      manifest: {
        tier: 'test',
        plugins: { cloud: { use: '@acme/cloud' }, local: { use: '@acme/local' } },
        bind: { 'text-to-speech': ['cloud', 'local'] },
      },
      plugins: [supply('@acme/cloud', TextToSpeech, cloud), supply('@acme/local', TextToSpeech, local)],
      environment: {},
      machine: null,
    });
    const voice = node.get(TextToSpeech);

    for (const sentence of ['One.', 'Two.', 'Three.']) {
      cloud.failNext(processGone());
      await collect(voice.synthesize(sentence));
    }

    expect(local.calls.map(({ text }) => text)).toEqual(['One.', 'Two.', 'Three.']);
    expect(node.describe().capabilities).toMatchObject([
      {
        servedBy: 'local',
        degraded: 'cloud is passed over: Its process is gone.',
        providers: [
          { plugin: 'cloud', circuit: { state: 'open', failures: 3 } },
          { plugin: 'local', circuit: { state: 'closed', failures: 0 } },
        ],
      },
    ]);
  });
});

function turn(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}
