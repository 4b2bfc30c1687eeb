import { spawn } from 'node:child_process';
import { once, setMaxListeners } from 'node:events';
import { describe, expect, it } from '@jest/globals';
import { FakeLog } from '@tiercel/capabilities/log/testing';
import { type FakeTool, FakeToolProvider } from '@tiercel/capabilities/tool-provider/testing';
import type { RegistryCallOptions } from '@tiercel/capabilities/tool-registry';
import { describeToolRegistryContract } from '@tiercel/capabilities/tool-registry/testing';
import { createToolRegistry, type EndedCall } from './tool-registry.js';

const door = { type: 'string', enum: ['front', 'back'] };

describeToolRegistryContract(
  'createToolRegistry',
  () => ({
    provider: createToolRegistry(
      [
        new FakeToolProvider([
          { name: 'get_time' },
          {
            name: 'unlock_door',
            effect: 'write',
            parameters: { type: 'object', additionalProperties: false, properties: { door } },
          },
          { name: 'open_gate', effect: 'destructive' },
        ]),
      ],
      { policy: { open_gate: 'deny' } },
    ),
    close: () => undefined,
  }),
  {
    allowed: { name: 'get_time', args: {} },
    asking: { name: 'unlock_door', args: { door: 'front' } },
    otherArgs: { door: 'back' },
    denied: { name: 'open_gate', args: {} },
  },
);

function registryOf(...tools: FakeTool[]) {
  const provider = new FakeToolProvider(tools);
  return { provider, registry: createToolRegistry([provider]) };
}

