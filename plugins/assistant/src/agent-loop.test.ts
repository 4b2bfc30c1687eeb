import { describe, expect, it } from '@jest/globals';
import { FakeIntentRecognizer } from '@tiercel/capabilities/intent-recognizer/testing';
import {
  LanguageModelError,
  type ModelCallOptions,
  type ModelRequest,
} from '@tiercel/capabilities/language-model';
import { FakeLanguageModel, type FakeReply } from '@tiercel/capabilities/language-model/testing';
import { ToolError } from '@tiercel/capabilities/tool-provider';
import type { FakeTool } from '@tiercel/capabilities/tool-provider/testing';
import { FakeToolRegistry } from '@tiercel/capabilities/tool-registry/testing';
import { TiercelError } from '@tiercel/kernel';
import { Call, type CallOptions } from './__fixtures__/call.js';

interface Latch {
  readonly opened: Promise<void>;
  open(): void;
}

function latch(): Latch {
  let open: () => void = () => undefined;
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { opened, open: () => open() };
}

const calls = (...names: readonly string[]) => ({ toolCalls: names.map((name) => ({ name, args: {} })) });

function openCall(tools: readonly FakeTool[], replies: readonly FakeReply[], options: CallOptions = {}) {
  const model = new FakeLanguageModel({ replies });
  const registry = new FakeToolRegistry(tools);
  const call = new Call({ model, tools: registry, voice: false, ...options });
  return { model, registry, call };
}

/** One typed turn, from the start to the end of the conversation. */
async function converse(
  tools: readonly FakeTool[],
  replies: readonly FakeReply[],
  options: CallOptions = {},
) {
  const opened = openCall(tools, replies, options);
  await opened.call.wait(50);
  await opened.call.probe.send({ type: 'text', text: 'Go' });
  await opened.call.end();
  const [end] = opened.call.probe.ofType('turn-end');
  return { ...opened, end };
}

const results = (request: ModelRequest | undefined) =>
  (request?.messages ?? []).flatMap(({ role, text }) => (role === 'tool' ? [text] : []));

