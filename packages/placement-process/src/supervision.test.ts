import { readFileSync } from 'node:fs';
import path from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { afterAll, describe, expect, it } from '@jest/globals';
import type { Node, NodeEvent } from '@tiercel/kernel';
import {
  bootFixtures,
  collect,
  errorOf,
  factsOf,
  fixtureFolder,
  inline,
  isAlive,
  Probe,
  placed,
  Relay,
  Report,
  removeFixtureFolder,
  untilGone,
  untilState,
} from './fixtures.test.support.js';

afterAll(removeFixtureFolder);

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

/** Heap in use when nothing superfluous is left. */
async function heapMiB(): Promise<number> {
  await new Promise((resolve) => setImmediate(resolve));
  collectGarbage();
  return process.memoryUsage().heapUsed / 2 ** 20;
}

/** Kills the process of a plugin and waits until the next one is up. */
async function killOf(node: Node, plugin: string, signal: NodeJS.Signals = 'SIGKILL'): Promise<number> {
  const pid = factsOf(node, plugin).pid ?? 0;
  process.kill(pid, signal);
  await untilState(node, plugin, 'degraded');
  await untilState(node, plugin, 'ready');
  return pid;
}

describe('a child that dies', () => {
  it('fails what is under way at once with PROVIDER_LOST, in both directions', async () => {
    await using node = await bootFixtures({ relay: placed('relay'), probe: inline('probe') });
    const relay = node.get(Relay);
    const probe = node.get(Probe);
    const numbers = relay.count(1_000_000)[Symbol.asyncIterator]();
    await numbers.next();
    const silent = (async function* () {
      yield 1;
      await new Promise(() => undefined);
    })();
    const aborts = (await probe.seen()).aborts.length;
    let waiting: Promise<void> = Promise.resolve();
    const underWay = new Promise<unknown>((resolve) => {
      waiting = relay.wait({ signal: new AbortController().signal, progress: resolve });
    });
    await underWay;
    const works = [waiting, numbers.next().then(() => numbers.next()), collect(relay.double(silent))];

    process.kill(factsOf(node, 'relay').pid ?? 0, 'SIGKILL');
    const outcomes = await Promise.allSettled(works);
    await untilState(node, 'relay', 'ready');

    for (const outcome of outcomes) {
      expect(outcome).toMatchObject({
        status: 'rejected',
        reason: {
          code: 'PROVIDER_LOST',
          retryable: true,
          details: { plugin: 'relay', finding: 'signal SIGKILL' },
        },
      });
    }
    // The provider in the parent hears that its caller is gone.
    expect((await probe.seen()).aborts.slice(aborts)).toEqual(['PROVIDER_LOST']);
    expect(await relay.echo('again')).toBe('again');
  });
});

describe('a child that is killed again and again', () => {
  it('fails no call but with PROVIDER_LOST, leaves no process and no memory behind', async () => {
    await using node = await bootFixtures({ probe: placed('probe') });
    const probe = node.get(Probe);
    const pids = new Set<number>();
    const codes = new Set<unknown>();
    let completed = 0;
    let isOver = false;
    const settle = async (work: Promise<unknown>) => {
      try {
        await work;
        completed++;
      } catch (error) {
        codes.add((error as { readonly code?: unknown }).code);
        await untilState(node, 'probe', 'ready');
      }
    };
    const caller = async () => {
      const samples = new Int16Array(5_000);
      while (!isOver) {
        await settle(probe.echo(samples));
        await settle(collect(probe.count(5)));
        await new Promise((resolve) => setImmediate(resolve));
      }
    };
    const callers = Array.from({ length: 4 }, caller);
    let earlyMiB = 0;
    let resources = 0;
    for (let kill = 1; kill <= 50; kill++) {
      pids.add(await killOf(node, 'probe'));
      expect(await probe.echo(kill)).toBe(kill);
      if (kill !== 10) continue;
      earlyMiB = await heapMiB();
      resources = process.getActiveResourcesInfo().length;
    }
    isOver = true;
    await Promise.all(callers);
    const lateMiB = await heapMiB();

    expect(pids.size).toBe(50);
    expect([...pids].filter(isAlive)).toEqual([]);
    expect([...codes]).toEqual(['PROVIDER_LOST']);
    expect(completed).toBeGreaterThan(0);
    expect(factsOf(node, 'probe').restarts).toBe(50);
    // What belonged to the last child may still be closing.
    while (process.getActiveResourcesInfo().length > resources + 2)
      await new Promise((resolve) => setImmediate(resolve));
    expect(lateMiB - earlyMiB).toBeLessThan(3);
  }, 120_000);

  it('keeps the same provider objects, and states its facts anew', async () => {
    await using node = await bootFixtures({ probe: placed('probe') });
    const probe = node.get(Probe);
    const before = probe.info.pid;

    await killOf(node, 'probe');

    expect(node.get(Probe)).toBe(probe);
    expect(probe.info.pid).not.toBe(before);
    expect(probe.info.pid).toBe(factsOf(node, 'probe').pid);
  });
});

