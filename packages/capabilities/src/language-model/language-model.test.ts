import { describe, expect, it } from '@jest/globals';
import type { LanguageModelEvent, ModelRequest } from './language-model.js';
import { describeLanguageModelContract, FakeLanguageModel } from './testing.js';

const HELLO: ModelRequest = { messages: [{ role: 'user', text: 'Hello' }] };

async function collect(events: AsyncIterable<LanguageModelEvent>): Promise<LanguageModelEvent[]> {
  const list: LanguageModelEvent[] = [];
  for await (const event of events) list.push(event);
  return list;
}

describeLanguageModelContract('FakeLanguageModel', () => ({
  provider: new FakeLanguageModel(),
  close: () => undefined,
}));

describeLanguageModelContract('FakeLanguageModel without tools and schemas', () => ({
  provider: new FakeLanguageModel({
    features: { tools: 'none', responseSchema: 'none', reusesPrefix: false },
  }),
  close: () => undefined,
}));

describe('FakeLanguageModel', () => {
  it('says its replies in order, word by word', async () => {
    const model = new FakeLanguageModel({ replies: [{ text: 'Good morning.' }, { text: 'Bye.' }] });

    const first = await collect(model.generate(HELLO));
    const second = await collect(model.generate(HELLO));

    expect(first.slice(0, 2)).toEqual([
      { type: 'text-delta', text: 'Good ' },
      { type: 'text-delta', text: 'morning.' },
    ]);
    expect(second[0]).toEqual({ type: 'text-delta', text: 'Bye.' });
  });

  it('answers with a function of the request', async () => {
    const model = new FakeLanguageModel({ replies: ({ messages }) => ({ text: messages[0]?.text ?? '' }) });

    expect((await collect(model.generate(HELLO)))[0]).toEqual({ type: 'text-delta', text: 'Hello' });
  });

  it('calls the tools that it is told to call, with ids of their own', async () => {
    const toolCalls = [
      { name: 'clock_read', args: {} },
      { name: 'lamp_set', args: { isOn: true } },
    ];
    const model = new FakeLanguageModel({ replies: [{ toolCalls }] });

    const events = await collect(model.generate(HELLO));

    expect(events.slice(0, 2)).toEqual([
      { type: 'tool-call', call: { id: 'call-1', name: 'clock_read', args: {} } },
      { type: 'tool-call', call: { id: 'call-2', name: 'lamp_set', args: { isOn: true } } },
    ]);
    expect(events.at(-1)).toEqual({ type: 'end', finishReason: 'tool-calls' });
  });

  it('throws the error of a reply after its text', async () => {
    const error = new Error('broken');
    const model = new FakeLanguageModel({ replies: [{ text: 'One two', error }] });
    const seen: LanguageModelEvent[] = [];

    const reading = async () => {
      for await (const event of model.generate(HELLO)) seen.push(event);
    };

    await expect(reading()).rejects.toBe(error);
    expect(seen.map(({ type }) => type)).toEqual(['text-delta', 'text-delta']);
  });

  it('holds the last word back until it is told to go on', async () => {
    let goOn: () => void = () => undefined;
    const until = new Promise<void>((resolve) => {
      goOn = resolve;
    });
    const model = new FakeLanguageModel({ replies: [{ text: 'One two', until }] });
    const answer = model.generate(HELLO)[Symbol.asyncIterator]();
    await answer.next();

    const last = answer.next();
    goOn();

    expect(await last).toEqual({ done: false, value: { type: 'text-delta', text: 'two' } });
  });

  it('stops waiting when the caller aborts', async () => {
    const controller = new AbortController();
    const reason = new Error('interrupted');
    const model = new FakeLanguageModel({ replies: [{ text: 'One', until: new Promise(() => undefined) }] });
    const first = model.generate(HELLO, { signal: controller.signal })[Symbol.asyncIterator]().next();

    controller.abort(reason);

    await expect(first).rejects.toBe(reason);
    expect(model.running).toBe(0);
  });

  it('remembers what it was asked', async () => {
    const model = new FakeLanguageModel();

    await model.warmUp(HELLO);
    await collect(model.generate(HELLO));

    expect([model.warmUps, model.requests]).toEqual([[HELLO], [HELLO]]);
  });
});