describe('the calls of one answer', () => {
  /** Tools that say when they begin and end, and that end when they are told to. */
  const traced = (effect: 'read' | 'write', latches: Readonly<Record<string, Latch>>) => {
    const trace: string[] = [];
    const tools = Object.entries(latches).map(([name, { opened }]): FakeTool => {
      const run = async () => {
        trace.push(`${name} begins`);
        await opened;
        trace.push(`${name} ends`);
        return { content: name };
      };
      return { name, effect, policy: 'allow', run };
    });
    return { trace, tools };
  };

  it('are run side by side where they change nothing, and answered in their order', async () => {
    const [one, two] = [latch(), latch()];
    const { trace, tools } = traced('read', { one, two });
    const { call, model } = openCall(tools, [calls('one', 'two'), { text: 'Yes.' }]);

    await call.wait(50);
    await call.probe.send({ type: 'text', text: 'Go' });
    await call.wait(50);
    const begun = [...trace];
    two.open();
    await call.wait(50);
    one.open();
    await call.end();

    expect(begun).toEqual(['one begins', 'two begins']);
    expect(trace.slice(2)).toEqual(['two ends', 'one ends']);
    expect(results(model.requests[1])).toEqual(['one', 'two']);
  });

  it('are run one after the other where they change something', async () => {
    const latches = { one: latch(), two: latch() };
    const { trace, tools } = traced('write', latches);
    const { call } = openCall(tools, [calls('one', 'two'), { text: 'Yes.' }]);

    await call.wait(50);
    await call.probe.send({ type: 'text', text: 'Go' });
    await call.wait(50);
    latches.two.open();
    latches.one.open();
    await call.end();

    expect(trace).toEqual(['one begins', 'one ends', 'two begins', 'two ends']);
  });

  it('keep their order around one that changes something', async () => {
    const trace: string[] = [];
    const tool = (name: string, effect: 'read' | 'write'): FakeTool => ({
      name,
      effect,
      policy: 'allow',
      run: async () => {
        trace.push(`${name} begins`);
        await Promise.resolve();
        trace.push(`${name} ends`);
        return { content: name };
      },
    });

    await converse(
      [tool('look', 'read'), tool('change', 'write'), tool('check', 'read')],
      [calls('look', 'change', 'check'), { text: 'Yes.' }],
    );

    expect(trace).toEqual([
      'look begins',
      'look ends',
      'change begins',
      'change ends',
      'check begins',
      'check ends',
    ]);
  });

  it('run side by side where they are light and may be repeated', async () => {
    const [one, two] = [latch(), latch()];
    const { trace, tools } = traced('write', { one, two });
    const { call } = openCall(
      tools.map((tool) => ({ ...tool, idempotent: true })),
      [calls('one', 'two'), { text: 'Yes.' }],
    );

    await call.wait(50);
    await call.probe.send({ type: 'text', text: 'Go' });
    await call.wait(50);
    const begun = [...trace];
    one.open();
    two.open();
    await call.end();

    expect(begun).toEqual(['one begins', 'two begins']);
  });

  it('are not all run where there are more than 16', async () => {
    const names = Array.from({ length: 20 }, (_, index) => `tool_${index}`);
    const { registry, model, end } = await converse(
      names.map((name) => ({ name })),
      [calls(...names), { text: 'Yes.' }],
    );

    expect(registry.calls).toHaveLength(16);
    expect(results(model.requests[1]).slice(16)).toEqual(
      Array(4).fill(expect.stringContaining('20 calls in one answer are too many')),
    );
    expect(end?.outcome).toBe('answered');
  });

  it('say who calls, in which turn, language and trace', async () => {
    const { registry } = await converse([{ name: 'look' }], [calls('look'), calls('look'), { text: 'Ja.' }], {
      language: 'de',
      traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
    });

    const [first, second] = registry.calls.map(({ options }) => options);
    expect(first).toMatchObject({
      caller: 'assistant',
      language: 'de',
      traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
    });
    expect(first?.turnId).toMatch(/\.1$/);
    expect(second?.turnId).toBe(first?.turnId);
  });

  it('of two turns and of two conversations count for themselves', async () => {
    const registry = new FakeToolRegistry([{ name: 'look' }]);
    const ids: unknown[] = [];

    for (let round = 0; round < 2; round++) {
      const { call } = openCall([], [calls('look'), {}, calls('look'), {}], { tools: registry });
      await call.wait(50);
      await call.probe.send({ type: 'text', text: 'One' }, { type: 'text', text: 'Two' });
      await call.end();
    }
    ids.push(...registry.calls.map(({ options }) => options.turnId));

    expect(new Set(ids).size).toBe(4);
  });
});

describe('what a model hears back', () => {
  it('about arguments that are no object: to call again', async () => {
    const model = new FakeLanguageModel({ replies: [{ text: 'Yes.' }] });
    const answer = model.generate.bind(model);
    let isFirst = true;
    model.generate = (request, options) => {
      if (!isFirst) return answer(request, options);
      isFirst = false;
      return (async function* () {
        yield { type: 'tool-call', call: { id: 'a', name: 'look', args: {}, isInvalid: true } } as const;
        yield { type: 'end', finishReason: 'tool-calls' } as const;
      })() as never;
    };
    const { registry } = await converse([{ name: 'look' }], [], { model });

    expect(registry.calls).toEqual([]);
    expect(results(model.requests[0])).toEqual([
      'The arguments of look are not a JSON object. Call it again with one.',
    ]);
  });

  it('about a call that is made a third time: that it was', async () => {
    const { model } = await converse(
      [{ name: 'look' }],
      [calls('look'), calls('look'), calls('look'), { text: 'I see.' }],
    );

    expect(results(model.requests[3])[2]).toContain('ran 2 times with the same arguments');
  });

  it('about a tool whose machine is away: that it is out of reach', async () => {
    const lost = () => {
      throw new TiercelError('ACME_AWAY', 'The server at 10.0.0.1 is away.', { retryable: true });
    };
    const { model } = await converse(
      [{ name: 'look', run: lost }],
      [calls('look'), { text: 'I cannot reach it.' }],
    );

    expect(results(model.requests[1])).toEqual(['look is out of reach right now. Tell the person so.']);
  });

  it('about a tool that threw something of its own: nothing of it', async () => {
    const broken = () => {
      throw new Error('secret');
    };
    const { model, call } = await converse(
      [{ name: 'look', run: broken }],
      [calls('look'), { text: 'It failed.' }],
    );

    expect(results(model.requests[1])).toEqual(['Tool look failed.']);
    expect(JSON.stringify([model.requests, call.probe.events])).not.toContain('secret');
  });

  it('is shortened until the prompt fits, its beginning and its end kept', async () => {
    const words = `begin ${'word '.repeat(10_000)}end`;
    const model = new FakeLanguageModel({
      replies: [calls('look'), { text: 'Long.' }],
      features: { contextTokens: 900 },
    });
    const { end } = await converse([{ name: 'look', run: () => ({ content: words }) }], [], { model });

    const [result = ''] = results(model.requests[1]);
    expect(end?.outcome).toBe('answered');
    expect(result).toMatch(/^begin word .*\n\[…\]\n.* end$/s);
    expect(result.length).toBeGreaterThan(500);
  });

  it('is text before its calls only once', async () => {
    const { call, model } = openCall(
      [{ name: 'look' }],
      [{ text: 'Let me see.', ...calls('look') }, { text: 'It is there.' }, { text: 'Fine.' }],
    );

    await call.wait(50);
    await call.probe.send({ type: 'text', text: 'Where?' }, { type: 'text', text: 'Good' });
    await call.end();

    expect(model.requests[2]?.messages.slice(2).map(({ role, text }) => [role, text])).toEqual([
      ['assistant', 'Let me see.'],
      ['tool', '{}'],
      ['assistant', 'It is there.'],
      ['user', 'Good'],
    ]);
  });
});

