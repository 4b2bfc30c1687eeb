import { describe, expect, it } from '@jest/globals';
import { Assistant } from '@tiercel/capabilities/assistant';
import { ConversationProbe, describeAssistantContract } from '@tiercel/capabilities/assistant/testing';
import { Clock } from '@tiercel/capabilities/clock';
import { FakeClock } from '@tiercel/capabilities/clock/testing';
import { IntentRecognizer } from '@tiercel/capabilities/intent-recognizer';
import { FakeIntentRecognizer } from '@tiercel/capabilities/intent-recognizer/testing';
import { LanguageModel, LanguageModelError } from '@tiercel/capabilities/language-model';
import { FakeLanguageModel } from '@tiercel/capabilities/language-model/testing';
import { Log } from '@tiercel/capabilities/log';
import { FakeLog } from '@tiercel/capabilities/log/testing';
import { TextToSpeech } from '@tiercel/capabilities/text-to-speech';
import { ToolRegistry } from '@tiercel/capabilities/tool-registry';
import { FakeToolRegistry } from '@tiercel/capabilities/tool-registry/testing';
import { boot, supply } from '@tiercel/kernel';
import { ToneTextToSpeech } from './__fixtures__/scripted-engines.js';
import assistant, { AssistantError } from './index.js';

const clock = new FakeClock();
const withVoice = [
  supply('@tiercel/model', LanguageModel, new FakeLanguageModel()),
  supply('@tiercel/voice', TextToSpeech, new ToneTextToSpeech(clock)),
];

function bootWith(
  plugins: readonly ReturnType<typeof supply>[],
  {
    config = {},
    environment = {},
    tools = new FakeToolRegistry([]),
    bind = {},
  }: {
    readonly config?: Readonly<Record<string, unknown>>;
    readonly environment?: Readonly<Record<string, string>>;
    readonly tools?: ToolRegistry;
    readonly bind?: Readonly<Record<string, readonly string[]>>;
  } = {},
) {
  const others = Object.fromEntries(plugins.map(({ name }) => [name.replace('@tiercel/', ''), null]));
  return boot({
    manifest: {
      tier: 'test',
      bind,
      plugins: { log: null, clock: null, 'tool-registry': null, assistant: { config }, ...others },
    },
    plugins: [
      assistant,
      supply('@tiercel/log', Log, new FakeLog()),
      supply('@tiercel/clock', Clock, clock),
      supply('@tiercel/tool-registry', ToolRegistry, tools),
      ...plugins,
    ],
    environment,
  });
}

describeAssistantContract('@tiercel/assistant on a node', async () => {
  const node = await bootWith(withVoice);
  return { provider: node.get(Assistant), close: () => node[Symbol.asyncDispose]() };
});

describe('@tiercel/assistant', () => {
  it('works with fixed commands only', async () => {
    const tools = new FakeToolRegistry([
      { name: 'clock_time', run: () => ({ content: 12, spoken: 'It is noon.' }) },
    ]);
    const phrases = new FakeIntentRecognizer({ 'What time is it?': { tool: 'clock_time' } });
    await using node = await bootWith([supply('@tiercel/phrases', IntentRecognizer, phrases)], { tools });
    const probe = new ConversationProbe(node.get(Assistant));

    await probe.send({ type: 'text', text: 'What time is it?' });
    probe.end();
    await probe.ended;

    expect(probe.ofType('turn-end')).toMatchObject([
      { outcome: 'answered', path: 'phrase', reply: 'It is noon.' },
    ]);
  });

  it('uses what the manifest says', async () => {
    const model = new FakeLanguageModel();
    await using node = await bootWith([supply('@tiercel/model', LanguageModel, model)], {
      config: { systemPrompt: 'Speak like a pirate.', maxReplyTokens: 7, temperature: 0.5 },
    });
    const probe = new ConversationProbe(node.get(Assistant));

    await probe.send({ type: 'text', text: 'Hello' });
    probe.end();
    await probe.ended;

    expect(model.requests[0]).toMatchObject({
      messages: [{ role: 'system', text: 'Speak like a pirate.' }, { role: 'user' }],
      maxTokens: 7,
      temperature: 0.5,
    });
  });

  it('asks the other model of the manifest when the first is away, and says so once', async () => {
    const away = new FakeLanguageModel({
      replies: () => ({ error: new LanguageModelError('LANGUAGE_MODEL_UNREACHABLE', { attempts: [] }) }),
    });
    const local = new FakeLanguageModel({ replies: () => ({ text: 'Yes.' }) });
    await using node = await bootWith(
      [
        supply('@tiercel/llm-remote', LanguageModel, away),
        supply('@tiercel/llm-local', LanguageModel, local),
      ],
      { bind: { 'language-model': ['llm-remote', 'llm-local'] } },
    );
    const probe = new ConversationProbe(node.get(Assistant), { voice: false });

    await probe.send({ type: 'text', text: 'One' }, { type: 'text', text: 'Two' });
    probe.end();
    await probe.ended;

    expect(probe.ofType('turn-end').map(({ reply }) => reply)).toEqual([
      'I am on my own for now; I will do my best.\nYes.',
      'Yes.',
    ]);
  });

  it('does not start without a tool registry, and names what is missing', async () => {
    const manifest = { tier: 'test', plugins: { log: null, clock: null, assistant: null } };
    const plugins = [
      assistant,
      supply('@tiercel/log', Log, new FakeLog()),
      supply('@tiercel/clock', Clock, clock),
    ];

    await expect(boot({ manifest, plugins, environment: {} })).rejects.toThrow(/assistant.*tool-registry/s);
  });

  it('takes the longest pause from TURN_MAX_PAUSE_MS, within its bounds', async () => {
    await expect(bootWith([], { environment: { TURN_MAX_PAUSE_MS: '50' } })).rejects.toThrow(
      'TURN_MAX_PAUSE_MS',
    );
    await using node = await bootWith([], { environment: { TURN_MAX_PAUSE_MS: '900' } });

    expect(node.get(Assistant)).toBeDefined();
  });

  it('ends its conversations when the node stops', async () => {
    const node = await bootWith(withVoice);
    const probe = new ConversationProbe(node.get(Assistant), { plays: 'never' });
    await probe.send({ type: 'text', text: 'Hello' });
    await probe.waitFor('audio');

    await node[Symbol.asyncDispose]();
    await probe.ended;

    expect(probe.ofType('turn-end')).toMatchObject([{ outcome: 'interrupted' }]);
  });

  it('gives attempts ids that grow over all conversations', async () => {
    await using node = await bootWith(withVoice);
    const attempts: number[] = [];

    for (let round = 0; round < 3; round++) {
      const probe = new ConversationProbe(node.get(Assistant), { voice: false });
      await probe.send({ type: 'text', text: 'Hello' });
      probe.end();
      await probe.ended;
      attempts.push(...probe.ofType('turn-end').map(({ attempt }) => attempt));
    }

    expect(attempts).toEqual([1, 2, 3]);
  });

  it('has an error text for every code that says what to do', () => {
    const details = {
      missing: ['voice activity detector'],
      part: 'The audio input',
      sampleRateHz: 8_000,
      expectedRateHz: 16_000,
      finding: 'a word',
      stage: 'model',
      waitedMs: 5,
      waiting: 4,
      rounds: 10,
      tool: 'lamp_on',
      decision: 'refused',
    };

    for (const message of Object.values(AssistantError.messages)) {
      const text = (message as (values: object) => string)(details);
      expect(text).not.toContain('undefined');
      expect(text.split(/[.;] /).length).toBeGreaterThan(1);
    }
  });
});
