import { describe, expect, it } from '@jest/globals';
import { Assistant } from '@tiercel/capabilities/assistant';
import { ConversationProbe, describeAssistantContract } from '@tiercel/capabilities/assistant/testing';
import { FakeClock } from '@tiercel/capabilities/clock/testing';
import { LanguageModel, LanguageModelError, type ModelRequest } from '@tiercel/capabilities/language-model';
import { FakeLanguageModel, type FakeReply } from '@tiercel/capabilities/language-model/testing';
import { Log } from '@tiercel/capabilities/log';
import { FakeLog } from '@tiercel/capabilities/log/testing';
import { TextToSpeech } from '@tiercel/capabilities/text-to-speech';
import { ToolRegistry } from '@tiercel/capabilities/tool-registry';
import { FakeToolRegistry } from '@tiercel/capabilities/tool-registry/testing';
import { boot, supply } from '@tiercel/kernel';
import { describeInEveryPlacement } from '@tiercel/testkit';
import { ToneTextToSpeech } from './__fixtures__/scripted-engines.js';
import assistant from './index.js';

const sensitiveRequest = 'Open the door';

/** Calls a tool that needs an approval when it is asked to, and then says so. */
function answer({ messages }: ModelRequest): FakeReply {
  const last = messages.at(-1);
  const isAsked = last?.role === 'user' && last.text.endsWith(sensitiveRequest);
  return isAsked
    ? { toolCalls: [{ name: 'door', args: {} }] }
    : { text: `I got a message as ${last?.role}.` };
}

// In a process of its own it converses with the model and the voice of the node.
describeInEveryPlacement(
  'assistant',
  {
    capability: Assistant,
    plugin: assistant,
    plugins: [
      supply('@tiercel/log', Log, new FakeLog()),
      supply(
        '@tiercel/tool-registry',
        ToolRegistry,
        new FakeToolRegistry([{ name: 'door', effect: 'write' }]),
      ),
      supply('@tiercel/model', LanguageModel, new FakeLanguageModel({ replies: answer })),
      supply('@tiercel/voice', TextToSpeech, new ToneTextToSpeech(new FakeClock())),
    ],
    beside: { 'clock-system': null },
    kill: 'once',
  },
  (title, open) => describeAssistantContract(title, open, { sensitiveRequest }),
);

describe('an assistant in a process of its own', () => {
  it('says that the preferred model of its node is lost', async () => {
    const away = new FakeLanguageModel({
      replies: () => ({ error: new LanguageModelError('LANGUAGE_MODEL_UNREACHABLE', { attempts: [] }) }),
    });
    const local = new FakeLanguageModel({ replies: () => ({ text: 'Yes.' }) });
    await using node = await boot({
      manifest: {
        tier: 'test',
        plugins: {
          log: null,
          'clock-system': null,
          'tool-registry': null,
          'llm-remote': null,
          'llm-local': null,
          assistant: { placement: 'process' },
        },
        bind: { 'language-model': ['llm-remote', 'llm-local'] },
      },
      plugins: [
        supply('@tiercel/log', Log, new FakeLog()),
        supply('@tiercel/tool-registry', ToolRegistry, new FakeToolRegistry([])),
        supply('@tiercel/llm-remote', LanguageModel, away),
        supply('@tiercel/llm-local', LanguageModel, local),
      ],
      environment: {},
      startTimeoutMs: 60_000,
    });
    const probe = new ConversationProbe(node.get(Assistant), { voice: false });

    await probe.send({ type: 'text', text: 'One' }, { type: 'text', text: 'Two' });
    probe.end();
    await probe.ended;

    expect(probe.ofType('turn-end').map(({ reply }) => reply)).toEqual([
      'I am on my own for now; I will do my best.\nYes.',
      'Yes.',
    ]);
  });
});
