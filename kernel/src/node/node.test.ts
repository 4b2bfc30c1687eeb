import { getEventListeners } from 'node:events';
import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import type { NodeView, PluginHealth } from '../plugin/plugin.js';
import { lazy, many, optional } from '../plugin/requirement.js';
import {
  acme,
  bootOf,
  type Deferred,
  Diary,
  deferred,
  errorOf,
  Greeter,
  greeter,
  greeterPlugin,
  marker,
  NewGreeter,
  Oracle,
} from '../plugins.test.support.js';
import type { NodeEvent } from './plugin-status.js';

const never = () => new Promise<never>(() => undefined);
const unhandled: unknown[] = [];
const onUnhandled = (reason: unknown) => void unhandled.push(reason);

beforeAll(() => {
  process.on('unhandledRejection', onUnhandled);
});

afterEach(async () => {
  await new Promise((resolve) => setImmediate(resolve));
  expect(unhandled.splice(0)).toEqual([]);
});

afterAll(() => {
  process.off('unhandledRejection', onUnhandled);
});

/** A plugin that writes down what happens to it. */
function witness(log: string[], name: string, requires: Readonly<Record<string, unknown>> = {}) {
  return acme(name, {
    provides: [marker(name)],
    requires,
    setup: ({ own }) => {
      log.push(`${name} up`);
      own(() => void log.push(`${name} down`));
      return { [name]: {} };
    },
  });
}

const failing = (name: string, requires: Readonly<Record<string, unknown>> = {}) =>
  acme(name, {
    provides: [marker(name)],
    requires,
    setup: () => {
      throw new Error(`${name} has no power`);
    },
  });

describe('starting', () => {
  it('runs the setups of independent plugins side by side', async () => {
    const [left, right] = [deferred(), deferred()];
    const meet = (name: string, mine: Deferred, other: Deferred) =>
      acme(name, {
        setup: async () => {
          mine.resolve();
          await other.promise;
        },
      });

    await using node = await bootOf([meet('left', left, right), meet('right', right, left)]);

    expect(node.state).toBe('ready');
  });

  it('starts a plugin as soon as what it needs is up, though others are still busy', async () => {
    const consumed = deferred();
    const slow = acme('slow', { setup: () => consumed.promise });
    const consumer = acme('consumer', { requires: { greeter: Greeter }, setup: () => consumed.resolve() });

    await using node = await bootOf([slow, consumer, greeterPlugin('hello')]);

    expect(node.plugins.map(({ state }) => state)).toEqual(['ready', 'ready', 'ready']);
  });

  it('goes up in the order of dependency and down in the reverse', async () => {
    const log: string[] = [];
    const [a, b] = [marker('a'), marker('b')];
    const node = await bootOf([witness(log, 'c', { a, b }), witness(log, 'b', { a }), witness(log, 'a')]);

    await node.stop();

    expect(log).toEqual(['a up', 'b up', 'c up', 'c down', 'b down', 'a down']);
  });

  it('gives setup its name, its config and the provider object itself', async () => {
    let seen: unknown[] = [];
    const consumer = acme('consumer', {
      requires: { greeter: Greeter, none: optional(Diary), all: many(Greeter) },
      setup: ({ name, deps, config }) => {
        seen = [name, deps, config];
      },
    });

    await using _node = await bootOf([consumer, greeterPlugin('hello')]);

    expect(seen).toEqual(['consumer', { greeter, none: undefined, all: [greeter] }, {}]);
    expect(Reflect.get(seen[1] as object, 'greeter')).toBe(greeter);
  });

  it('owns what resolve() builds, when it can be disposed', async () => {
    const log: string[] = [];
    class Lamp {
      [Symbol.dispose]() {
        log.push('lamp off');
      }
    }
    const node = await bootOf([
      acme('house', {
        setup: ({ resolve }) => {
          const [first, second] = [resolve(Lamp), resolve(Lamp)];
          if (first === second) log.push('one lamp');
        },
      }),
    ]);

    await node.stop();

    expect(log).toEqual(['one lamp', 'lamp off']);
  });

  it('refuses a plan that has problems, and starts nothing', async () => {
    const log: string[] = [];
    const error = await errorOf(() => bootOf([witness(log, 'a'), witness(log, 'b', { z: marker('z') })]));

    expect(error.code).toBe('KERNEL_PLAN_INVALID');
    expect(error.message).toContain('The manifest has 1 problem.');
    expect(log).toEqual([]);
  });
});

