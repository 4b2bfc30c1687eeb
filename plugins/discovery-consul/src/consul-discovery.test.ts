import { readdir, readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { EndpointSet } from '@tiercel/capabilities/discovery';
import { untilKnown } from '@tiercel/capabilities/discovery/testing';
import { coreMetrics } from '@tiercel/capabilities/metrics';
import { BLOCKING_TIMEOUT_MS, WAIT_MS } from './limits.js';
import { ConsulDouble, type Instance } from './test/consul-double.js';
import { openTestConsul, type TestConsul } from './test/open-test-consul.js';

const one: Instance = { id: 'llm-1', address: '10.0.0.5', port: 8000 };
const two: Instance = { id: 'llm-2', address: '10.0.0.6', port: 8000 };
const ONE = [{ url: 'http://10.0.0.5:8000' }];
const BOTH = [...ONE, { url: 'http://10.0.0.6:8000' }];

let consul: ConsulDouble;
beforeEach(async () => {
  consul = await ConsulDouble.open();
  consul.set('llm', [one]);
});
afterEach(async () => await consul[Symbol.asyncDispose]());

const asked = () =>
  consul.queries.map(({ index, wait }) => (index === 0 ? 'now' : `after ${index} for ${wait}`));

/** Waits until a query is on its way that was not there before. */
const untilAsked = (count: number) => consul.until(() => consul.queries.length >= count);

const urlsOf = ({ endpoints }: EndpointSet) => endpoints.map(({ url }) => url);

describe('blocking queries', () => {
  it('ask at once, and then for what comes after the index', async () => {
    await using test = await openTestConsul(consul.address);

    await test.discovery.resolve('llm');
    await consul.until(() => consul.blockedOn('llm') === 1);

    expect(asked()).toEqual(['now', 'after 11 for 55s']);
    expect(consul.queries[0]).toMatchObject({ path: '/v1/health/service/llm', token: undefined });
  });

  it('begin again when the index goes backwards', async () => {
    await using test = await openTestConsul(consul.address);
    await test.discovery.resolve('llm');
    await consul.until(() => consul.blockedOn('llm') === 1);

    consul.resetIndex(3);
    await test.clock.whenWaiting(15_000);
    await test.clock.advance(15_000);
    await untilAsked(4);

    expect(asked()).toEqual(['now', 'after 11 for 55s', 'now', 'after 3 for 55s']);
  });

  it.each([
    ['0', 'after 1 for 55s'],
    ['', 'now'],
    [undefined, 'now'],
    ['-7', 'now'],
    ['many', 'now'],
    ['99999999999999999999', 'now'],
  ])('follow an index of %j with a query %s', async (index, next) => {
    consul.fail({ does: 'index', index });
    await using test = await openTestConsul(consul.address);

    await test.discovery.resolve('llm');
    await untilAsked(2);

    expect(asked().slice(0, 2)).toEqual(['now', next]);
  });

  it('take an answer for no proof that something changed', async () => {
    await using test = await openTestConsul(consul.address);
    const sets = test.discovery.watch('llm');
    await sets.next();
    await consul.until(() => consul.blockedOn('llm') === 1);

    consul.endWaits();
    await untilAsked(3);
    consul.set('llm', [one, two]);

    expect(urlsOf((await sets.next()).value)).toEqual(BOTH.map(({ url }) => url));
    await sets.return?.();
  });

  it('read a list that changes all the time twice at once, and then every 15 seconds', async () => {
    await using test = await openTestConsul(consul.address);
    await test.discovery.resolve('llm');
    for (let change = 0; change < 2; change++) {
      await consul.until(() => consul.blockedOn('llm') === 1);
      consul.touch('llm');
    }
    await test.clock.whenWaiting(15_000);

    const before = consul.queries.length;
    consul.touch('llm');
    await test.clock.advance(14_999);
    const during = consul.queries.length;
    await test.clock.advance(1);
    await untilAsked(4);

    expect([before, during]).toEqual([3, 3]);
  });

  it('show the latest of 100 changes in a second, and ask for few of them', async () => {
    await using test = await openTestConsul(consul.address);
    const sets = test.discovery.watch('llm');
    await sets.next();
    for (let change = 0; change < 100; change++) {
      consul.set('llm', [{ ...one, port: 9_000 + change }]);
      await test.clock.advance(10);
    }
    for (let step = 0; step < 4; step++) await test.clock.advance(15_000);

    await untilKnown(test.discovery, 'llm', [{ url: 'http://10.0.0.5:9099' }]);

    // Three while the tokens last, and one for each quarter of a minute since.
    expect(consul.queries.length).toBeLessThanOrEqual(3 + 5);
    await sets.return?.();
  });

  it('are waited for longer than Consul may hold them', async () => {
    await using test = await openTestConsul(consul.address);
    await test.discovery.resolve('llm');
    await consul.until(() => consul.blockedOn('llm') === 1);

    await test.clock.advance(WAIT_MS + WAIT_MS / 16);
    const held = await test.discovery.resolve('llm');
    await test.clock.advance(BLOCKING_TIMEOUT_MS - WAIT_MS - WAIT_MS / 16);
    const silent = await untilKnown(test.discovery, 'llm', ONE, { isStale: true });

    expect([held.isStale, silent.isStale]).toEqual([false, true]);
    expect(test.health).toEqual([expect.stringContaining('was silent')]);
  });
});

describe('what Consul says', () => {
  const entriesOf = async (instances: readonly Instance[]) => {
    consul.set('llm', instances);
    await using test = await openTestConsul(consul.address);
    const { endpoints } = await test.discovery.resolve('llm');
    return { endpoints, warnings: test.log.messages('warn') };
  };

  it('is taken with weight, tags, and an id that survives a move', async () => {
    const { endpoints } = await entriesOf([{ ...one, weight: 3, tags: ['gpu', 'de'] }]);

    expect(endpoints).toEqual([
      { url: 'http://10.0.0.5:8000', id: 'f0e1/llm-1', weight: 3, tags: ['gpu', 'de'] },
    ]);
  });

  it('names the address of the service, else that of its node', async () => {
    const { endpoints } = await entriesOf([one, { id: 'llm-3', port: 8_000 }]);

    expect(endpoints.map(({ url }) => url)).toEqual(['http://10.0.0.5:8000', 'http://10.0.0.1:8000']);
  });

  it('may have https, a path and IPv6', async () => {
    const { endpoints } = await entriesOf([
      { ...one, meta: { protocol: 'https', path: '/v1/' } },
      { ...two, tags: ['https'] },
      { id: 'llm-6', address: 'fd00::6', port: 80 },
    ]);

    expect(endpoints.map(({ url }) => url)).toEqual([
      'https://10.0.0.5:8000/v1',
      'https://10.0.0.6:8000',
      'http://[fd00::6]:80',
    ]);
  });

  it('is passed over where no address can be made of it, and told once', async () => {
    const { endpoints, warnings } = await entriesOf([
      one,
      { ...two, port: 0 },
      { ...two, port: 70_000 },
      { ...two, address: 'user:secret@10.0.0.9' },
      { ...two, address: '10.0.0.9/../x' },
      { ...two, address: 'a b' },
    ]);

    expect(endpoints.map(({ url }) => url)).toEqual(['http://10.0.0.5:8000']);
    expect(warnings).toEqual(['entries in Consul cannot be used']);
  });

  it('is bounded: 256 endpoints', async () => {
    const { endpoints } = await entriesOf(
      Array.from({ length: 300 }, (_, index) => ({ ...one, id: `llm-${index}`, port: 1_000 + index })),
    );

    expect(endpoints).toHaveLength(256);
  });

  it('replaces the list also when it is empty', async () => {
    await using test = await openTestConsul(consul.address);
    const sets = test.discovery.watch('llm');
    await sets.next();

    consul.set('llm', []);
    const { value } = await sets.next();
    await sets.return?.();

    expect(value).toEqual({ endpoints: [], isStale: false });
  });
});

describe('a Consul that fails', () => {
  it('leaves the list as it was, stale after ten seconds, and is asked less and less often', async () => {
    await using test = await openTestConsul(consul.address);
    await test.discovery.resolve('llm');
    await consul.until(() => consul.blockedOn('llm') === 1);
    consul.goDown({ does: 'answer', status: 500 });

    const waited: number[] = [];
    for (const pauseMs of [500, 1_000, 2_000, 4_000, 8_000, 15_000, 15_000]) {
      await test.clock.whenWaiting(pauseMs);
      const before = consul.queries.length;
      const { isStale } = await test.discovery.resolve('llm');
      await test.clock.advance(pauseMs - 1);
      expect(consul.queries.length).toBe(before);
      await test.clock.advance(1);
      await untilAsked(before + 1);
      waited.push(isStale ? -pauseMs : pauseMs);
    }

    // The fifth failure in a row is 7.5 seconds after the first, the sixth 15.5.
    expect(waited).toEqual([500, 1_000, 2_000, 4_000, 8_000, -15_000, -15_000]);
    expect(urlsOf(await test.discovery.resolve('llm'))).toEqual(['http://10.0.0.5:8000']);
  });

  it('degrades the plugin until it answers again, and begins at once with short pauses', async () => {
    consul.fail({ does: 'answer', status: 500 }, { does: 'answer', status: 500 });
    await using test = await openTestConsul(consul.address);

    await expect(test.discovery.resolve('llm')).rejects.toMatchObject({
      code: 'DISCOVERY_UNAVAILABLE',
      message: expect.stringContaining('answered 500'),
    });
    await test.clock.whenWaiting(500);
    await test.clock.advance(500);
    await test.clock.whenWaiting(1_000);
    await test.clock.advance(1_000);
    await untilKnown(test.discovery, 'llm', ONE);

    expect(test.health).toEqual([expect.stringContaining('answered 500'), 'ready']);
    expect(test.log.messages('warn')).toEqual(['Consul does not tell where a service is']);
    expect(test.log.messages('info')).toEqual(['Consul answers again']);
  });

  it.each([
    ['hangs', { does: 'hang' }, 'was silent'],
    ['drops connections', { does: 'drop' }, 'cannot be reached'],
    ['breaks off its answers', { does: 'break-off' }, 'cannot be reached'],
    ['answers with something else', { does: 'answer', status: 200, text: '<html>' }, 'it is not JSON'],
    ['answers with no list', { does: 'answer', status: 200, text: '{}' }, 'it is no list'],
    ['sends elsewhere', { does: 'answer', status: 302 }, 'answered 302'],
  ] as const)('that %s is told of, and asked again', async (_what, fault, finding) => {
    consul.fail(fault);
    await using test = await openTestConsul(consul.address);

    const failing = test.discovery.resolve('llm');
    await untilAsked(1);
    if (fault.does === 'hang') await test.clock.advance(10_000);
    await expect(failing).rejects.toMatchObject({
      code: 'DISCOVERY_UNAVAILABLE',
      message: expect.stringContaining(finding),
    });
    await test.clock.whenWaiting(500);
    await test.clock.advance(500);

    await untilKnown(test.discovery, 'llm', ONE);
  });

  it('cannot fill the memory with its answer', async () => {
    consul.fail({ does: 'answer', status: 200, text: `[${' '.repeat(5 * 1024 * 1024)}]` });
    await using test = await openTestConsul(consul.address);

    await expect(test.discovery.resolve('llm')).rejects.toMatchObject({
      message: expect.stringContaining('longer than 4194304 bytes'),
    });
  });

  it('that is down at the start is waited for by who watches', async () => {
    const { port } = consul;
    await consul[Symbol.asyncDispose]();
    await using test = await openTestConsul(`127.0.0.1:${port}`);
    const sets = test.discovery.watch('llm');
    const first = sets.next();
    await expect(test.discovery.resolve('llm')).rejects.toMatchObject({
      code: 'DISCOVERY_UNAVAILABLE',
      message: expect.stringContaining('ECONNREFUSED'),
    });

    consul = await ConsulDouble.open({ port });
    consul.set('llm', [one]);
    await test.clock.whenWaiting(500);
    await test.clock.advance(500);

    expect(urlsOf((await first).value)).toEqual(['http://10.0.0.5:8000']);
    await sets.return?.();
  });

  it('flaps without harm: the list stays, and who watches hears nothing', async () => {
    await using test = await openTestConsul(consul.address, { churnPauseMs: 1 });
    const sets = test.discovery.watch('llm');
    await sets.next();
    const seen: EndpointSet[] = [];
    const reading = (async () => {
      for await (const set of sets) seen.push(set);
    })();

    for (let round = 0; round < 10; round++) {
      await consul.until(() => consul.blockedOn('llm') === 1);
      consul.fail({ does: 'answer', status: 500 });
      consul.endWaits();
      await test.clock.whenWaiting(500);
      await test.clock.advance(500);
    }
    await sets.return?.();
    await reading;

    expect(seen).toEqual([]);
  });
});

describe('the credential', () => {
  it('goes to Consul in its header', async () => {
    await using strict = await ConsulDouble.open({ token: 'a-consul-token' });
    strict.set('llm', [one]);
    await using test = await openTestConsul(strict.address, { token: 'a-consul-token' });

    await test.discovery.resolve('llm');

    expect(strict.queries[0]?.token).toBe('a-consul-token');
  });

  it('that is missing or wrong is named in the error, which does not show it', async () => {
    await using strict = await ConsulDouble.open({ token: 'a-consul-token' });
    await using without = await openTestConsul(strict.address);
    await using wrong = await openTestConsul(strict.address, { token: 'hunter2' });

    for (const { discovery } of [without, wrong]) {
      await expect(discovery.resolve('llm')).rejects.toMatchObject({
        code: 'DISCOVERY_UNAVAILABLE',
        message: expect.stringContaining('Set CONSUL_HTTP_TOKEN'),
      });
    }
    expect(JSON.stringify([wrong.log.lines, wrong.health])).not.toContain('hunter2');
  });

  it('goes nowhere else, whatever Consul answers', async () => {
    const seen: unknown[] = [];
    const stranger = createServer(({ headers }, response) => {
      seen.push(headers);
      response.end('[]');
    });
    await new Promise<void>((resolve) => stranger.listen(0, '127.0.0.1', resolve));
    const { port } = stranger.address() as AddressInfo;
    const redirecting = createServer((_request, response) => {
      response.writeHead(307, { location: `http://127.0.0.1:${port}/v1/health/service/llm` });
      response.end();
    });
    await new Promise<void>((resolve) => redirecting.listen(0, '127.0.0.1', resolve));
    const consulPort = (redirecting.address() as AddressInfo).port;
    {
      await using test = await openTestConsul(`127.0.0.1:${consulPort}`, { token: 'a-consul-token' });

      await expect(test.discovery.resolve('llm')).rejects.toMatchObject({ code: 'DISCOVERY_UNAVAILABLE' });
    }
    await Promise.all(
      [stranger, redirecting].map((server) => new Promise((resolve) => server.close(resolve))),
    );

    expect(seen).toEqual([]);
  });
});

describe('the last good list', () => {
  it('is known after a restart while Consul is away, and stale until it is back', async () => {
    await using before = await openTestConsul(consul.address);
    await before.discovery.resolve('llm');
    await untilWritten(before, 'llm');
    consul.goDown();

    await using after = await openTestConsul(consul.address, { directory: before.directory });
    const remembered = await after.discovery.resolve('llm');
    consul.comeBack();
    consul.set('llm', [two]);
    await after.clock.whenWaiting(500);
    await after.clock.advance(500);
    const fresh = await untilKnown(after.discovery, 'llm', [{ url: 'http://10.0.0.6:8000' }]);

    expect([urlsOf(remembered), remembered.isStale]).toEqual([['http://10.0.0.5:8000'], true]);
    expect(fresh.isStale).toBe(false);
  });

  it('belongs to its Consul: another one has none', async () => {
    await using before = await openTestConsul(consul.address);
    await before.discovery.resolve('llm');
    await untilWritten(before, 'llm');

    await using other = await openTestConsul('127.0.0.1:1', { directory: before.directory });

    await expect(other.discovery.resolve('llm')).rejects.toMatchObject({ code: 'DISCOVERY_UNAVAILABLE' });
  });

  it.each([
    ['half a file', '{"schema":1,"endpo'],
    ['another schema', '{"schema":2}'],
    ['no addresses', '{"schema":1,"origin":"ORIGIN","endpoints":[{"url":"javascript:alert(1)"}]}'],
    ['numbers', '{"schema":1,"origin":"ORIGIN","endpoints":[7]}'],
    ['null', 'null'],
  ])('is none where its file holds %s', async (_what, text) => {
    consul.goDown();
    await using test = await openTestConsul(consul.address);
    const file = path.join(test.directory, 'consul-llm.json');
    await writeFile(file, text.replace('ORIGIN', `http://${consul.address}`));

    await expect(test.discovery.resolve('llm')).rejects.toMatchObject({ code: 'DISCOVERY_UNAVAILABLE' });
  });

  it('is written whole, for each service, and leaves no other file', async () => {
    consul.set('tools', [two]);
    await using test = await openTestConsul(consul.address);

    await test.discovery.resolve('llm');
    await test.discovery.resolve('tools');
    await untilWritten(test, 'llm');
    await untilWritten(test, 'tools');

    expect((await readdir(test.directory)).sort()).toEqual(['consul-llm.json', 'consul-tools.json']);
    const text = await readFile(path.join(test.directory, 'consul-llm.json'), 'utf8');
    expect(JSON.parse(text)).toMatchObject({ endpoints: [{ url: 'http://10.0.0.5:8000' }] });
  });

  it('does no harm where it cannot be written, and is told of once', async () => {
    await using other = await openTestConsul(consul.address);
    const file = path.join(other.directory, 'a-file');
    await writeFile(file, '');
    await using test = await openTestConsul(consul.address, { directory: path.join(file, 'below') });

    await test.discovery.resolve('llm');
    await consul.until(() => consul.blockedOn('llm') === 1);
    consul.set('llm', [one, two]);
    const set = await untilKnown(test.discovery, 'llm', BOTH);
    await test[Symbol.asyncDispose]();

    expect(set.isStale).toBe(false);
    expect(test.log.messages('warn')).toEqual(['the last good lists cannot be written']);
  });
});

describe('services that are watched', () => {
  it('are at most 64 that are read, and the one that was asked for longest ago makes room', async () => {
    await using test = await openTestConsul(consul.address);
    const read = Array.from({ length: 63 }, (_, index) => test.discovery.watch(`service-${index}`));
    await Promise.all(read.map((sets) => sets.next()));
    await test.discovery.resolve('llm');

    await test.discovery.resolve('tools');
    const names = test.discovery.services;
    const last = test.discovery.watch('tools');
    await last.next();

    expect(names).toHaveLength(64);
    expect(names).toContain('tools');
    expect(names).not.toContain('llm');
    await expect(test.discovery.resolve('llm')).rejects.toMatchObject({
      code: 'DISCOVERY_UNAVAILABLE',
      message: expect.stringContaining('64 other services'),
    });
    await Promise.all([...read, last].map((sets) => sets.return?.()));
  });

  it('are let go when nobody has wanted them for ten minutes', async () => {
    await using test = await openTestConsul(consul.address);
    const sets = test.discovery.watch('tools');
    await Promise.all([test.discovery.resolve('llm'), sets.next()]);

    await test.clock.advance(610_000);

    expect(test.discovery.services).toEqual(['tools']);
    await consul.until(() => consul.blockedOn('llm') === 0);
    await sets.return?.();
  });

  it('tell how old their lists are', async () => {
    await using test = await openTestConsul(consul.address);
    await test.discovery.resolve('llm');
    await consul.until(() => consul.blockedOn('llm') === 1);

    await test.clock.advance(20_000);

    expect(test.metrics.valueOf(coreMetrics.discoveryAgeSeconds, { service: 'llm' })).toBe(20);
  });

  it('are no longer asked for once the plugin is closed', async () => {
    const test = await openTestConsul(consul.address);
    await test.discovery.resolve('llm');

    await test[Symbol.asyncDispose]();

    await consul.until(() => consul.blockedOn('llm') === 0);
    await expect(test.discovery.resolve('llm')).rejects.toMatchObject({ code: 'DISCOVERY_UNAVAILABLE' });
    expect(test.clock.pending).toBe(0);
  });
});

async function untilWritten({ directory }: TestConsul, service: string): Promise<void> {
  while (!(await readdir(directory)).includes(`consul-${service}.json`)) {
    await new Promise((resolve) => {
      setImmediate(resolve);
    });
  }
}