describe('the node', () => {
  it('tells why a plugin is degraded, and when it is not any more', async () => {
    const events: NodeEvent[] = [];
    await using node = await bootFixtures(
      { probe: placed('probe') },
      { onEvent: (event) => void events.push(event) },
    );
    await node.get(Probe).act('throw');
    await untilState(node, 'probe', 'degraded');
    await untilState(node, 'probe', 'ready');

    const states = events.flatMap((event) =>
      event.type === 'plugin-state' ? [[event.status.state, event.status.reason]] : [],
    );

    expect(states.slice(-3)).toEqual([
      ['ready', undefined],
      [
        'degraded',
        expect.stringMatching(
          /^its process ended: exit code 1 \(TypeError: a bug of the plugin\); starts again in \d+ ms$/,
        ),
      ],
      ['ready', undefined],
    ]);
    expect(factsOf(node, 'probe')).toMatchObject({
      restarts: 1,
      lastExit: 'exit code 1 (TypeError: a bug of the plugin)',
    });
  });

  it('follows what the plugin itself reports', async () => {
    await using node = await bootFixtures({ probe: placed('probe') });

    await node.get(Probe).act('degrade');
    await untilState(node, 'probe', 'degraded');
    const [status] = node.plugins;
    await node.get(Probe).act('recover');
    await untilState(node, 'probe', 'ready');

    expect(status?.reason).toBe('the lamp is cold');
  });

  it('forgets what a plugin had reported when that one died', async () => {
    await using node = await bootFixtures({ probe: placed('probe') });
    await node.get(Probe).act('degrade');
    await untilState(node, 'probe', 'degraded');
    await node
      .get(Probe)
      .act('exit')
      .catch(() => undefined);

    await untilState(node, 'probe', 'ready');

    expect(node.plugins[0]?.reason).toBeUndefined();
  });

  it('hears each line that a child prints, and keeps the end of it', async () => {
    const lines: string[] = [];
    let printed: () => void = () => undefined;
    const all = new Promise<void>((resolve) => {
      printed = resolve;
    });
    const onOutput = (line: string, plugin: string) => {
      if (lines.push(`${plugin}: ${line}`) === 1001) printed();
    };
    await using node = await bootFixtures({ probe: placed('probe') }, { placement: { onOutput } });

    await node.get(Probe).act('print');
    await all;

    expect(lines).toContain('probe: line 999');
    expect(lines).toContain('probe: to stdout');
    expect(factsOf(node, 'probe').stderrTail).toContain('line 999');
    expect(factsOf(node, 'probe').stderrTail.length).toBeLessThanOrEqual(4096);
  });

  it('gives no secret of its environment to a child, but the configuration of its plugin', async () => {
    process.env['PROBE_PASS'] = 'quince';
    process.env['ACME_API_KEY'] = 'marmalade';

    await using node = await bootFixtures({ probe: placed('probe') }, { environment: process.env });
    const environment = (await node.get(Probe).act('environment')) as NodeJS.ProcessEnv;
    delete process.env['PROBE_PASS'];
    delete process.env['ACME_API_KEY'];

    expect(Object.values(environment).filter((value) => /quince|marmalade/.test(value ?? ''))).toEqual([]);
    expect(environment['PATH']).toBe(process.env['PATH']);
    expect(Number(environment['UV_THREADPOOL_SIZE'])).toBeGreaterThanOrEqual(8);
  });
});