describe('ToolRegistry, rules of a call', () => {
  it('checks the arguments before anybody is asked', async () => {
    const { registry } = registryOf({ name: 'unlock', effect: 'write' });

    await expect(registry.call('unlock', { door: 'front' }, { canAsk: true })).rejects.toMatchObject({
      code: 'TOOL_ARGUMENTS_INVALID',
    });
  });

  it('runs what was checked, even if the caller changes it meanwhile', async () => {
    const { registry, provider } = registryOf({
      name: 'unlock',
      effect: 'write',
      policy: 'allow',
      limits: { concurrency: 1 },
      parameters: { type: 'object', additionalProperties: false, properties: { door } },
      run: () => new Promise((resolve) => finish.push(() => resolve({ content: null }))),
    });
    const finish: (() => void)[] = [];
    await registry.list();
    const args: Record<string, unknown> = { door: 'front' };

    const running = registry.call('unlock', {});
    const waiting = registry.call('unlock', args);
    await new Promise((resolve) => setImmediate(resolve));
    args['door'] = '../back';
    args['force'] = true;
    finish[0]?.();
    await running;
    await new Promise((resolve) => setImmediate(resolve));
    finish[1]?.();
    await waiting;

    expect(provider.calls.map((call) => call.args)).toEqual([{}, { door: 'front' }]);
  });

  it('asks with names of arguments, never with their values', async () => {
    const properties = { door, note: { type: 'string', maxLength: 50 } };
    const { registry } = registryOf({
      name: 'unlock',
      effect: 'write',
      parameters: { type: 'object', additionalProperties: false, properties },
    });

    const call = registry.call('unlock', { door: 'front', note: 'a private word' }, { canAsk: true });

    await expect(call).rejects.toMatchObject({
      code: 'TOOL_APPROVAL_NEEDED',
      message: expect.not.stringContaining('private'),
      details: { tool: 'unlock', arguments: ['door', 'note'], expiresInMs: 60_000 },
    });
  });

  it('tells a tool what belongs to it, and not who may do what', async () => {
    let told: object = {};
    const { registry } = registryOf({
      name: 'look',
      run: (_, options) => {
        told = options;
        return { content: null };
      },
    });
    const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
    const options = { caller: 'mcp:kitchen', turnId: 't', canAsk: true, approval: 'x', requestId: 'r' };

    await registry.call(
      'look',
      {},
      { ...options, hops: 2, language: 'de', idempotencyKey: 'k', traceparent },
    );

    expect(told).toEqual({
      language: 'de',
      hops: 2,
      idempotencyKey: 'k',
      traceparent,
      signal: expect.any(AbortSignal),
      progress: undefined,
    });
  });

  it.each<[string, RegistryCallOptions]>([
    ['a key with a line feed', { idempotencyKey: 'a\nb' }],
    ['an empty key', { idempotencyKey: '' }],
    ['a key that is too long', { idempotencyKey: 'x'.repeat(129) }],
    ['a caller with control characters', { caller: 'a\u0000b' }],
    ['hops that are no number', { hops: Number.NaN }],
    ['hops below zero', { hops: -1 }],
  ])('refuses %s', async (_, options) => {
    const { registry, provider } = registryOf({ name: 'look' });

    await expect(registry.call('look', {}, options)).rejects.toMatchObject({ code: 'TOOL_OPTIONS_INVALID' });
    expect(provider.calls).toEqual([]);
  });

  it('ignores a traceparent that is none', async () => {
    const { registry, provider } = registryOf({ name: 'look' });
    let told: string | undefined = 'nothing';
    provider.call = async (_name, _args, options) => {
      told = options?.traceparent;
      return { content: null };
    };

    await registry.call('look', {}, { traceparent: '00-x\r\nSet-Cookie: a' });

    expect(told).toBeUndefined();
  });

  it('runs a call with a key once, also for those who ask while it runs', async () => {
    const { registry, provider } = registryOf({
      name: 'book',
      effect: 'write',
      policy: 'allow',
      run: () => new Promise((resolve) => setImmediate(() => resolve({ content: 'booked' }))),
    });
    const options = { caller: 'server', idempotencyKey: 'k' };

    const atOnce = await Promise.all([1, 2, 3].map(() => registry.call('book', {}, options)));
    const later = await registry.call('book', {}, options);

    expect([...atOnce, later]).toEqual(Array(4).fill({ content: 'booked' }));
    expect(provider.calls).toHaveLength(1);
  });

  it('asks anew with the same key after a no, and repeats the answer to a yes', async () => {
    const { registry, provider } = registryOf({ name: 'book', effect: 'write' });
    const options = { caller: 'server', idempotencyKey: 'k', canAsk: true };
    const ask = async () =>
      await registry.call('book', {}, options).then(
        () => undefined,
        (error) => error.details.id as string,
      );
    await registry.refuse((await ask()) ?? '', { caller: 'server' });
    const approval = await ask();

    const results = [
      await registry.call('book', {}, { ...options, approval }),
      await registry.call('book', {}, { ...options, approval }),
    ];

    expect(results).toEqual([{ content: {} }, { content: {} }]);
    expect(provider.calls).toHaveLength(1);
  });

  it('stops a hundred calls at once, and takes new ones right after', async () => {
    const reasons: unknown[] = [];
    const { registry } = registryOf(
      {
        name: 'wait',
        limits: { concurrency: 50 },
        run: (_, { signal }) =>
          new Promise((_resolve, reject) => {
            signal?.addEventListener('abort', () => {
              reasons.push(signal.reason);
              reject(signal.reason);
            });
          }),
      },
      { name: 'look' },
    );
    await registry.list();
    const controller = new AbortController();
    setMaxListeners(100, controller.signal);

    const calls = Array.from({ length: 100 }, () =>
      registry.call('wait', {}, { signal: controller.signal }).catch((error) => error.message),
    );
    await new Promise((resolve) => setImmediate(resolve));
    controller.abort(new Error('enough'));

    expect(await Promise.all(calls)).toEqual(Array(100).fill('enough'));
    expect(reasons).toHaveLength(50);
    expect(await registry.call('look', {})).toEqual({ content: {} });
  });

  it('hands on clean parts of a result until its bytes are used up', async () => {
    const parts: unknown[] = [];
    const { registry } = registryOf({
      name: 'tell',
      limits: { outputBytes: 100 },
      run: (_, { progress }) => {
        progress?.('\u001b[31mred\u001b[0m');
        progress?.({ text: 'a\u0007b', list: [1] });
        progress?.(1n);
        progress?.('x'.repeat(10_000));
        progress?.('more');
        return { content: null };
      },
    });

    await registry.call('tell', {}, { progress: (part) => parts.push(part) });

    expect(parts.slice(0, 2)).toEqual(['red', { text: 'ab', list: [1] }]);
    expect(parts).toHaveLength(3);
    expect(String(parts[2]).length).toBeLessThanOrEqual(4_096);
  });

  it('tells about every call that ended, and names only tools that exist', async () => {
    const ended: EndedCall[] = [];
    const tools = new FakeToolProvider([
      { name: 'look' },
      { name: 'open', policy: 'deny' },
      { name: 'wait', run: () => new Promise(() => undefined) },
    ]);
    const registry = createToolRegistry([tools], { nowMs: () => 5, onCall: (call) => ended.push(call) });
    const controller = new AbortController();

    await registry.call('look', {});
    await registry.call('open', {}).catch(() => undefined);
    await registry.call('no such tool', {}).catch(() => undefined);
    const waiting = registry.call('wait', {}, { signal: controller.signal }).catch(() => undefined);
    controller.abort();
    await waiting;

    expect(ended).toEqual([
      { tool: 'look', outcome: 'ok', ms: 0 },
      { tool: 'open', outcome: 'TOOL_DENIED', ms: 0 },
      { tool: undefined, outcome: 'TOOL_UNKNOWN', ms: 0 },
      { tool: 'wait', outcome: 'cancelled', ms: 0 },
    ]);
  });

  it('says once that a policy is for no tool', async () => {
    const log = new FakeLog();
    const registry = createToolRegistry([new FakeToolProvider()], { log, policy: { ehco: 'allow' } });

    await registry.list();
    await registry.list();

    expect(log.lines).toMatchObject([
      { message: 'a policy is for no tool on offer', fields: { rule: 'ehco' } },
    ]);
  });

  it('takes a result of a gigabyte in a process that has 48 MiB for it', async () => {
    const dist = new URL('../dist/index.js', import.meta.url).href;
    const script = `
      import { createToolRegistry } from ${JSON.stringify(dist)};
      const line = 'x'.repeat(60_000);
      const lines = Array(1_000).fill(line);
      const parameters = { type: 'object', additionalProperties: false, properties: {} };
      const tool = { name: 'flood', description: 'Floods.', parameters, effect: 'read', weight: 'light' };
      const registry = createToolRegistry([{
        list: async () => [tool],
        call: async () => ({ content: Array(17).fill(lines) }),
      }]);
      const { content } = await registry.call('flood', {});
      const missing = /\\[\\.\\.\\. (\\d+) bytes left out/.exec(content)?.[1];
      process.stdout.write(content.length + ' ' + missing);`;
    const child = spawn(process.execPath, ['--max-old-space-size=48', '--input-type=module', '-e', script], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let output = '';
    child.stdout.on('data', (data) => {
      output += data;
    });
    const [code] = await once(child, 'close');

    const [length, missing] = output.split(' ').map(Number);
    expect([code, length]).toEqual([0, 65_536]);
    expect(missing).toBeGreaterThan(1_000_000_000);
  });
});
