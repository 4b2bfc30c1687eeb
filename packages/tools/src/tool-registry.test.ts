import { describe, expect, it } from '@jest/globals';
import { FakeClock } from '@tiercel/capabilities/clock/testing';
import { FakeLog } from '@tiercel/capabilities/log/testing';
import { type ToolDescriptor, ToolError, type ToolProvider } from '@tiercel/capabilities/tool-provider';
import { type FakeTool, FakeToolProvider } from '@tiercel/capabilities/tool-provider/testing';
import { createToolRegistry } from './tool-registry.js';

const object = (properties: object = {}, required: readonly string[] = []) => ({
  type: 'object',
  additionalProperties: false,
  properties,
  required,
});

function registryOf(...tools: FakeTool[]) {
  const provider = new FakeToolProvider(tools);
  return { registry: createToolRegistry([provider]), provider };
}

describe('ToolRegistry, lists', () => {
  it('lists the tools of all providers by name', async () => {
    const registry = createToolRegistry([
      { plugin: 'a', provider: new FakeToolProvider([{ name: 'one' }, { name: 'two' }]) },
      new FakeToolProvider([{ name: 'three' }]),
    ]);

    expect((await registry.list()).map(({ name }) => name)).toEqual(['one', 'three', 'two']);
  });

  it('notices tools that come and go', async () => {
    const { registry, provider } = registryOf({ name: 'one' });
    await registry.list();

    provider.offer([{ name: 'two' }]);

    expect(await registry.call('two', {})).toEqual({ content: {} });
    expect((await registry.list()).map(({ name }) => name)).toEqual(['two']);
    await expect(registry.call('one', {})).rejects.toMatchObject({ code: 'TOOL_UNKNOWN' });
  });

  it('refuses one name from two plugins and names both', async () => {
    const registry = createToolRegistry([
      { plugin: 'a', provider: new FakeToolProvider([{ name: 'same' }]) },
      { plugin: 'b', provider: new FakeToolProvider([{ name: 'same' }]) },
    ]);

    await expect(registry.list()).rejects.toMatchObject({
      code: 'TOOL_NAME_DUPLICATE',
      details: { tool: 'same', plugins: ['a', 'b'] },
    });
  });

  it('refuses wrong declarations and says all that is wrong', async () => {
    const { registry } = registryOf({
      name: 'Bad.Name',
      description: ' ',
      parameters: { type: 'object', properties: { text: { type: 'string' } } },
      limits: { timeoutMs: 0 },
    });

    await expect(registry.list()).rejects.toMatchObject({
      code: 'TOOL_DESCRIPTOR_INVALID',
      message: expect.stringMatching(
        /name is not.*no description.*timeoutMs.*further properties.*properties\.text has no maxLength/,
      ),
    });
  });

  it('refuses schemas with words that mean nothing, or that refer elsewhere', async () => {
    const unknownWord = registryOf({ name: 'a', parameters: object({ x: { type: 'number', maximun: 3 } }) });
    const elsewhere = registryOf({ name: 'a', parameters: object({ x: { $ref: 'https://example.com/x' } }) });

    await expect(unknownWord.registry.list()).rejects.toMatchObject({ code: 'TOOL_DESCRIPTOR_INVALID' });
    await expect(elsewhere.registry.list()).rejects.toMatchObject({ code: 'TOOL_DESCRIPTOR_INVALID' });
  });

  it('takes a provider that cannot list at its last word, and logs that', async () => {
    const log = new FakeLog();
    const flaky = new FakeToolProvider([{ name: 'flaky' }]);
    const registry = createToolRegistry([flaky, new FakeToolProvider([{ name: 'other' }])], { log });
    await registry.list();
    flaky.list = () => Promise.reject(new Error('unplugged'));

    const tools = await registry.list();

    expect(tools.map(({ name }) => name)).toEqual(['flaky', 'other']);
    expect(log.lines).toMatchObject([{ level: 'warn', message: 'tools cannot be listed' }]);
  });

  it.each([[null], ['tools'], [[null]], [{ length: 1 }]])(
    'goes on without a provider that lists %j',
    async (list) => {
      const log = new FakeLog();
      const odd = new FakeToolProvider();
      odd.list = async () => list as never;
      const registry = createToolRegistry([odd, new FakeToolProvider([{ name: 'other' }])], { log });

      expect((await registry.list()).map(({ name }) => name)).toEqual(['other']);
      expect(log.messages('warn')).toEqual(['tools cannot be listed']);
    },
  );

  it('goes on without a provider whose list never comes', async () => {
    const clock = new FakeClock();
    const silent: ToolProvider = {
      list: () => new Promise<readonly ToolDescriptor[]>(() => undefined),
      call: () => Promise.reject(new Error('never')),
    };
    const registry = createToolRegistry([silent, new FakeToolProvider()], {
      delay: (ms, o) => clock.delay(ms, o),
    });

    const listing = registry.list();
    await clock.advance(10_000);

    expect((await listing).map(({ name }) => name)).toEqual(['echo']);
    expect(clock.pending).toBe(0);
  });

  it('waits a second for a provider that has listed its tools before', async () => {
    const clock = new FakeClock();
    const provider = new FakeToolProvider();
    const registry = createToolRegistry([provider], { delay: (ms, options) => clock.delay(ms, options) });
    await registry.list();
    provider.list = () => new Promise(() => undefined);

    const listing = registry.list();
    await clock.advance(1_000);

    expect((await listing).map(({ name }) => name)).toEqual(['echo']);
    expect(clock.pending).toBe(0);
  });
});