describe('a child that lives but does nothing', () => {
  it.each([
    ['is stopped', (pid: number) => void process.kill(pid, 'SIGSTOP')],
    ['is busy for ever', undefined],
  ])('is killed and started again when it %s', async (_title, stop) => {
    await using node = await bootFixtures({ probe: placed('probe') }, { placement: { hungAfterMs: 3_000 } });
    const probe = node.get(Probe);
    const pid = factsOf(node, 'probe').pid ?? 0;
    if (stop) stop(pid);
    else await probe.act('block');

    const error = await errorOf(() => probe.echo('anybody there?'));
    await untilState(node, 'probe', 'ready');

    expect(error).toMatchObject({
      code: 'PROVIDER_LOST',
      details: { finding: 'no sign of life for 3000 ms' },
    });
    expect(isAlive(pid)).toBe(false);
    expect(await probe.echo('here')).toBe('here');
  });

  it('does not hold a caller that aborts', async () => {
    await using node = await bootFixtures({ probe: placed('probe') });
    const probe = node.get(Probe);
    const controller = new AbortController();
    const numbers = probe.count(9, { signal: controller.signal })[Symbol.asyncIterator]();
    await numbers.next();
    process.kill(factsOf(node, 'probe').pid ?? 0, 'SIGSTOP');
    const reason = new Error('enough');
    const call = probe.wait({ signal: controller.signal });
    const read = numbers.next();

    controller.abort(reason);

    await expect(call).rejects.toBe(reason);
    await expect(read).rejects.toBe(reason);
    process.kill(factsOf(node, 'probe').pid ?? 0, 'SIGCONT');
  });

  it('takes no more notifications than it may hold, and the loss is counted', async () => {
    await using node = await bootFixtures({ probe: placed('probe') });
    const probe = node.get(Probe);
    const pid = factsOf(node, 'probe').pid ?? 0;
    process.kill(pid, 'SIGSTOP');
    const text = 'x'.repeat(1000);

    for (let note = 0; note < 5_000; note++) probe.note(text);
    process.kill(pid, 'SIGCONT');
    await probe.seen();
    probe.note('last');
    await probe.seen();

    const { dropped } = factsOf(node, 'probe');
    expect(dropped).toBeGreaterThan(0);
    expect(dropped).toBeLessThan(4_001);
    expect((await probe.seen()).notes.at(-1)).toEqual(['last', undefined]);
  });

  it('takes no more calls than its limit', async () => {
    await using node = await bootFixtures({ probe: placed('probe') }, { placement: { callLimit: 3 } });
    const probe = node.get(Probe);
    const controller = new AbortController();
    const waiting = [1, 2, 3].map(() => probe.wait({ signal: controller.signal }).catch(() => undefined));

    const error = await errorOf(() => probe.echo('one too many'));
    controller.abort();
    await Promise.all(waiting);

    expect(error).toMatchObject({ code: 'PLACEMENT_OVERLOADED', retryable: true, details: { limit: 3 } });
    expect(await probe.echo('now')).toBe('now');
  });
});

describe('streams that are forgotten', () => {
  it('are closed, whether they were read or not', async () => {
    await using node = await bootFixtures({ probe: placed('probe') }, { placement: { callLimit: 25 } });
    const probe = node.get(Probe);
    const begin = async () => {
      for (let stream = 0; stream < 10; stream++) {
        probe.count(5);
        await probe.count(5)[Symbol.asyncIterator]().next();
      }
    };
    await begin();

    while ((await probe.seen()).closed < 10) await heapMiB();
    await heapMiB();

    await expect(begin()).resolves.toBeUndefined();
    expect(await collect(probe.count(2))).toEqual([0, 1]);
  });
});

describe('a child that closes its channel', () => {
  it('is ended and started again', async () => {
    await using node = await bootFixtures({ probe: placed('probe') });
    const pid = factsOf(node, 'probe').pid ?? 0;

    await node
      .get(Probe)
      .act('disconnect')
      .catch(() => undefined);
    await untilState(node, 'probe', 'degraded');
    await untilState(node, 'probe', 'ready');

    expect(isAlive(pid)).toBe(false);
    expect(await node.get(Probe).echo('here')).toBe('here');
  });
});

describe('a child that dies whenever it starts', () => {
  it('leaves its plugin degraded, with reason and count, and waits longer each time', async () => {
    const file = path.join(await fixtureFolder(), 'crash-loop');
    const reasons: string[] = [];
    await using node = await bootFixtures(
      { moody: placed('moody', { config: { mood: 'exits later', file } }) },
      {
        placement: { restart: { firstMs: 4, longestMs: 1000, steadyAfterMs: 30_000 } },
        onEvent: (event) => {
          if (event.type === 'plugin-state' && event.status.state === 'degraded')
            reasons.push(event.status.reason ?? '');
        },
      },
    );
    const report = node.get(Report);
    process.kill(factsOf(node, 'moody').pid ?? 0, 'SIGKILL');
    while (reasons.length < 4) await new Promise((resolve) => setImmediate(resolve));

    const error = await errorOf(() => report.tell());

    expect(error).toMatchObject({ code: 'PROVIDER_LOST' });
    expect(reasons.slice(0, 4)).toEqual([
      expect.stringMatching(/^its process ended: signal SIGKILL; starts again in [2-4] ms$/),
      expect.stringMatching(
        /ended during its setup: exit code 3.*\(2 times in a row\); starts again in [4-8] ms$/,
      ),
      expect.stringMatching(/\(3 times in a row\); starts again in ([89]|1[0-6]) ms$/),
      expect.stringMatching(/\(4 times in a row\); starts again in (1[6-9]|2\d|3[0-2]) ms$/),
    ]);
  });
});