describe('a required plugin that fails', () => {
  it('rolls back in reverse order and rejects with one error for all plugins', async () => {
    const log: string[] = [];
    const [a, b] = [marker('a'), marker('b')];

    const error = await errorOf(() =>
      bootOf([
        witness(log, 'a'),
        witness(log, 'b', { a }),
        failing('c', { b }),
        witness(log, 'd', { c: marker('c') }),
      ]),
    );

    expect(log).toEqual(['a up', 'b up', 'b down', 'a down']);
    expect(error).toMatchObject({
      code: 'KERNEL_BOOT_FAILED',
      cause: { code: 'KERNEL_PLUGIN_SETUP_FAILED', cause: new Error('c has no power') },
      details: {
        results: [
          { plugin: 'a', state: 'ready' },
          { plugin: 'b', state: 'ready' },
          {
            plugin: 'c',
            state: 'failed',
            reason: 'Plugin c failed to start: c has no power. The cause says where.',
          },
          {
            plugin: 'd',
            state: 'failed',
            reason: 'Start-up was given up because the required plugin c failed.',
          },
        ],
      },
    });
    expect(error.message.split('\n')).toEqual([
      'Tier test did not start.',
      '  c: Plugin c failed to start: c has no power. The cause says where.',
      '  Given up because of that: d.',
      'Mend this, or mark a plugin "boot: degrade" if the node may run without it.',
    ]);
  });

  it('gives back what its own setup had opened, last first', async () => {
    const log: string[] = [];
    const half = acme('half', {
      setup: ({ own }) => {
        own(() => void log.push('first'));
        own(() => void log.push('second'));
        throw new Error('half-way');
      },
    });

    await errorOf(() => bootOf([half]));

    expect(log).toEqual(['second', 'first']);
  });

  it('aborts its siblings, with a reason they can tell', async () => {
    let reason: unknown;
    const sibling = acme('sibling', {
      setup: ({ signal }) =>
        new Promise((_resolve, reject) => {
          signal.addEventListener('abort', () => {
            reason = signal.reason;
            reject(signal.reason);
          });
        }),
    });

    const error = await errorOf(() => bootOf([sibling, failing('bad')]));

    expect(error.code).toBe('KERNEL_BOOT_FAILED');
    expect(reason).toMatchObject({ code: 'KERNEL_SIBLING_FAILED', details: { plugin: 'bad' } });
  });

  it('gives back what a sibling opens too late, exactly once', async () => {
    const log: string[] = [];
    const [late, closed] = [deferred(), deferred()];
    const sibling = acme('sibling', {
      setup: async ({ own }) => {
        own(() => void log.push('early'));
        await late.promise;
        own(() => {
          log.push('late');
          closed.resolve();
        });
      },
    });

    await errorOf(() => bootOf([sibling, failing('bad')], { stopTimeoutMs: 1 }));
    expect(log).toEqual(['early']);
    late.resolve();
    await closed.promise;

    expect(log).toEqual(['early', 'late']);
  });

  it('waits for an aborted sibling that still cleans up, and then releases in order', async () => {
    const log: string[] = [];
    const sibling = acme('sibling', {
      setup: async ({ own, signal }) => {
        own(() => void log.push('first'));
        await new Promise<void>((resolve) => signal.addEventListener('abort', () => setImmediate(resolve)));
        own(() => void log.push('second'));
        throw signal.reason;
      },
    });

    await errorOf(() => bootOf([sibling, failing('bad')]));

    expect(log).toEqual(['second', 'first']);
  });
});

