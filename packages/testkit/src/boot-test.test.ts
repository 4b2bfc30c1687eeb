import { describe, expect, it } from '@jest/globals';
import { Clock } from '@tiercel/capabilities/clock';
import { FakeClock } from '@tiercel/capabilities/clock/testing';
import { IntentRecognizer } from '@tiercel/capabilities/intent-recognizer';
import { Log } from '@tiercel/capabilities/log';
import { ToolProvider } from '@tiercel/capabilities/tool-provider';
import { FakeToolProvider } from '@tiercel/capabilities/tool-provider/testing';
import { WorldModel } from '@tiercel/capabilities/world-model';
import { definePlugin, lazy, optional, provide } from '@tiercel/kernel';
import { bootTest } from './boot-test.js';

let leaked: NodeJS.Timeout | undefined;

const greeter = definePlugin({
  name: '@acme/greeter',
  version: '1.0.0',
  provides: { tools: provide(ToolProvider) },
  requires: { clock: Clock, log: lazy(Log), world: optional(WorldModel) },
  config: {
    greeting: { doc: 'What to say', format: String, default: 'Hello' },
    leaks: { doc: 'Whether a timer is left behind', format: Boolean, default: false },
  },
  setup({ deps, config }) {
    if (config.leaks) leaked = setInterval(() => undefined, 1_000);
    const run = () => {
      deps.log().info('greeted');
      return {
        content: { atMs: deps.clock.nowMs(), knowsWorld: deps.world !== undefined },
        spoken: config.greeting,
      };
    };
    return { tools: new FakeToolProvider([{ name: 'greet', run }]) };
  },
});

describe('bootTest', () => {
  it('fills in fakes for what the plugins cannot do without, and hands them to the test', async () => {
    await using test = await bootTest({ plugins: [greeter] });
    await test.fakes.clock.advance(250);

    const result = await test.get(ToolProvider).call('greet', {});

    expect(result).toEqual({ content: { atMs: 250, knowsWorld: false }, spoken: 'Hello' });
    expect(test.fakes.log.messages('info')).toEqual(['greeted']);
  });

  it('configures plugins by their key', async () => {
    await using test = await bootTest({ plugins: [greeter], config: { greeter: { greeting: 'Ahoy' } } });

    await expect(test.get(ToolProvider).call('greet', {})).resolves.toMatchObject({ spoken: 'Ahoy' });
  });

  it('takes the fakes of the test, also for what is optional', async () => {
    const clock = new FakeClock();
    await clock.advance(7);
    const { FakeWorldModel } = await import('@tiercel/capabilities/world-model/testing');
    await using test = await bootTest({
      plugins: [greeter],
      fakes: { clock, worldModel: new FakeWorldModel() },
    });

    await expect(test.get(ToolProvider).call('greet', {})).resolves.toMatchObject({
      content: { atMs: 7, knowsWorld: true },
    });
    expect(test.fakes.clock).toBe(clock);
  });

  it('has a fake for the door to the tools', async () => {
    const { FakeToolRegistry } = await import('@tiercel/capabilities/tool-registry/testing');
    const greet = { name: 'greet', phrases: { en: { templates: ['say hello'] } } };
    await using test = await bootTest({
      entries: { 'intents-phrases': null },
      fakes: { toolRegistry: new FakeToolRegistry([greet]) },
    });

    const intent = await test.get(IntentRecognizer).recognize('Say hello.', { language: 'en' });

    expect(intent).toMatchObject({ tool: 'greet' });
  });

  it('reads what an installed package requires, and leaves the real provider alone where there is one', async () => {
    await using test = await bootTest({ entries: { 'tools-basic': null, 'clock-system': null } });

    const tools = await test.get(ToolProvider).list();

    expect(tools.map(({ name }) => name)).toContain('get_time');
    expect(test.fakes.log.lines).toEqual([]);
    expect(() => test.fakes.clock).toThrow(expect.objectContaining({ code: 'TESTKIT_FAKE_MISSING' }));
  });

  it('tells at the end what a plugin left behind', async () => {
    const test = await bootTest({
      plugins: [greeter],
      config: { greeter: { leaks: true } },
      leaks: { settleMs: 20 },
    });

    await expect(test[Symbol.asyncDispose]()).rejects.toMatchObject({ code: 'TESTKIT_LEAK_FOUND' });
    clearInterval(leaked);
  });
});