describe('a first setup', () => {
  const cause = async (mood: string, entry = {}) =>
    (await errorOf(() => bootFixtures({ moody: placed('moody', { config: { mood }, ...entry }) })))
      .cause as Error;

  it('that throws gives the error of the plugin', async () => {
    expect(await cause('throws')).toMatchObject({
      code: 'KERNEL_PLUGIN_SETUP_FAILED',
      message: expect.stringContaining('Not today'),
      cause: { code: 'MOODY_REFUSED' },
    });
  });

  it('that ends the process tells its last words', async () => {
    expect(await cause('exits')).toMatchObject({
      cause: {
        code: 'PLACEMENT_SETUP_DIED',
        details: { plugin: 'moody', finding: 'exit code 134 (model.onnx: bad magic number)' },
      },
    });
  });

  it.each(['hangs', 'blocks'])('that %s is given up at its deadline, and its process ends', async (mood) => {
    const file = path.join(await fixtureFolder(), `setup-${mood}`);

    const error = await cause(mood, { boot: { timeoutMs: 8_000 }, config: { mood, file } });

    expect(error).toMatchObject({ code: 'KERNEL_PLUGIN_SETUP_TIMEOUT' });
    await untilGone(Number(readFileSync(file, 'utf8')));
  });

  it('that states a fact which cannot be cloned fails, and names it', async () => {
    const error = await errorOf(() =>
      bootFixtures({ probe: placed('probe', { config: { greeting: 'function' } }) }),
    );

    expect(error.cause).toMatchObject({
      cause: { code: 'PLACEMENT_VALUE_UNCLONEABLE', details: { plugin: 'probe', member: 'info' } },
    });
  });

  it('that fails leaves the rest of the node alone', async () => {
    await using node = await bootFixtures({
      moody: placed('moody', { config: { mood: 'exits' }, boot: 'degrade' }),
      probe: inline('probe'),
    });

    expect(node.plugins.map(({ plugin, state }) => [plugin, state])).toEqual([
      ['moody', 'failed'],
      ['probe', 'ready'],
    ]);
    expect(await node.get(Probe).echo('here')).toBe('here');
  });
});

describe('a release', () => {
  it('ends the process, and later calls say that it is gone', async () => {
    const node = await bootFixtures({ probe: placed('probe') });
    const probe = node.get(Probe);
    const pid = factsOf(node, 'probe').pid ?? 0;

    await node.stop();

    expect(isAlive(pid)).toBe(false);
    expect(await errorOf(() => probe.echo('late'))).toMatchObject({
      code: 'PLACEMENT_RELEASED',
      retryable: false,
    });
    expect(await errorOf(() => collect(probe.count(1)))).toMatchObject({ code: 'PLACEMENT_RELEASED' });
  });

  it('tells what a plugin could not give back', async () => {
    const events: NodeEvent[] = [];
    const node = await bootFixtures(
      { moody: placed('moody', { config: { mood: 'release fails' } }) },
      { onEvent: (event) => void events.push(event) },
    );
    const pid = factsOf(node, 'moody').pid ?? 0;

    const error = await errorOf(() => node.stop());

    expect(error).toMatchObject({ code: 'KERNEL_STOP_FAILED' });
    expect(error.message).toContain('The door is stuck');
    expect(events.filter(({ type }) => type === 'release-failed')).toMatchObject([
      {
        plugin: 'moody',
        error: {
          code: 'PLACEMENT_RELEASE_FAILED',
          details: { plugin: 'moody', findings: ['The door is stuck'] },
        },
      },
    ]);
    expect(isAlive(pid)).toBe(false);
  });

  it('that never ends, or of a process that does not answer, is cut off', async () => {
    const node = await bootFixtures({
      moody: placed('moody', { config: { mood: 'release hangs' } }),
      probe: placed('probe'),
    });
    const pids = [factsOf(node, 'moody').pid ?? 0, factsOf(node, 'probe').pid ?? 0];
    process.kill(pids[1] ?? 0, 'SIGSTOP');

    await node.stop().catch(() => undefined);

    expect(pids.filter(isAlive)).toEqual([]);
  });

  it('while a lost child waits to come back starts none', async () => {
    const node = await bootFixtures(
      { probe: placed('probe') },
      { placement: { restart: { firstMs: 60_000, longestMs: 60_000 } } },
    );
    process.kill(factsOf(node, 'probe').pid ?? 0, 'SIGKILL');
    await untilState(node, 'probe', 'degraded');

    await node.stop();

    expect(factsOf(node, 'probe')).toMatchObject({ pid: undefined, restarts: 0, lastExit: 'signal SIGKILL' });
  });
});