describe('a reply with tools', () => {
  it('says what stands before the calls while they run', async () => {
    const slow = latch();
    const { call } = openCall(
      [{ name: 'look', run: async () => slow.opened.then(() => ({ content: 1 })) }],
      [{ text: 'Let me have a look.', ...calls('look') }, { text: 'There it is.' }],
      { voice: true },
    );

    await call.wait(50);
    await call.probe.send({ type: 'text', text: 'Where?' });
    await call.wait(3_000);
    const early = [...call.tts.said];
    slow.open();
    await call.waitFor('turn-end');
    await call.end();

    expect(early).toEqual(['Let me have a look.']);
    expect(call.tts.said).toEqual(['Let me have a look.', 'There it is.']);
    expect(call.probe.ofType('turn-end')).toMatchObject([
      { outcome: 'answered', playout: 'Let me have a look.\nThere it is.' },
    ]);
  });

  it('tells the model which trace it belongs to', async () => {
    const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
    const traces: unknown[] = [];
    const model = new FakeLanguageModel();
    const answer = model.generate.bind(model);
    model.generate = (request, options?: ModelCallOptions) => {
      traces.push(options?.traceparent);
      return answer(request, options);
    };

    await converse([], [], { model, traceparent });

    expect(traces).toEqual([traceparent]);
  });

  it('knows which plugin answered', async () => {
    const model = new FakeLanguageModel();
    const answer = model.generate.bind(model);
    model.generate = async function* (request, options) {
      for await (const event of answer(request, options)) {
        yield event.type === 'end' ? { ...event, provider: 'llm-local' } : event;
      }
    };
    const { end } = await converse([], [], { model });

    expect(end?.provider).toBe('llm-local');
  });

  it('keeps what was called when it is cancelled, except for reads that had no result yet', async () => {
    const slow = latch();
    const { call, model } = openCall(
      [{ name: 'look' }, { name: 'search', run: async () => slow.opened.then(() => ({ content: 1 })) }],
      [calls('look', 'search'), { text: 'Fine.' }],
    );

    await call.wait(50);
    await call.probe.send({ type: 'text', text: 'Where?' });
    await call.waitFor('tool-end');
    await call.probe.send({ type: 'cancel' }, { type: 'text', text: 'Stop' });
    await call.waitFor('turn-end', 2);
    await call.end();

    expect(call.probe.ofType('turn-end')).toMatchObject([{ outcome: 'interrupted' }, { heard: 'Stop' }]);
    expect(model.requests[1]?.messages.slice(1)).toEqual([
      { role: 'user', text: 'Where?' },
      { role: 'assistant', text: '', toolCalls: [{ id: 'call-1', name: 'look', args: {} }] },
      { role: 'tool', toolCallId: 'call-1', text: '{}' },
      { role: 'user', text: 'Stop' },
    ]);
  });

  it('gives a tool that changes something 5 s to end when it is cancelled, and not more', async () => {
    const { call } = openCall(
      [{ name: 'change', effect: 'write', policy: 'allow', run: () => new Promise(() => undefined) }],
      [calls('change')],
    );

    await call.wait(50);
    await call.probe.send({ type: 'text', text: 'Go' });
    await call.waitFor('tool-start');
    const cancelMs = call.clock.nowMs();
    await call.probe.send({ type: 'cancel' });
    await call.waitFor('turn-end');
    const endMs = call.clock.nowMs();
    await call.end();

    expect(endMs - cancelMs).toBeGreaterThanOrEqual(5_000);
    expect(endMs - cancelMs).toBeLessThan(5_200);
    expect(call.probe.ofType('turn-end')).toMatchObject([{ outcome: 'interrupted', tools: ['change'] }]);
  });

  it.each([
    ['a model', false],
    ['a fixed command', true],
  ])('keeps what a cancelled call of %s has done, or that nobody knows', async (_, isCommand) => {
    const [first, never] = [latch(), latch()];
    const run = async ({ isLate }: Readonly<Record<string, unknown>>) => {
      await (isLate ? never : first).opened;
      return { content: 'changed' };
    };
    const tools: readonly FakeTool[] = [{ name: 'change', effect: 'write', policy: 'allow', run }];
    const cancelled = async (isLate: boolean) => {
      const asked = { toolCalls: [{ name: 'change', args: { isLate } }] };
      const command = new FakeIntentRecognizer({ Go: { tool: 'change', args: { isLate } } });
      const { call, model } = isCommand
        ? openCall(tools, [{ text: 'Fine.' }], { recognizers: [command] })
        : openCall(tools, [asked, { text: 'Fine.' }]);
      await call.wait(50);
      await call.probe.send({ type: 'text', text: 'Go' });
      await call.waitFor('tool-start');
      await call.probe.send({ type: 'cancel' }, { type: 'text', text: 'And?' });
      await call.wait(50);
      first.open();
      await call.waitFor('turn-end', 2);
      await call.end();
      return results(model.requests.at(-1));
    };

    expect(await cancelled(false)).toEqual(['changed']);
    expect(await cancelled(true)).toEqual([
      'change was still running when the turn was given up. Its result is not known.',
    ]);
  });

  it('is not offered what is forbidden', async () => {
    const { model } = await converse([{ name: 'look' }, { name: 'burn', policy: 'deny' }], []);

    expect(model.requests[0]?.tools?.map(({ name }) => name)).toEqual(['look']);
  });

  it('is given up 5 s after the conversation was stopped, whatever the reason', async () => {
    const controller = new AbortController();
    const { call } = openCall(
      [{ name: 'change', effect: 'write', policy: 'allow', run: () => new Promise(() => undefined) }],
      [calls('change')],
      { signal: controller.signal },
    );

    await call.wait(50);
    await call.probe.send({ type: 'text', text: 'Go' });
    await call.waitFor('tool-start');
    const stopMs = call.clock.nowMs();
    controller.abort(null);
    await call.end();

    expect(call.probe.ofType('turn-end')).toMatchObject([{ outcome: 'interrupted', tools: ['change'] }]);
    expect(call.clock.nowMs() - stopMs).toBeGreaterThanOrEqual(5_000);
    expect(call.clock.nowMs() - stopMs).toBeLessThan(5_200);
  });

  it('goes on from what was said before the conversation', async () => {
    const { model } = await converse([], [], { history: [{ heard: 'I am Ada.', playout: 'Hello Ada.' }] });

    expect(model.requests[0]?.messages.slice(1)).toEqual([
      { role: 'user', text: 'I am Ada.' },
      { role: 'assistant', text: 'Hello Ada.' },
      { role: 'user', text: 'Go' },
    ]);
  });
});