describe('what setup returns', () => {
  it.each([
    ['too little', {}, ['greeter'], []],
    ['too much', { greeter, extra: 1 }, [], ['extra']],
    ['something else', { greter: greeter }, ['greeter'], ['greter']],
  ])('must be what the plugin declares: %s', async (_title, returned, missing, surplus) => {
    const error = await errorOf(() => bootOf([acme('odd', { provides: [Greeter], setup: () => returned })]));

    expect(error.cause).toMatchObject({
      code: 'KERNEL_PLUGIN_RETURN_WRONG',
      details: { plugin: 'odd', missing, surplus },
    });
  });

  it.each([
    ['an empty object', {}],
    ['undefined', undefined],
    ['null', null],
    ['a member of the wrong kind', { greet: 'Hello.' }],
  ])('must implement the contract, which %s does not', async (_title, provider) => {
    const odd = acme('odd', { provides: [Greeter], setup: () => ({ greeter: provider }) });

    const error = await errorOf(() => bootOf([odd]));

    expect(error.cause).toMatchObject({
      code: 'KERNEL_PROVIDER_INCOMPLETE',
      details: { plugin: 'odd', provider: 'greeter', capability: 'greeter', missing: ['greet'] },
    });
  });

  it('may implement it by inheritance', async () => {
    class Base {
      async greet() {
        return 'Hello.';
      }
    }
    class Child extends Base {}

    await using node = await bootOf([
      acme('child', { provides: [Greeter], setup: () => ({ greeter: new Child() }) }),
    ]);

    expect(node.state).toBe('ready');
  });
});

describe('deadlines and abort', () => {
  /** A plugin whose setup never settles, and what settles when it has begun. */
  function stuckPlugin(requires: Readonly<Record<string, unknown>> = {}) {
    const begun = deferred();
    const setup = () => {
      begun.resolve();
      return never();
    };
    return { stuck: acme('stuck', { requires, setup }), waits: begun.promise };
  }

  /** Lets no time pass until `waits`, however busy the machine is, and then a second. */
  async function outOfTime<T>(waits: Promise<void>, work: () => Promise<T>): Promise<T> {
    jest.useFakeTimers({ doNotFake: ['nextTick', 'queueMicrotask', 'setImmediate'] });
    try {
      const working = work();
      await waits;
      await jest.advanceTimersByTimeAsync(1_000);
      return await working;
    } finally {
      jest.useRealTimers();
    }
  }

  it('give up a setup that takes longer than its plugin may', async () => {
    const stuck = acme('stuck', { setup: never });

    const error = await errorOf(() =>
      bootOf([stuck], { entries: { stuck: { boot: { timeoutMs: 5 } } }, stopTimeoutMs: 1 }),
    );

    expect(error).toMatchObject({
      code: 'KERNEL_BOOT_FAILED',
      cause: { code: 'KERNEL_PLUGIN_SETUP_TIMEOUT', details: { plugin: 'stuck', waitedMs: 5 } },
    });
  });

  it('give up a start that takes longer than the node may, and name who was awaited', async () => {
    const log: string[] = [];
    const { stuck, waits } = stuckPlugin({ a: marker('a') });

    const error = await outOfTime(waits, () =>
      errorOf(() => bootOf([witness(log, 'a'), stuck], { startTimeoutMs: 20, stopTimeoutMs: 1 })),
    );

    expect(error).toMatchObject({
      code: 'KERNEL_BOOT_TIMEOUT',
      details: { waitedMs: 20, awaiting: ['stuck'] },
    });
    expect(log).toEqual(['a up', 'a down']);
  });

  it('cost a node no more than the plugins that it may miss', async () => {
    const { stuck, waits } = stuckPlugin();

    await using node = await outOfTime(waits, () =>
      bootOf([greeterPlugin('hello'), stuck], {
        entries: { stuck: { boot: 'degrade' } },
        startTimeoutMs: 20,
        stopTimeoutMs: 1,
      }),
    );

    expect(node.state).toBe('degraded');
    expect(node.get(Greeter)).toBe(greeter);
    expect(node.plugins.find(({ plugin }) => plugin === 'stuck')).toMatchObject({
      state: 'failed',
      reason: expect.stringMatching('20 ms'),
    });
  });

  it('let the caller give up, and roll everything back', async () => {
    const log: string[] = [];
    const controller = new AbortController();
    let reason: unknown;
    const waiting = acme('waiting', {
      requires: { a: marker('a') },
      setup: ({ signal }) => {
        signal.addEventListener('abort', () => {
          reason = signal.reason;
        });
        controller.abort(new Error('enough'));
        return never();
      },
    });

    const error = await errorOf(() =>
      bootOf([witness(log, 'a'), waiting], { signal: controller.signal, stopTimeoutMs: 1 }),
    );

    expect(error).toMatchObject({ code: 'KERNEL_BOOT_ABORTED', cause: new Error('enough') });
    expect(reason).toMatchObject({ code: 'KERNEL_BOOT_ABORTED' });
    expect(log).toEqual(['a up', 'a down']);
  });

  it('start nothing for a caller who had given up before', async () => {
    const log: string[] = [];

    const error = await errorOf(() => bootOf([witness(log, 'a')], { signal: AbortSignal.abort() }));

    expect(error.code).toBe('KERNEL_BOOT_ABORTED');
    expect(log).toEqual([]);
  });

  it('roll back also when the caller gives up in the last moment', async () => {
    const log: string[] = [];
    const controller = new AbortController();
    const last = acme('last', { requires: { a: marker('a') }, setup: () => controller.abort() });

    const error = await errorOf(() => bootOf([witness(log, 'a'), last], { signal: controller.signal }));

    expect(error.code).toBe('KERNEL_BOOT_ABORTED');
    expect(log).toEqual(['a up', 'a down']);
  });

  it('leave nothing on the signal of a caller who lives on', async () => {
    const { signal } = new AbortController();

    const node = await bootOf([greeterPlugin('hello')], { signal });
    expect(getEventListeners(signal, 'abort')).toHaveLength(0);
    await node.stop();
    await errorOf(() => bootOf([failing('bad')], { signal }));

    expect(getEventListeners(signal, 'abort')).toHaveLength(0);
  });
});