describe('ToolRegistry, calls', () => {
  it('hands arguments, language and progress to the tool and returns its result', async () => {
    const parts: unknown[] = [];
    const { registry, provider } = registryOf({
      name: 'greet',
      parameters: object({ name: { type: 'string', maxLength: 20 } }),
      run: ({ name }, { progress }) => {
        progress?.('half');
        return { content: { greeted: name }, spoken: `Hallo ${String(name)}.` };
      },
    });

    const result = await registry.call(
      'greet',
      { name: 'Ada' },
      { language: 'de', progress: (part) => parts.push(part) },
    );

    expect(result).toEqual({ content: { greeted: 'Ada' }, spoken: 'Hallo Ada.' });
    expect(provider.calls).toEqual([{ name: 'greet', args: { name: 'Ada' }, language: 'de' }]);
    expect(parts).toEqual(['half']);
  });

  it('knows no names but those of the list', async () => {
    const { registry } = registryOf({ name: 'one' });

    for (const name of ['two', '', 'constructor', '__proto__', 'then', 'toString', 'One', 'one ']) {
      await expect(registry.call(name, {})).rejects.toMatchObject({ code: 'TOOL_UNKNOWN' });
    }
  });

  it('allows reading, and asks before anything else unless the policy says otherwise', async () => {
    const { registry, provider } = registryOf(
      { name: 'reads', effect: 'read' },
      { name: 'writes', effect: 'write' },
      { name: 'destroys', effect: 'destructive' },
      { name: 'writes_allowed', effect: 'write', policy: 'allow' },
      { name: 'reads_asked', effect: 'read', policy: 'ask' },
      { name: 'reads_denied', effect: 'read', policy: 'deny' },
    );
    const names = (await registry.list()).map(({ name }) => name);

    const outcomes = await Promise.all(
      names.map(async (name) => [
        name,
        await registry.call(name, {}).then(
          () => 'ran',
          (error) => `${error.code} ${error.details.policy}`,
        ),
      ]),
    );

    expect(Object.fromEntries(outcomes)).toEqual({
      reads: 'ran',
      writes: 'TOOL_DENIED ask',
      destroys: 'TOOL_DENIED ask',
      writes_allowed: 'ran',
      reads_asked: 'TOOL_DENIED ask',
      reads_denied: 'TOOL_DENIED deny',
    });
    expect(provider.calls.map(({ name }) => name)).toEqual(['reads', 'writes_allowed']);
  });

  it('names all findings about arguments, and never their values', async () => {
    const { registry, provider } = registryOf({
      name: 'set',
      parameters: object(
        {
          device: { type: 'string', maxLength: 20 },
          state: { enum: ['on', 'off'] },
          level: { type: 'integer', maximum: 100 },
        },
        ['device'],
      ),
    });

    const error = await registry
      .call('set', { state: 'secret', level: 123.5, 'secret words': 1, extra: 2 })
      .catch((failure: unknown) => failure);

    expect(error).toMatchObject({
      code: 'TOOL_ARGUMENTS_INVALID',
      message: expect.not.stringContaining('secret'),
      details: {
        findings: expect.arrayContaining([
          'the call lacks device',
          'the call has an unknown argument',
          'the call has no argument extra',
          'state must be one of on, off',
          'level must be integer',
          'level must be <= 100',
        ]),
      },
    });
    expect(provider.calls).toEqual([]);
  });

  it('refuses arguments that are no object, no JSON or too large', async () => {
    const { registry } = registryOf({ name: 'one' });
    const circle: Record<string, unknown> = {};
    circle.self = circle;

    for (const args of [undefined, null, [], 'x', circle, { big: 'x'.repeat(70_000) }]) {
      await expect(registry.call('one', args as never)).rejects.toMatchObject({
        code: 'TOOL_ARGUMENTS_INVALID',
      });
    }
  });

  it('cancels a tool that is not done in time', async () => {
    const clock = new FakeClock();
    let reason: unknown;
    const provider = new FakeToolProvider([
      {
        name: 'slow',
        limits: { timeoutMs: 500 },
        run: (_, { signal }) =>
          new Promise((_resolve, reject) => {
            signal?.addEventListener('abort', () => {
              reason = signal.reason;
              reject(new Error('cancelled'));
            });
          }),
      },
    ]);
    const registry = createToolRegistry([provider], { delay: (ms, options) => clock.delay(ms, options) });
    await registry.list();

    const call = registry.call('slow', {}).catch((error) => error);
    await clock.advance(500);

    expect(await call).toMatchObject({ code: 'TOOL_TIMEOUT', details: { tool: 'slow', timeoutMs: 500 } });
    expect(reason).toMatchObject({ code: 'TOOL_TIMEOUT' });
    expect(clock.pending).toBe(0);
  });

  it('settles at once when the caller aborts, even if the tool does not listen', async () => {
    const { registry } = registryOf({ name: 'deaf', run: () => new Promise(() => undefined) });
    const controller = new AbortController();
    const reason = new Error('enough');
    await registry.list();

    const call = registry.call('deaf', {}, { signal: controller.signal });
    controller.abort(reason);

    await expect(call).rejects.toBe(reason);
    await expect(registry.call('deaf', {}, { signal: controller.signal })).rejects.toBe(reason);
  });

  it('runs as many calls at once as the tool allows, the others in order after them', async () => {
    const running: number[] = [];
    const finish: (() => void)[] = [];
    const { registry } = registryOf({
      name: 'narrow',
      limits: { concurrency: 2 },
      parameters: object({ n: { type: 'integer' } }),
      run: ({ n }) =>
        new Promise((resolve) => {
          running.push(Number(n));
          finish.push(() => resolve({ content: n }));
        }),
    });
    await registry.list();

    const calls = [1, 2, 3, 4].map((n) => registry.call('narrow', { n }));
    await turns();
    const first = [...running];
    finish[0]?.();
    await calls[0];
    await turns();
    const second = [...running];
    finish[1]?.();
    await turns();
    finish[2]?.();
    finish[3]?.();

    expect([first, second]).toEqual([
      [1, 2],
      [1, 2, 3],
    ]);
    expect((await Promise.all(calls)).map(({ content }) => content)).toEqual([1, 2, 3, 4]);
  });

  it('refuses a call when 64 wait already, and lets waiting ones give up', async () => {
    const { registry, provider } = registryOf({
      name: 'stuck',
      limits: { concurrency: 1 },
      run: () => new Promise(() => undefined),
    });
    const controllers = Array.from({ length: 65 }, () => new AbortController());
    await registry.list();

    const calls = controllers.map(({ signal }) =>
      registry.call('stuck', {}, { signal }).catch((error) => error),
    );
    await turns();
    await expect(registry.call('stuck', {})).rejects.toMatchObject({
      code: 'TOOL_BUSY',
      retryable: true,
      details: { running: 1, waiting: 64 },
    });
    for (const controller of controllers) controller.abort(new Error('enough'));
    const outcomes = await Promise.all(calls);

    expect(outcomes.every((error) => (error as Error).message === 'enough')).toBe(true);
    expect(provider.calls).toHaveLength(1);
  });

  it('keeps the place of a tool that ignores its deadline until it is done', async () => {
    const clock = new FakeClock();
    const finish: (() => void)[] = [];
    const provider = new FakeToolProvider([
      {
        name: 'deaf',
        limits: { concurrency: 1, timeoutMs: 100 },
        run: () => new Promise((resolve) => finish.push(() => resolve({ content: 'late' }))),
      },
    ]);
    const registry = createToolRegistry([provider], { delay: (ms, options) => clock.delay(ms, options) });
    await registry.list();

    const first = registry.call('deaf', {}).catch((error) => error.code);
    await clock.advance(100);
    const second = registry.call('deaf', {}).catch((error) => error.code);
    await clock.advance(100);
    finish[0]?.();
    await turns();
    const third = registry.call('deaf', {}).then(({ content }) => content);
    await turns();
    finish[1]?.();

    expect(await Promise.all([first, second, third])).toEqual(['TOOL_TIMEOUT', 'TOOL_BUSY', 'late']);
  });

  it('tells what a tool says about its failure, and keeps exceptions in the log', async () => {
    const log = new FakeLog({ showPrivate: true });
    const tools = new FakeToolProvider([
      {
        name: 'fails',
        run: () => {
          throw new ToolError('TOOL_FAILED', {
            tool: 'fails',
            finding: 'the \u001b[31mlamp\n is unplugged.',
          });
        },
      },
      {
        name: 'breaks',
        run: () => {
          throw new Error('secret path');
        },
      },
    ]);
    const registry = createToolRegistry([tools], { log });

    await expect(registry.call('fails', {})).rejects.toThrow('could not do it: the lamp is unplugged.');
    const error = await registry.call('breaks', {}).catch((failure: unknown) => failure);

    expect(error).toMatchObject({ code: 'TOOL_FAILED', message: expect.not.stringContaining('secret') });
    expect(error).not.toHaveProperty('cause');
    expect(log.lines).toMatchObject([
      {
        level: 'warn',
        message: 'a tool broke',
        fields: { tool: 'breaks', private: { error: { message: 'secret path' } } },
      },
    ]);
    expect(String(error)).toContain(String(log.lines[0]?.fields?.['call']));
  });

  it('cleans and shortens what comes back', async () => {
    const { registry } = registryOf(
      {
        name: 'paints',
        run: () => ({ content: { text: '\u001b[31mred\u001b[0m\u0007' }, spoken: ' It is\nred.\u0000 ' }),
      },
      {
        name: 'floods',
        limits: { outputBytes: 200 },
        run: () => ({ content: { list: Array(100).fill('ä') } }),
      },
    );

    const painted = await registry.call('paints', {});
    const flooded = await registry.call('floods', {});

    expect(painted).toEqual({ content: { text: 'red' }, spoken: 'It is red.' });
    expect(flooded.content).toMatch(/^\{"list":\["ä".*bytes left out.*"ä"\]\}$/s);
    expect(Buffer.byteLength(String(flooded.content))).toBeLessThanOrEqual(200);
  });

  it('takes nothing for null', async () => {
    const { registry } = registryOf(
      { name: 'nothing', run: () => undefined as never },
      { name: 'empty', run: () => ({}) as never },
    );

    expect([await registry.call('nothing', {}), await registry.call('empty', {})]).toEqual([
      { content: {} },
      { content: null },
    ]);
  });

  it('refuses results that are not JSON', async () => {
    const circle: Record<string, unknown> = {};
    circle.self = circle;
    const { registry } = registryOf(
      { name: 'big', run: () => ({ content: 1n }) },
      { name: 'round', run: () => ({ content: circle }) },
      { name: 'runs', run: () => ({ content: () => 1 }) },
    );

    for (const name of ['big', 'round', 'runs']) {
      await expect(registry.call(name, {})).rejects.toMatchObject({ code: 'TOOL_FAILED' });
    }
  });

  it('leaves no listener on a signal that outlives the call', async () => {
    const { registry } = registryOf({ name: 'one' });
    const controller = new AbortController();
    const added: string[] = [];
    const { addEventListener, removeEventListener } = AbortSignal.prototype;
    controller.signal.addEventListener = function (this: AbortSignal, ...args: never[]) {
      added.push('add');
      return Reflect.apply(addEventListener, this, args);
    };
    controller.signal.removeEventListener = function (this: AbortSignal, ...args: never[]) {
      added.pop();
      return Reflect.apply(removeEventListener, this, args);
    };

    await registry.call('one', {}, { signal: controller.signal });
    await registry.list({ signal: controller.signal });

    expect(added).toEqual([]);
  });
});

/** Lets everything run on that waits for nothing but promises. */
function turns(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
