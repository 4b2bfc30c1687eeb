import { describe, expect, it } from '@jest/globals';
import { ConversationProbe } from '@tiercel/capabilities/assistant/testing';
import { LanguageModel, LanguageModelError, type ModelRequest } from '@tiercel/capabilities/language-model';
import { FakeLanguageModel } from '@tiercel/capabilities/language-model/testing';
import { type CircuitStatus, circuitsOf } from '@tiercel/kernel';
import { Call, type CallOptions } from './__fixtures__/call.js';
import type { ModelProvider } from './model-providers.js';

const NOTICE = 'I am on my own for now; I will do my best.';

/** A core whose model can be taken away, before an answer or inside of one. */
class Core extends FakeLanguageModel {
  isAway = false;
  /** Goes away after so many words of the next answer. */
  wordsLeft = Number.POSITIVE_INFINITY;

  override async *generate(request: ModelRequest, options = {}) {
    if (this.isAway) throw new LanguageModelError('LANGUAGE_MODEL_UNREACHABLE', { attempts: [] });
    for await (const event of super.generate(request, options)) {
      if (event.type === 'text-delta' && this.wordsLeft-- <= 0) {
        this.isAway = true;
        const details = { endpoint: 'http://core.example', finding: 'the socket was closed' };
        throw new LanguageModelError('LANGUAGE_MODEL_STREAM_TRUNCATED', details);
      }
      yield event.type === 'end' ? { ...event, provider: 'llm-remote' } : event;
    }
  }
}

class Edge extends FakeLanguageModel {
  override async *generate(request: ModelRequest, options = {}) {
    for await (const event of super.generate(request, options))
      yield event.type === 'end' ? { ...event, provider: 'llm-local' } : event;
  }
}

function openCall(options: CallOptions = {}) {
  const core = new Core({ replies: () => ({ text: 'A good and rather long answer.' }) });
  const edge = new Edge({ replies: () => ({ text: 'A short one.' }) });
  const named = [
    { plugin: 'llm-remote', provider: core as LanguageModel },
    { plugin: 'llm-local', provider: edge as LanguageModel },
  ];
  const model = LanguageModel.compose?.(named, LanguageModel) as LanguageModel & {
    readonly [circuitsOf]: () => readonly CircuitStatus[];
  };
  const modelProviders = async (): Promise<readonly ModelProvider[]> =>
    model[circuitsOf]().map(({ plugin, failures }) => ({ plugin, isWell: failures === 0 }));
  const call = new Call({ model, modelProviders, voice: false, ...options });
  const say = async (...texts: readonly string[]) => {
    for (const text of texts) {
      const before = call.probe.ofType('turn-end').length;
      await call.probe.send({ type: 'text', text });
      await call.waitFor('turn-end', before + 1);
    }
  };
  const replies = () => call.probe.ofType('turn-end').map(({ reply }) => reply);
  return { core, edge, call, say, replies };
}

