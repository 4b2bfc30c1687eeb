/** A model on another machine, and one here that answers while it is away. */
import { describe, expect, it } from '@jest/globals';
import { Clock } from '@tiercel/capabilities/clock';
import { LanguageModel, type LanguageModelEvent, partialOf } from '@tiercel/capabilities/language-model';
import { FakeLanguageModel } from '@tiercel/capabilities/language-model/testing';
import { Log } from '@tiercel/capabilities/log';
import { FakeLog } from '@tiercel/capabilities/log/testing';
import { boot, supply } from '@tiercel/kernel';
import { bootTest } from '@tiercel/testkit';
import llmRemote from './index.js';
import { answer, role, text } from './test/chunks.js';
import { collect, HELLO, outcomeOf, textIn } from './test/open-test-model.js';
import { type Script, ScriptedServer } from './test/scripted-server.js';
import { TestClock } from './test/test-clock.js';

const well: Script = (call) => call.end(answer('From afar.'));

async function bootPair(url: string) {
  const here = new FakeLanguageModel({ replies: () => ({ text: 'From here.' }) });
  const clock = new TestClock();
  const node = await boot({
    manifest: {
      tier: 'test',
      plugins: {
        'llm-remote': { use: '@tiercel/llm-remote', config: { retries: 0 } },
        'llm-here': { use: '@acme/llm-here' },
        log: { use: '@acme/log' },
        clock: { use: '@acme/clock' },
      },
      bind: { 'language-model': ['llm-remote', 'llm-here'] },
    },
    plugins: [
      llmRemote,
      supply('@acme/llm-here', LanguageModel, here),
      supply('@acme/log', Log, new FakeLog()),
      supply('@acme/clock', Clock, clock),
    ],
    environment: { LLM_URL: url },
    machine: null,
  });
  return { node, here, clock, model: node.get(LanguageModel) };
}

function said(events: readonly LanguageModelEvent[]): readonly unknown[] {
  return [textIn(events), events.map((event) => (event.type === 'end' ? event.provider : undefined)).at(-1)];
}

describe('a language model bound to a remote one and one here', () => {
  it('is the remote one while that answers, and the answer says so', async () => {
    await using server = await ScriptedServer.open(well);
    const { node, model } = await bootPair(server.url);
    await using _node = node;

    expect(said(await collect(model.generate(HELLO)))).toEqual(['From afar.', 'llm-remote']);
  });

  it('is the one here within the same call when the server is dead, at the start too', async () => {
    const server = await ScriptedServer.open(well);
    const { url } = server;
    await server[Symbol.asyncDispose]();
    const { node, model } = await bootPair(url);
    await using _node = node;

    expect(textIn(await collect(model.generate(HELLO)))).toBe('From here.');
    expect(node.describe().plugins).toContainEqual(
      expect.objectContaining({ plugin: 'llm-remote', state: 'degraded' }),
    );
  });

  it('fails with what was said when the server dies in the middle, and is the one here from the next call on', async () => {
    const server = await ScriptedServer.open((call) => call.write(role + text('From ')));
    const { node, model } = await bootPair(server.url);
    await using _node = node;
    const answered = model.generate(HELLO)[Symbol.asyncIterator]();
    await answered.next();

    await server[Symbol.asyncDispose]();
    const error: unknown = await answered.next().catch((thrown: unknown) => thrown);
    const next = await collect(model.generate(HELLO));

    expect(error).toMatchObject({ code: 'LANGUAGE_MODEL_STREAM_TRUNCATED', retryable: true });
    expect(partialOf(error)?.text).toBe('From ');
    expect(textIn(next)).toBe('From here.');
  });

  it('asks the one here for a prompt that is too long for the server', async () => {
    await using server = await ScriptedServer.open(
      (call) => void call.answer(400, { error: { code: 'context_length_exceeded' } }),
    );
    const { node, model } = await bootPair(server.url);
    await using _node = node;

    expect(textIn(await collect(model.generate(HELLO)))).toBe('From here.');
  });

  it('shows on the node who answers instead, and which servers failed', async () => {
    const server = await ScriptedServer.open(well);
    const { url } = server;
    const { node, model } = await bootPair(url);
    await using _node = node;
    await server[Symbol.asyncDispose]();

    for (let call = 0; call < 3; call++) await collect(model.generate(HELLO));

    const { capabilities, plugins } = node.describe();
    expect(capabilities.find(({ capability }) => capability === 'language-model')).toMatchObject({
      servedBy: 'llm-here',
      degraded: expect.stringMatching(/^llm-remote is degraded: .*it refuses connections/),
      providers: [
        { plugin: 'llm-remote', circuit: { state: 'open', failures: 3 } },
        { plugin: 'llm-here', circuit: { state: 'closed' } },
      ],
    });
    expect(plugins.find(({ plugin }) => plugin === 'llm-remote')).toMatchObject({
      state: 'degraded',
      facts: { servers: [{ url, circuit: { state: 'open', failures: 3 } }] },
    });
  });

  it('never gets a second answer when a caller aborts', async () => {
    await using server = await ScriptedServer.open((call) => call.begin());
    const { node, model, here } = await bootPair(server.url);
    await using _node = node;
    const controller = new AbortController();
    const outcome = outcomeOf(model.generate(HELLO, { signal: controller.signal }));
    const call = await server.call(1);

    controller.abort(new Error('interrupted'));

    expect((await outcome).error).toBe(controller.signal.reason);
    await call.gone;
    expect(here.requests).toEqual([]);
  });
});

describe('a node that stops', () => {
  it('leaves nothing open, in the middle of an answer and while a server is looked for', async () => {
    await using server = await ScriptedServer.open((call) => call.write(role + text('From ')));
    const gone = await ScriptedServer.open(well);
    const { url } = gone;
    await gone[Symbol.asyncDispose]();
    await import('got');
    const test = await bootTest({
      plugins: [llmRemote],
      config: { 'llm-remote': { url: `${server.url},${url}` } },
      entries: { 'clock-system': {} },
    });
    const answered = test.get(LanguageModel).generate(HELLO)[Symbol.asyncIterator]();
    await answered.next();

    await test[Symbol.asyncDispose]();

    await expect(answered.next()).rejects.toMatchObject({ code: 'LLM_REMOTE_CLOSED' });
    await server.calls[0]?.gone;
  });
});
