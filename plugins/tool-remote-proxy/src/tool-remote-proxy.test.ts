import { getEventListeners } from 'node:events';
import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { ToolError } from '@tiercel/capabilities/tool-provider';
import { type FakeTool, FakeToolProvider } from '@tiercel/capabilities/tool-provider/testing';
import { type CoreNode, coreKey, startCore } from './core-node.test.support.js';
import { allButTimeouts, deferred, type OpenProxy, openProxy } from './open-proxy.test.support.js';
import { startRelay } from './relay.test.support.js';

const lamp: FakeTool = {
  name: 'set_lamp',
  description: 'Sets a lamp.',
  parameters: {
    type: 'object',
    additionalProperties: false,
    required: ['device', 'state'],
    properties: { device: { type: 'string', maxLength: 64 }, state: { enum: ['on', 'off'] } },
  },
  effect: 'write',
  policy: 'allow',
  weight: 'heavy',
  idempotent: true,
  limits: { timeoutMs: 5_000, outputBytes: 1_000, concurrency: 2 },
  phrases: { en: { templates: ['turn {state} {device}'], answer: 'Done.' } },
  slots: { device: 'device' },
  legacy: { tool: 'Lamp', method: 'set' },
};

/** One core for all, whose tools each test sets; each test has a proxy of its own. */
describe('tool-remote-proxy with a node of ours', () => {
  const served = new FakeToolProvider();
  let core: CoreNode;
  const proxies: OpenProxy[] = [];
  const open = async (tools: readonly FakeTool[], config: Readonly<Record<string, unknown>> = {}) => {
    served.offer(tools);
    served.calls.splice(0);
    const proxy = await openProxy({ url: core.url, apiKey: coreKey, ...config });
    proxies.push(proxy);
    return proxy.tools;
  };
  beforeAll(async () => {
    core = await startCore({ tools: served });
  });
  afterEach(async () => {
    for (const proxy of proxies.splice(0)) await proxy[Symbol.asyncDispose]();
  });
  afterAll(async () => await core[Symbol.asyncDispose]());

  describe('lists its tools', () => {
    it('as they are declared there, and with the server they run on', async () => {
      const tools = await open([lamp]);

      const { policy: _, ...declared } = lamp;
      expect(await tools.list()).toEqual([{ ...declared, server: new URL(core.url).host }]);
    });

    it('without those that it would refuse anyway', async () => {
      const tools = await open([lamp, { name: 'wipe', policy: 'deny' }, { name: 'send', policy: 'ask' }]);

      expect((await tools.list()).map(({ name }) => name)).toEqual(['set_lamp']);
    });

    it('with the policy of this node, by name or for all', async () => {
      const tools = await open([lamp, { name: 'wipe' }], { policy: { set_lamp: 'deny', '*': 'ask' } });

      expect((await tools.list()).map(({ name, policy }) => [name, policy])).toEqual([
        ['set_lamp', 'deny'],
        ['wipe', 'ask'],
      ]);
    });

    it('under names with a prefix, and calls them by these', async () => {
      const tools = await open([lamp], { prefix: 'core_' });

      const result = await tools.call('core_set_lamp', { device: 'hall', state: 'on' });

      expect((await tools.list()).map(({ name }) => name)).toEqual(['core_set_lamp']);
      expect(result.content).toEqual({ device: 'hall', state: 'on' });
      await expect(tools.call('set_lamp', {})).rejects.toMatchObject({ code: 'TOOL_UNKNOWN' });
    });

    it('only those that are wanted', async () => {
      const config = { only: ['get_time', 'get_date'], except: ['get_date'] };
      const tools = await open([lamp, { name: 'get_time' }, { name: 'get_date' }], config);

      expect((await tools.list()).map(({ name }) => name)).toEqual(['get_time']);
      await expect(tools.call('set_lamp', {})).rejects.toMatchObject({ code: 'TOOL_UNKNOWN' });
    });

    it('anew when the list no longer holds', async () => {
      const tools = await open([lamp]);
      await tools.list();
      const [proxy] = proxies;

      served.offer([{ name: 'get_time' }]);
      await proxy?.clock.whenPending();
      await proxy?.clock.advance(30_000);
      await proxy?.clock.whenPending();

      expect((await tools.list()).map(({ name }) => name)).toEqual(['get_time']);
    });
  });

  describe('calls its tools', () => {
    it.each<[string, unknown]>([
      ['an object', { a: [1, { b: null }] }],
      ['text', 'Two\nlines'],
      ['a number', 0],
      ['false', false],
      ['nothing', null],
      ['an empty list', []],
    ])('and gets %s back as it was', async (_, content) => {
      const tools = await open([{ name: 'echo', run: () => ({ content }) }]);

      expect(await tools.call('echo', {})).toEqual({ content });
    });

    it('and gets what is to be said, in the language of the call', async () => {
      const run: FakeTool['run'] = (_args, { language }) => ({
        content: language,
        spoken: language === 'de' ? 'Es ist acht.' : 'It is eight.',
      });
      const tools = await open([{ name: 'get_time', run }]);

      const german = await tools.call('get_time', {}, { language: 'de' });

      expect(german).toEqual({ content: 'de', spoken: 'Es ist acht.' });
    });

    it('and hands on key, trace and how many nodes the call has passed', async () => {
      const seen = deferred<unknown>();
      const run: FakeTool['run'] = (_args, { hops, idempotencyKey, traceparent }) => {
        seen.resolve({ hops, idempotencyKey, traceparent });
        return { content: null };
      };
      const tools = await open([{ name: 'look', run }]);
      const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';

      await tools.call('look', {}, { hops: 1, idempotencyKey: 'k-1', traceparent });

      expect(await seen.promise).toEqual({ hops: 2, idempotencyKey: 'k-1', traceparent });
    });

    it('and hears parts of the result while they work', async () => {
      const run: FakeTool['run'] = (_args, { progress }) => {
        progress?.('half');
        progress?.({ done: 2 });
        return { content: 'all' };
      };
      const tools = await open([{ name: 'work', run }]);
      const parts: unknown[] = [];

      await tools.call('work', {}, { progress: (part) => parts.push(part) });

      expect(parts).toEqual(['half', { done: 2 }]);
    });

    it('and has them stopped when the caller gives up', async () => {
      const started = deferred<void>();
      const stopped = deferred<void>();
      const run: FakeTool['run'] = (_args, { signal }) =>
        new Promise((_resolve, reject) => {
          signal?.addEventListener('abort', () => {
            stopped.resolve();
            reject(signal.reason);
          });
          started.resolve();
        });
      const tools = await open([{ name: 'wait', run }]);
      const controller = new AbortController();
      const reason = new Error('never mind');
      const call = tools.call('wait', {}, { signal: controller.signal });
      await started.promise;

      controller.abort(reason);

      await expect(call).rejects.toBe(reason);
      await stopped.promise;
    });

    it('and leaves nothing on the signal of the caller', async () => {
      const tools = await open([{ name: 'echo' }]);
      const controller = new AbortController();

      await tools.call('echo', {}, { signal: controller.signal });

      expect(getEventListeners(controller.signal, 'abort')).toEqual([]);
    });

    it('and does not wait longer than they may run', async () => {
      const [started, stopped] = [deferred<void>(), deferred<unknown>()];
      const run: FakeTool['run'] = (_args, { signal }) =>
        new Promise((_resolve, reject) => {
          started.resolve();
          signal?.addEventListener('abort', () => {
            stopped.resolve(signal.reason);
            reject(signal.reason);
          });
        });
      const tools = await open([{ name: 'wait', run, limits: { timeoutMs: 60 } }]);

      await tools.list();
      jest.useFakeTimers({ doNotFake: [...allButTimeouts] });
      try {
        const late = expect(tools.call('wait', {})).rejects.toMatchObject({
          code: 'TOOL_TIMEOUT',
          details: { tool: 'wait', timeoutMs: 60 },
        });
        await started.promise;

        jest.advanceTimersByTime(60);

        await late;
        await stopped.promise;
      } finally {
        jest.useRealTimers();
      }
    });
  });

  describe('tells what went wrong', () => {
    it.each<[string, unknown, object]>([
      [
        'in the words of the tool',
        new ToolError('TOOL_FAILED', { tool: 'try', finding: 'there is only lamp-1.' }),
        { code: 'TOOL_FAILED', message: 'Tool try could not do it: there is only lamp-1.' },
      ],
      [
        'and that it may be tried again',
        new ToolError('TOOL_BUSY', { tool: 'try', running: 4, waiting: 16 }),
        { code: 'TOOL_BUSY', retryable: true, details: { running: 4 } },
      ],
      ['and keeps the rest to itself', new TypeError('hunter2 in /etc/passwd'), { code: 'TOOL_FAILED' }],
    ])('%s', async (_, error, expected) => {
      const tools = await open([
        {
          name: 'try',
          run: () => {
            throw error;
          },
        },
      ]);

      const failure: unknown = await tools.call('try', {}).catch((caught: unknown) => caught);

      expect(failure).toMatchObject(expected);
      expect(String(failure)).not.toContain('hunter2');
    });

    it('with arguments that do not fit', async () => {
      const tools = await open([lamp]);

      await expect(tools.call('set_lamp', { device: 'hall', state: 'blue' })).rejects.toMatchObject({
        code: 'TOOL_ARGUMENTS_INVALID',
        message: expect.stringContaining('on, off'),
      });
    });

    it('with a tool that has gone since it was listed', async () => {
      const tools = await open([lamp]);
      await tools.list();
      served.offer([]);
      await fetch(new URL('/tools', core.url), { headers: { authorization: `Bearer ${coreKey}` } });

      await expect(tools.call('set_lamp', { device: 'hall', state: 'on' })).rejects.toMatchObject({
        code: 'TOOL_UNKNOWN',
      });
    });

    it('with a call that has passed too many nodes, before it is sent', async () => {
      const tools = await open([{ name: 'echo' }]);

      expect(await tools.call('echo', {}, { hops: 2 })).toEqual({ content: {} });
      await expect(tools.call('echo', {}, { hops: 3 })).rejects.toMatchObject({ code: 'TOOL_HOPS_EXCEEDED' });
      expect(served.calls).toHaveLength(1);
    });
  });

  it('has a call done once whose answer is lost on the way', async () => {
    const relay = await startRelay(core.port);
    let runs = 0;
    const run = () => ({ content: ++runs });
    const tools = await open([{ name: 'count', effect: 'write', policy: 'allow', run }], { url: relay.url });
    await tools.list();

    relay.cutNextAnswer();
    const result = await tools.call('count', {});

    expect([result.content, runs]).toEqual([1, 1]);
    await relay[Symbol.asyncDispose]();
  });

  it('has a call done once that is delivered twice', async () => {
    let runs = 0;
    const run = () => ({ content: ++runs });
    const tools = await open([{ name: 'count', effect: 'write', policy: 'allow', run }]);
    const idempotencyKey = 'delivered-twice';

    const results = await Promise.all([
      tools.call('count', {}, { idempotencyKey }),
      tools.call('count', {}, { idempotencyKey }),
    ]);

    expect(results).toEqual([{ content: 1 }, { content: 1 }]);
    expect(runs).toBe(1);
  });

  it('does not wait for a tool that does not care whether it is cancelled', async () => {
    const started = deferred<void>();
    const done = deferred<void>();
    const run = async () => {
      started.resolve();
      await done.promise;
      return { content: 'late' };
    };
    const tools = await open([{ name: 'stubborn', run }]);
    const controller = new AbortController();
    const reason = new Error('never mind');
    const call = tools.call('stubborn', {}, { signal: controller.signal });
    await started.promise;

    controller.abort(reason);

    await expect(call).rejects.toBe(reason);
    done.resolve();
  });

  it('sends the first of several keys', async () => {
    const tools = await open([{ name: 'echo' }], { apiKey: `${coreKey},next-key` });

    expect(await tools.list()).toHaveLength(1);
  });

  it('says so when its key is wrong', async () => {
    const tools = await open([{ name: 'echo' }], { apiKey: 'wrong-key' });

    expect(await tools.list()).toEqual([]);
    expect(proxies[0]?.status()).toMatchObject({
      state: 'degraded',
      reason: expect.stringContaining('TOOL_SERVER_API_KEY'),
    });
    expect(JSON.stringify(proxies[0]?.log.lines)).not.toContain('wrong-key');
  });

  it('tells the node and its metrics how the server is', async () => {
    const tools = await open([{ name: 'echo' }]);

    await tools.list();

    const server = new URL(core.url).host;
    expect(proxies[0]?.status()).toMatchObject({
      state: 'ready',
      facts: { tools: 1, servers: [{ plugin: server, state: 'closed', failures: 0 }] },
    });
    const breakerState = { name: 'breaker_state', kind: 'gauge', help: '', labels: ['endpoint'] } as const;
    expect(proxies[0]?.metrics.valueOf(breakerState, { endpoint: server })).toBe(0);
  });
});