describe('an assistant whose preferred model is lost', () => {
  it('says so once, before the reply of the other one, and which plugin answered', async () => {
    const { core, call, say, replies } = openCall();

    await say('One');
    core.isAway = true;
    await say('Two', 'Three', 'Four', 'Five');
    await call.end();

    expect(replies()).toEqual([
      'A good and rather long answer.',
      `${NOTICE}\nA short one.`,
      'A short one.',
      'A short one.',
      'A short one.',
    ]);
    expect(call.probe.ofType('turn-end').map(({ provider }) => provider)).toEqual([
      'llm-remote',
      ...Array(4).fill('llm-local'),
    ]);
    expect(call.probe.ofType('turn-end').every(({ outcome }) => outcome === 'answered')).toBe(true);
  });

  it('says nothing when it is back, and tells of the next loss', async () => {
    const { core, call, say, replies } = openCall();

    core.isAway = true;
    await say('One');
    core.isAway = false;
    await say('Two');
    core.isAway = true;
    await say('Three');
    await call.end();

    expect(replies()).toEqual([
      `${NOTICE}\nA short one.`,
      'A good and rather long answer.',
      `${NOTICE}\nA short one.`,
    ]);
  });

  it('says so once, also where several conversations are held', async () => {
    const { core, call, say } = openCall();
    core.isAway = true;
    await say('One');

    const other = new ConversationProbe(call.assistant, { voice: false });
    await other.send({ type: 'text', text: 'Two' });
    other.end();
    await other.ended;
    await call.end();

    expect(other.ofType('turn-end').map(({ reply }) => reply)).toEqual(['A short one.']);
  });

  it('loses no answer when the model goes away inside of it', async () => {
    const { core, call, say, replies } = openCall({ voice: true });

    core.wordsLeft = 3;
    await say('One');
    await say('Two');
    await call.end();

    expect(replies()).toEqual([`A good and …\n${NOTICE}\nA short one.`, 'A short one.']);
    expect(call.tts.said[0]).toBe('A good and …');
    expect(call.tts.said.join(' ')).toBe(`A good and … ${NOTICE} A short one. A short one.`);
  });

  it('does not remind the model of what it said about itself', async () => {
    const { core, edge, call, say } = openCall();

    core.wordsLeft = 3;
    await say('One', 'Two');
    await call.end();

    expect(edge.requests[1]?.messages.slice(1)).toEqual([
      { role: 'user', text: 'One' },
      { role: 'assistant', text: 'A short one.' },
      { role: 'user', text: 'Two' },
    ]);
  });

  it('says it in the language of the conversation', async () => {
    const { core, call, say, replies } = openCall({ language: 'de' });

    core.isAway = true;
    await say('Eins');
    await call.end();

    expect(replies()[0]).toContain('Ich bin gerade auf mich allein gestellt');
  });

  it('says nothing where the owner does not want it', async () => {
    const { core, call, say, replies } = openCall({ settings: { tellsDegradation: false } });

    core.isAway = true;
    await say('One');
    await call.end();

    expect(replies()).toEqual(['A short one.']);
  });

  it('answers without a word about it where nobody knows who answers', async () => {
    const { core, call, say, replies } = openCall({
      modelProviders: () => Promise.reject(new Error('no node')),
    });

    core.isAway = true;
    await say('One');
    await call.end();

    expect(replies()).toEqual(['A short one.']);
    expect(call.log.messages('warn')).toContain('state of the language model is not known');
  });

  it('does not wait long for a node that does not say', async () => {
    const { core, call, say, replies } = openCall({ modelProviders: () => new Promise(() => undefined) });

    core.isAway = true;
    await say('One');
    await call.end();

    expect(replies()).toEqual(['A short one.']);
  });

  it('fails where nobody answers, without asking again and again', async () => {
    const { core, edge, call, say } = openCall();
    let asked = 0;
    core.isAway = true;
    edge.generate = () => {
      asked++;
      throw new LanguageModelError('LANGUAGE_MODEL_OVERLOADED', { waiting: 9, limit: 8 });
    };

    await say('One');
    await call.end();

    expect(asked).toBe(1);
    expect(call.probe.ofType('turn-end')).toMatchObject([
      { outcome: 'failed', error: { code: 'FAILOVER_EXHAUSTED' } },
    ]);
  });

  it('fails where there is no other', async () => {
    const core = new Core();
    core.wordsLeft = 2;
    const call = new Call({
      model: core,
      voice: false,
      modelProviders: async () => [{ plugin: 'llm-remote', isWell: true }],
    });

    await call.probe.send({ type: 'text', text: 'One' });
    await call.end();

    expect(call.probe.ofType('turn-end')).toMatchObject([
      { outcome: 'failed', error: { code: 'LANGUAGE_MODEL_STREAM_TRUNCATED' } },
    ]);
  });
});