describe('a plugin that the node may miss', () => {
  const entries = { bad: { boot: 'degrade' } };

  it('keeps the node up, which says what is missing and why', async () => {
    await using node = await bootOf([failing('bad'), greeterPlugin('hello')], { entries });

    expect(node.state).toBe('degraded');
    expect(node.plugins.map(({ plugin, state, reason }) => [plugin, state, reason])).toEqual([
      ['bad', 'failed', 'Plugin bad failed to start: bad has no power. The cause says where.'],
      ['hello', 'ready', undefined],
    ]);
  });

  it('is undefined for whom it is optional, and absent among many', async () => {
    let deps: unknown;
    const consumer = acme('consumer', {
      requires: { maybe: optional(marker('bad')), all: many(marker('bad')) },
      setup: (context) => {
        ({ deps } = context);
      },
    });

    await using _node = await bootOf([failing('bad'), consumer], { entries });

    expect(deps).toEqual({ maybe: undefined, all: [] });
  });

  it('takes a consumer along that may be missed too', async () => {
    const log: string[] = [];
    const consumer = witness(log, 'consumer', { bad: marker('bad') });

    await using node = await bootOf([failing('bad'), consumer], {
      entries: { ...entries, consumer: { boot: 'degrade' } },
    });

    expect(log).toEqual([]);
    expect(node.plugins[1]).toMatchObject({
      state: 'failed',
      reason: expect.stringMatching(/^bad is not available: its plugin bad is failed \(.*bad has no power\./),
    });
  });

  it('fails the node when a required plugin cannot be without it', async () => {
    const error = await errorOf(() =>
      bootOf([failing('bad'), acme('consumer', { requires: { bad: marker('bad') } })], { entries }),
    );

    expect(error).toMatchObject({ code: 'KERNEL_BOOT_FAILED', cause: { code: 'KERNEL_PROVIDER_NOT_READY' } });
  });

  it('has given back what it had opened when the node is up', async () => {
    const log: string[] = [];
    const bad = acme('bad', {
      setup: ({ own }) => {
        own(async () => {
          await new Promise((resolve) => setImmediate(resolve));
          log.push('released');
        });
        throw new Error('no');
      },
    });

    await using _node = await bootOf([bad], { entries });

    expect(log).toEqual(['released']);
  });
});

describe('health', () => {
  it('of the whole node is told to the plugins that ask for it', async () => {
    let view: NodeView | undefined;
    const node = await bootOf([
      acme('reporter', {
        provides: [Greeter],
        setup: (context) => {
          view = context.node;
          return { greeter };
        },
      }),
    ]);

    const described = await view?.describe();
    await node.stop();
    const afterwards = await view?.describe();

    expect(described).toMatchObject({ state: 'ready', plugins: [{ plugin: 'reporter', state: 'ready' }] });
    expect(afterwards).toMatchObject({ state: 'stopped', plugins: [{ state: 'stopped' }] });
  });

  async function patient() {
    let health: PluginHealth | undefined;
    const events: NodeEvent[] = [];
    const node = await bootOf(
      [
        acme('patient', {
          provides: [Greeter],
          setup: (context) => {
            ({ health } = context);
            return { greeter };
          },
        }),
      ],
      { onEvent: (event) => events.push(event) },
    );
    const states = () =>
      events.map((event) => (event.type === 'plugin-state' ? event.status.state : event.type));
    if (!health) throw new Error('setup did not run');
    return { node, health, states };
  }

  it('follows what a plugin says about itself, and the plugin goes on serving', async () => {
    const { node, health, states } = await patient();

    health.degraded('no network');
    expect([node.state, node.plugins[0]?.reason, node.has(Greeter)]).toEqual([
      'degraded',
      'no network',
      true,
    ]);
    health.ready();
    expect([node.state, node.plugins[0]?.reason]).toEqual(['ready', undefined]);
    await node.stop();

    expect(states()).toEqual([
      'imported',
      'starting',
      'ready',
      'degraded',
      'ready',
      'draining',
      'stopped',
      'node-stopped',
    ]);
  });

  it('does not tell twice that a plugin is ready', async () => {
    const { node, health, states } = await patient();

    health.ready();
    await node.stop();

    expect(states()).toEqual(['imported', 'starting', 'ready', 'draining', 'stopped', 'node-stopped']);
  });

  it('is no longer heard once the plugin has stopped', async () => {
    const { node, health } = await patient();
    await node.stop();

    health.degraded('too late');
    health.ready();

    expect(node.plugins[0]).toMatchObject({ state: 'stopped', reason: undefined });
  });

  it('keeps a loss that is told during setup until the plugin is up', async () => {
    const events: string[] = [];
    let lazily: (() => unknown) | undefined;
    const early = acme('early', {
      provides: [Greeter],
      setup: async ({ health }) => {
        health.degraded('small model');
        expect(lazily).toThrow(expect.objectContaining({ code: 'KERNEL_PROVIDER_NOT_READY' }));
        return { greeter };
      },
    });
    const peeker = acme('peeker', {
      requires: { greeter: lazy(Greeter) },
      setup: ({ deps }) => {
        lazily = deps['greeter'] as () => unknown;
      },
    });

    await using node = await bootOf([peeker, early], {
      onEvent: (event) => {
        if (event.type === 'plugin-state' && event.status.plugin === 'early') events.push(event.status.state);
      },
    });

    expect(events).toEqual(['imported', 'starting', 'degraded']);
    expect(node.plugins[1]).toMatchObject({ reason: 'small model', setupMs: expect.any(Number) });
    expect(lazily?.()).toBe(greeter);
  });

  it('forgets a loss that is over before setup is', async () => {
    await using node = await bootOf([
      acme('early', {
        setup: ({ health }) => {
          health.degraded('still warming up');
          health.ready();
        },
      }),
    ]);

    expect(node.state).toBe('ready');
  });
});

describe('events', () => {
  it('tell each change in order, with the time that a setup took', async () => {
    const events: NodeEvent[] = [];
    const host = acme('host', { requires: { greeter: Greeter } });

    const node = await bootOf([host, greeterPlugin('hello')], { onEvent: (event) => events.push(event) });
    await node.stop();

    expect(
      events.map((event) =>
        event.type === 'plugin-state' ? `${event.status.plugin} ${event.status.state}` : event.type,
      ),
    ).toEqual([
      'hello imported',
      'host imported',
      'hello starting',
      'hello ready',
      'host starting',
      'host ready',
      'host draining',
      'host stopped',
      'hello draining',
      'hello stopped',
      'node-stopped',
    ]);
    expect(node.plugins[0]).toMatchObject({
      plugin: 'hello',
      package: '@acme/hello',
      version: '1.0.0',
      sinceMs: expect.any(Number),
      setupMs: expect.any(Number),
    });
  });

  it('reach a subscriber until it leaves', async () => {
    const heard: string[] = [];
    const node = await bootOf([greeterPlugin('hello')]);
    const leave = node.subscribe((event) => {
      heard.push(event.type);
      leave();
    });

    await node.stop();

    expect(heard).toEqual(['plugin-state']);
  });

  it('do no harm when a listener throws', async () => {
    const warned = jest.spyOn(process, 'emitWarning').mockImplementation(() => undefined);
    const node = await bootOf([greeterPlugin('hello')], {
      onEvent: () => {
        throw new Error('bad listener');
      },
    });

    expect(node.state).toBe('ready');
    await node.stop();

    expect(warned).toHaveBeenCalledWith(new Error('bad listener'));
    warned.mockRestore();
  });

  it('tell once a second of a start and a stop that take long', async () => {
    jest.useFakeTimers({ doNotFake: ['nextTick', 'queueMicrotask', 'setImmediate'] });
    const events: NodeEvent[] = [];
    const pause = () => new Promise<void>((resolve) => setTimeout(resolve, 2_900));
    const slow = (name: string, requires = {}) =>
      acme(name, {
        provides: [marker(name)],
        requires,
        setup: async ({ own }) => {
          own(pause);
          await pause();
          return { [name]: {} };
        },
      });

    try {
      const booting = bootOf([slow('first'), slow('second', { first: marker('first') })], {
        onEvent: (event) => events.push(event),
      });
      await new Promise((resolve) => setImmediate(resolve));
      await jest.advanceTimersByTimeAsync(6_000);
      const node = await booting;
      const stopping = node.stop();
      await jest.advanceTimersByTimeAsync(6_000);
      await stopping;
    } finally {
      jest.useRealTimers();
    }

    const slowness = events.flatMap((event) =>
      'awaiting' in event ? [[event.type, event.awaiting, event.elapsedMs]] : [],
    );
    expect(slowness).toEqual([
      ['start-slow', ['second'], 5_000],
      ['stop-slow', ['first'], 5_000],
    ]);
  });
});

describe('lazy dependencies', () => {
  const patient = (take: (get: () => unknown) => unknown) =>
    acme('patient', {
      requires: { greeter: lazy(Greeter) },
      setup: ({ deps }) => void take(deps['greeter'] as () => unknown),
    });

  it('cannot be used before their provider is up', async () => {
    const gate = deferred();
    let thrown: unknown;
    const hello = acme('hello', {
      provides: [Greeter],
      setup: async () => {
        await gate.promise;
        return { greeter };
      },
    });

    await using _node = await bootOf([
      patient((get) => {
        try {
          get();
        } catch (error) {
          thrown = error;
        }
        gate.resolve();
      }),
      hello,
    ]);

    expect(thrown).toMatchObject({
      code: 'KERNEL_PROVIDER_NOT_READY',
      retryable: true,
      details: { capability: 'greeter', plugin: 'hello', state: 'imported' },
    });
  });

  it('give the provider afterwards, and fail again once it has stopped', async () => {
    let get: (() => unknown) | undefined;
    const node = await bootOf([
      patient((given) => {
        get = given;
      }),
      greeterPlugin('hello'),
    ]);

    expect(get?.()).toBe(greeter);
    await node.stop();

    expect(get).toThrow(expect.objectContaining({ details: expect.objectContaining({ state: 'stopped' }) }));
  });
});

describe('stopping', () => {
  it('is done once, whoever asks, and however often', async () => {
    const log: string[] = [];
    const node = await bootOf([witness(log, 'a')]);

    const [first, second] = [node.stop(), node.stop()];
    await Promise.all([first, second]);
    await node.stop();
    await node[Symbol.asyncDispose]();

    expect(second).toBe(first);
    expect(log).toEqual(['a up', 'a down']);
    expect(node.state).toBe('stopped');
  });

  it('happens at the end of "await using"', async () => {
    const log: string[] = [];
    {
      await using _node = await bootOf([witness(log, 'a')]);
    }

    expect(log).toEqual(['a up', 'a down']);
  });

  it('tells the signal of each plugin why', async () => {
    let signal: AbortSignal | undefined;
    const node = await bootOf([
      acme('a', {
        setup: (context) => {
          ({ signal } = context);
        },
      }),
    ]);
    expect(signal?.aborted).toBe(false);

    await node.stop();

    expect(signal?.reason).toMatchObject({ code: 'KERNEL_NODE_STOPPED' });
  });

  it('goes on past errors, reports them together, and tells of each', async () => {
    const log: string[] = [];
    const events: NodeEvent[] = [];
    const bad = acme('bad', {
      requires: { a: marker('a') },
      setup: ({ own }) => {
        own(() => {
          throw new Error('stuck lid');
        });
        own(async () => {
          throw new Error('lost key');
        });
      },
    });
    const node = await bootOf([witness(log, 'a'), bad], { onEvent: (event) => events.push(event) });

    const error = await errorOf(() => node.stop());

    expect(error).toMatchObject({
      code: 'KERNEL_STOP_FAILED',
      details: {
        failures: [
          { plugin: 'bad', finding: 'lost key' },
          { plugin: 'bad', finding: 'stuck lid' },
        ],
      },
    });
    expect(events.filter(({ type }) => type === 'release-failed')).toHaveLength(2);
    expect(log).toEqual(['a up', 'a down']);
    expect(node.plugins.map(({ state }) => state)).toEqual(['stopped', 'stopped']);
    await expect(node.stop()).rejects.toBe(error);
  });

  it('leaves a plugin behind that does not let go within 5 s', async () => {
    jest.useFakeTimers({ doNotFake: ['nextTick', 'queueMicrotask', 'setImmediate'] });
    const log: string[] = [];
    const hanging = acme('hanging', { requires: { a: marker('a') }, setup: ({ own }) => void own(never) });
    let error: unknown;

    try {
      const node = await bootOf([witness(log, 'a'), hanging]);
      const stopping = errorOf(() => node.stop());
      await jest.advanceTimersByTimeAsync(4_999);
      expect(log).toEqual(['a up']);
      await jest.advanceTimersByTimeAsync(1);
      error = await stopping;
    } finally {
      jest.useRealTimers();
    }

    expect(error).toMatchObject({
      code: 'KERNEL_STOP_FAILED',
      details: { failures: [{ plugin: 'hanging' }] },
    });
    expect(log).toEqual(['a up', 'a down']);
  });

  it('releases at once what a plugin takes on after it has stopped', async () => {
    const log: string[] = [];
    const events: string[] = [];
    let own: ((resource: () => void) => unknown) | undefined;
    const node = await bootOf(
      [
        acme('a', {
          setup: (context) => {
            ({ own } = context);
          },
        }),
      ],
      {
        onEvent: ({ type }) => events.push(type),
      },
    );
    await node.stop();

    own?.(() => void log.push('late'));
    own?.(() => {
      throw new Error('late and broken');
    });
    await new Promise((resolve) => setImmediate(resolve));

    expect(log).toEqual(['late']);
    expect(events.at(-1)).toBe('release-failed');
  });
});

describe('providers on a node', () => {
  it('are found by their capability', async () => {
    await using node = await bootOf([greeterPlugin('hello')]);

    expect(node.get(Greeter)).toBe(greeter);
    expect(node.getAll(Greeter)).toEqual([greeter]);
    expect([node.has(Greeter), node.has(Diary)]).toEqual([true, false]);
    expect(node.getAll(Diary)).toEqual([]);
  });

  it('are told to be missing, with the plugins that are here', async () => {
    await using node = await bootOf([greeterPlugin('hello')]);

    expect(() => node.get(Diary)).toThrow(
      'No plugin on this node provides diary 1.0.0. Plugins here: hello. Add one that does to the manifest.',
    );
  });

  it('of another major version of the contract do not count', async () => {
    await using node = await bootOf([greeterPlugin('hello')]);

    expect(node.has(NewGreeter)).toBe(false);
    expect(node.getAll(NewGreeter)).toEqual([]);
    expect(() => node.get(NewGreeter)).toThrow(expect.objectContaining({ code: 'KERNEL_PROVIDER_MISSING' }));
  });

  it('are ambiguous without a binding, unless they can act as one', async () => {
    const oracle = (name: string) =>
      acme(name, { provides: [Oracle], setup: () => ({ oracle: { answers: async () => ['maybe'] } }) });
    await using node = await bootOf([
      greeterPlugin('hello'),
      greeterPlugin('ciao'),
      oracle('x'),
      oracle('y'),
    ]);

    expect(() => node.get(Greeter)).toThrow(
      expect.objectContaining({
        code: 'KERNEL_PROVIDER_AMBIGUOUS',
        details: { capability: 'greeter', candidates: ['hello', 'ciao'] },
      }),
    );
    expect(node.has(Greeter)).toBe(false);
    expect(await node.get(Oracle).answers()).toEqual(['x: maybe', 'y: maybe']);
  });

  it('are the bound one, and act as one in the order of the binding', async () => {
    const oracle = (name: string) =>
      acme(name, { provides: [Oracle], setup: () => ({ oracle: { answers: async () => [name] } }) });
    let asked: Promise<readonly string[]> | undefined;
    const asker = acme('asker', {
      requires: { oracle: Oracle },
      setup: ({ deps }) => {
        asked = (deps['oracle'] as Oracle).answers();
      },
    });
    await using node = await bootOf([oracle('x'), oracle('y'), oracle('z'), asker], {
      bind: { oracle: ['z', 'x'] },
    });

    expect(await asked).toEqual(['z: z', 'x: x']);
    expect(await node.get(Oracle).answers()).toEqual(['z: z', 'x: x']);
  });

  it('that are down are left out of those that act as one', async () => {
    const oracle = acme('x', {
      provides: [Oracle],
      setup: () => ({ oracle: { answers: async () => ['x'] } }),
    });
    const down = acme('down', {
      provides: [Oracle],
      setup: () => {
        throw new Error('silent');
      },
    });
    await using node = await bootOf([down, oracle], {
      bind: { oracle: ['down', 'x'] },
      entries: { down: { boot: 'degrade' } },
    });

    expect(await node.get(Oracle).answers()).toEqual(['x']);
    expect(node.getAll(Oracle)).toHaveLength(1);
  });

  it('that are down are told to be so', async () => {
    const down = acme('down', { provides: [Greeter], setup: never });
    await using node = await bootOf([down], {
      entries: { down: { boot: { mode: 'degrade', timeoutMs: 1 } } },
      stopTimeoutMs: 1,
    });

    expect(node.has(Greeter)).toBe(false);
    expect(() => node.get(Greeter)).toThrow(
      expect.objectContaining({
        code: 'KERNEL_PROVIDER_NOT_READY',
        details: expect.objectContaining({ state: 'failed' }),
      }),
    );
  });

  it('may show each consumer a view of its own', async () => {
    const lines: string[] = [];
    const diary = acme('diary', {
      provides: [Diary],
      setup: () => ({ diary: { write: (line: string) => void lines.push(line) } }),
    });
    const writer = (name: string) =>
      acme(name, {
        requires: { diary: Diary },
        setup: ({ deps }) => (deps['diary'] as Diary).write('up'),
      });
    await using node = await bootOf([diary, writer('anna'), writer('ben')]);

    node.get(Diary).write('running');

    expect(lines).toEqual(['anna: up', 'ben: up', 'host: running']);
  });

  it('are gone once the node stops', async () => {
    const node = await bootOf([greeterPlugin('hello')]);
    await node.stop();

    const stopped = expect.objectContaining({ code: 'KERNEL_NODE_STOPPED' });
    expect(() => node.get(Greeter)).toThrow(stopped);
    expect(() => node.getAll(Greeter)).toThrow(stopped);
    expect(node.has(Greeter)).toBe(false);
  });
});
