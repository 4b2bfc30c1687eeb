import { describe, expect, it } from '@jest/globals';
import { circuitsOf, defineCapability } from '../plugin/capability.js';
import { acme, bootOf, Greeter, greeterPlugin, type Oracle as OracleType } from '../plugins.test.support.js';
import type { LostEvents } from './event-stream.js';
import type { NodeEvent } from './plugin-status.js';

/** Like the other oracle, but says what it thinks of those behind it. */
const Oracle = defineCapability<OracleType>()({
  id: 'oracle',
  version: '1.0.0',
  methods: { answers: 'unary' },
  compose: (oracles) => ({
    answers: async () => [],
    [circuitsOf]: () =>
      oracles.map(({ plugin }, index) => ({
        plugin,
        state: index === 0 ? ('open' as const) : ('closed' as const),
        failures: index === 0 ? 3 : 0,
        reason: index === 0 ? 'no answer' : undefined,
      })),
  }),
});

const oracle = (name: string) =>
  acme(name, { provides: [Oracle], setup: () => ({ oracle: { answers: async () => [name] } }) });

describe('a description', () => {
  it('tells who serves what, what is lost and why, and what plugins say of themselves', async () => {
    const hello = acme('hello', {
      provides: [Greeter],
      setup: ({ health }) => {
        health.facts(() => ({ greeted: 3 }));
        health.degraded('hoarse');
        return { greeter: { greet: async () => '' } };
      },
    });
    await using node = await bootOf([hello, oracle('delphi')]);

    const described = node.describe();

    expect(described).toMatchObject({
      tier: 'test',
      state: 'degraded',
      isReady: true,
      plugins: [
        {
          plugin: 'hello',
          placement: 'inline',
          state: 'degraded',
          reason: 'hoarse',
          generation: 1,
          facts: { greeted: 3 },
        },
        { plugin: 'delphi', state: 'ready', facts: undefined },
      ],
      capabilities: [
        { capability: 'greeter', servedBy: 'hello', degraded: 'hello is degraded: hoarse' },
        { capability: 'oracle', servedBy: 'delphi', degraded: undefined },
      ],
      draining: [],
    });
    expect(JSON.parse(JSON.stringify(described))).toMatchObject({ tier: 'test' });
  });

  it('shows the circuits of providers that act as one, and who takes the next call', async () => {
    await using node = await bootOf([oracle('delphi'), oracle('dodona')], {
      bind: { oracle: ['delphi', 'dodona'] },
    });
    const unused = node.describe().capabilities[0];
    node.get(Oracle);

    const used = node.describe().capabilities[0];

    expect([unused?.servedBy, used?.servedBy]).toEqual(['delphi', 'dodona']);
    expect(used).toMatchObject({
      degraded: 'delphi is passed over: no answer',
      providers: [
        { plugin: 'delphi', state: 'ready', circuit: { state: 'open', failures: 3 } },
        { plugin: 'dodona', state: 'ready', circuit: { state: 'closed' } },
      ],
    });
  });

  it('survives facts that cannot be read', async () => {
    const odd = acme('odd', {
      setup: ({ health }) =>
        health.facts(() => {
          throw new Error('not now');
        }),
    });
    await using node = await bootOf([odd]);

    expect(node.describe().plugins[0]?.facts).toEqual({ error: 'not now' });
  });
});

describe('readiness', () => {
  it('is whether every promised capability is served', async () => {
    const failing = acme('hello', {
      provides: [Greeter],
      setup: () => {
        throw new Error('no');
      },
    });
    const degrade = { hello: { boot: 'degrade' } };

    await using whole = await bootOf([greeterPlugin('hello')], { requires: ['greeter@^1'] });
    await using lacking = await bootOf([failing], { entries: degrade, requires: ['greeter'] });
    await using modest = await bootOf([failing], { entries: degrade });

    expect([whole.ready, lacking.ready, modest.ready]).toEqual([true, false, true]);
    expect(lacking.describe().capabilities).toMatchObject([
      { isPromised: true, servedBy: undefined, degraded: expect.stringContaining('hello is failed') },
    ]);
    await whole.stop();
    expect(whole.ready).toBe(false);
  });
});

describe('the event stream', () => {
  it('tells each event to the end of the node', async () => {
    const node = await bootOf([greeterPlugin('hello')]);
    const told: string[] = [];

    const reading = (async () => {
      for await (const event of node.events()) told.push(event.type);
    })();
    await node.stop();
    await reading;

    expect(told).toEqual(['plugin-state', 'plugin-state', 'node-stopped']);
  });

  it('keeps the newest for a slow reader, and tells how many it lost', async () => {
    let warn: (reason: string) => void = () => undefined;
    const noisy = acme('noisy', {
      setup: ({ health }) => {
        warn = (reason) => health.degraded(reason);
      },
    });
    await using node = await bootOf([noisy]);
    const reader = node.events({ capacity: 3 });
    const first = reader.next();
    for (let count = 0; count < 10; count++) warn(`loss ${count}`);

    const told = [await first, await reader.next(), await reader.next(), await reader.next()];
    await reader.return(undefined);

    const text = (event: NodeEvent | LostEvents | undefined) =>
      event?.type === 'plugin-state' ? event.status.reason : event;
    expect(told.map(({ value }) => text(value ?? undefined))).toEqual([
      { type: 'events-lost', count: 7 },
      'loss 7',
      'loss 8',
      'loss 9',
    ]);
  });

  it('ends when its signal aborts', async () => {
    const controller = new AbortController();
    await using node = await bootOf([greeterPlugin('hello')]);
    const next = node.events({ signal: controller.signal }).next();

    controller.abort();

    expect(await next).toEqual({ done: true, value: undefined });
  });
});