describe('a model that takes less than was expected', () => {
  const refusing = (error: () => TiercelError, isRefused: (request: ModelRequest) => boolean) => {
    const model = new FakeLanguageModel({ replies: () => ({ text: 'Yes.' }) });
    const answer = model.generate.bind(model);
    model.generate = (request, options) => {
      if (!isRefused(request)) return answer(request, options);
      return (async function* () {
        throw error();
        // biome-ignore lint/correctness/noUnreachable: it makes this a generator
        yield undefined as never;
      })();
    };
    return model;
  };

  it('because it cannot call tools is asked without them, and told that it cannot act', async () => {
    const model = refusing(
      () => new LanguageModelError('LANGUAGE_MODEL_REQUEST_INVALID', { findings: ['tools'] }),
      ({ tools }) => tools !== undefined,
    );

    const { end } = await converse([{ name: 'look' }], [], { model });

    expect(end).toMatchObject({ outcome: 'answered', reply: 'Yes.' });
    expect(model.requests[0]?.tools).toBeUndefined();
    expect(model.requests[0]?.messages[0]?.text).toContain('Never say that something was done');
  });

  it('because it cannot call tools is warmed up without them', async () => {
    const model = new FakeLanguageModel();
    const warmUp = model.warmUp.bind(model);
    model.warmUp = async (request, options) => {
      if (request.tools)
        throw new LanguageModelError('LANGUAGE_MODEL_REQUEST_INVALID', { findings: ['tools'] });
      return warmUp(request, options);
    };

    const { call } = await converse([{ name: 'look' }], [], { model });

    expect(model.warmUps).toHaveLength(1);
    expect(model.warmUps[0]?.messages[0]?.text).toContain('Never say that something was done');
    expect(call.log.messages('warn')).toEqual([]);
  });

  it('because its context is smaller is asked with less history', async () => {
    const words = 'word '.repeat(100);
    const model = refusing(
      () =>
        new LanguageModelError('LANGUAGE_MODEL_CONTEXT_EXCEEDED', { inputTokens: 900, allowedTokens: 600 }),
      ({ messages }) => messages.map(({ text }) => text).join(' ').length > 2_000,
    );
    const history = Array.from({ length: 8 }, () => ({ heard: words, playout: words }));

    const { end } = await converse([], [], { model, history });

    expect(end?.outcome).toBe('answered');
    expect(model.requests[0]?.messages.length).toBeGreaterThan(2);
  });

  it('and goes on refusing is given up', async () => {
    let count = 0;
    const model = refusing(
      () => {
        count++;
        return new LanguageModelError('LANGUAGE_MODEL_REQUEST_INVALID', { findings: ['everything'] });
      },
      () => true,
    );

    const { end } = await converse([{ name: 'look' }], [], { model });

    expect(end).toMatchObject({ outcome: 'failed', error: { code: 'LANGUAGE_MODEL_REQUEST_INVALID' } });
    expect(count).toBe(2);
  });
});

describe('a fixed command', () => {
  const command = (run: FakeTool['run']): CallOptions => ({
    recognizers: [new FakeIntentRecognizer({ Go: { tool: 'look' } })],
    tools: new FakeToolRegistry([{ name: 'look', ...(run ? { run } : {}) }]),
  });

  it.each([
    ['is away', new TiercelError('PROVIDER_LOST', 'Gone.', { retryable: true })],
    ['offers it no more', new ToolError('TOOL_REMOTE_MISSING', { tool: 'look' })],
  ])('says that it is out of reach where the server of its tool %s', async (_, error) => {
    const { end } = await converse(
      [],
      [],
      command(() => {
        throw error;
      }),
    );

    expect(end).toMatchObject({
      outcome: 'failed',
      reply: 'Sorry, that is out of reach right now.',
      error: { code: error.code },
    });
  });

  it('says that it could not where its tool is only busy', async () => {
    const { end } = await converse(
      [],
      [],
      command(() => {
        throw new ToolError('TOOL_BUSY', { tool: 'look', running: 4, waiting: 16 });
      }),
    );

    expect(end?.reply).toBe('Sorry, I could not do that.');
  });

  it('works while the model is away', async () => {
    const model = new FakeLanguageModel();
    const lost = () => {
      throw new TiercelError('PROVIDER_LOST', 'Its process is gone.', { retryable: true });
    };
    Object.defineProperty(model, 'features', { get: lost });

    const { call, end } = await converse([], [], { ...command(undefined), model });

    expect(end).toMatchObject({ outcome: 'answered', reply: 'Done.' });
    expect(call.log.messages('warn')).toEqual(['model was not warmed up']);
  });

  it('goes through the same door as the calls of a model', async () => {
    const options = command(undefined);
    const { end } = await converse([], [], options);

    expect(end).toMatchObject({ outcome: 'answered', path: 'phrase', reply: 'Done.' });
    expect((options.tools as FakeToolRegistry).calls).toMatchObject([
      { options: { caller: 'assistant', turnId: expect.stringMatching(/\.1$/) } },
    ]);
  });
});
