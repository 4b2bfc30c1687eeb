import { afterEach, describe, expect, it } from '@jest/globals';
import * as sdk from '@modelcontextprotocol/client';
import { FakeClock } from '@tiercel/capabilities/clock/testing';
import type { Discovery } from '@tiercel/capabilities/discovery';
import { FakeDiscovery } from '@tiercel/capabilities/discovery/testing';
import { FakeLog } from '@tiercel/capabilities/log/testing';
import { RemoteToolList } from './remote-tool-list.js';
import { ours, type ScriptedServer, startScripted, startServer } from './scripted-server.test.support.js';
import { ServerPool } from './server-pool.js';
import { ToolServer } from './tool-server.js';

const service = 'tool-server-api';

/** A list over discovery, on a clock that the test moves, without chance. */
function openList(discovery: Discovery, clock = new FakeClock(), attemptMs = 5_000) {
  const log = new FakeLog();
  const health: string[] = [];
  const pool = new ServerPool({
    addresses: { discovery, service },
    createServer: (url) =>
      new ToolServer(sdk, {
        url,
        apiKey: '',
        maxAnswerBytes: 2 ** 20,
        olderServers: false,
        version: '0.1.0',
        nowMs: () => clock.nowMs(),
      }),
    random: () => 0.5,
  });
  const list = RemoteToolList.open({
    pool,
    clock,
    log,
    health: { degraded: (reason) => health.push(reason), ready: () => health.push('ready') },
    rules: { prefix: '', callTimeoutMs: 1_000, policyOf: () => undefined },
    isWanted: () => true,
    label: service,
    attemptMs,
    random: () => 0.5,
  });
  return { clock, log, health, pool, list };
}

describe('RemoteToolList', () => {
  const opened: AsyncDisposable[] = [];
  const own = <T extends AsyncDisposable>(open: T): T => {
    opened.push(open);
    return open;
  };
  afterEach(async () => {
    for (const open of opened.splice(0).reverse()) await open[Symbol.asyncDispose]();
  });
  const serve = async (...names: readonly string[]): Promise<ScriptedServer> =>
    own(await startScripted({ tools: names.map((name) => ours(name)) }));

  it('asks less and less often while nobody can tell, and says so once', async () => {
    const askedAtMs: number[] = [];
    const discovery = new FakeDiscovery();
    discovery.goDown();
    const clock = new FakeClock();
    const counting: Discovery = {
      watch: (name) => discovery.watch(name),
      resolve: (name) => {
        askedAtMs.push(clock.nowMs());
        return discovery.resolve(name);
      },
    };
    const { log, health, list } = openList(counting, clock);
    own(list);

    await list.list();
    await clock.advance(34_000);

    const pausesMs = askedAtMs.slice(1).map((ms, index) => ms - (askedAtMs[index] ?? 0));
    expect(pausesMs.map(Math.round)).toEqual([1_000, 1_500, 2_250, 3_375, 5_000, 5_000, 5_000, 5_000, 5_000]);
    expect(log.messages('warn')).toEqual(['the tool server does not answer']);
    expect(health).toEqual([expect.stringContaining('tool-server-api')]);
  });

  it('says so when something else is wrong than before', async () => {
    const html = own(
      await startServer((_request, response) =>
        response.writeHead(200, { 'content-type': 'text/html' }).end(),
      ),
    );
    const discovery = new FakeDiscovery({ [service]: [] });
    const { clock, health, list } = openList(discovery);
    own(list);
    await list.list();
    await clock.whenPending();

    discovery.set(service, [{ url: html.url }]);
    await clock.advance(1_000);
    await clock.whenPending();

    expect(health).toEqual([
      expect.stringContaining('discovery knows none'),
      expect.stringContaining('no tool server'),
    ]);
  });

  it('starts with short pauses again after it was well', async () => {
    const server = await serve('work');
    const discovery = new FakeDiscovery();
    discovery.set(service, []);
    const { clock, health, list } = openList(discovery);
    own(list);
    await list.list();
    await clock.whenPending();

    discovery.set(service, [{ url: server.url }]);
    await clock.advance(1_000);
    await clock.whenPending();

    expect(health).toEqual([expect.stringContaining('discovery knows none'), 'ready']);
    expect([...(await list.list()).keys()]).toEqual(['work']);
  });

  it('follows the service to another address', async () => {
    const [first, second] = [await serve('old'), await serve('new_one')];
    const discovery = new FakeDiscovery({ [service]: [{ url: first.url }] });
    const { clock, list } = openList(discovery);
    own(list);
    expect([...(await list.list()).keys()]).toEqual(['old']);
    await clock.whenPending();

    discovery.set(service, [{ url: second.url }]);
    await clock.advance(30_000);
    await clock.whenPending();

    expect([...(await list.list()).keys()]).toEqual(['new_one']);
  });

  it('takes the next server when the first is away', async () => {
    const [away, there] = [await startScripted(), await serve('work')];
    await away[Symbol.asyncDispose]();
    const { health, list } = openList(
      new FakeDiscovery({ [service]: [{ url: away.url, weight: 9 }, { url: there.url }] }),
    );
    own(list);

    expect([...(await list.list()).keys()]).toEqual(['work']);
    expect(health).toEqual([]);
  });

  it('passes over addresses that can be none', async () => {
    const { health, list } = openList(
      new FakeDiscovery({ [service]: [{ url: 'ftp://core' }, { url: 'http://core/v1' }] }),
    );
    own(list);

    expect([...(await list.list()).keys()]).toEqual([]);
    expect(health).toEqual([expect.stringContaining('discovery knows none')]);
  });

  it('asks at once when a call found trouble, but not while it is known', async () => {
    const server = await serve('work');
    const discovery = new FakeDiscovery({ [service]: [{ url: server.url }] });
    const { clock, health, list } = openList(discovery);
    own(list);
    await list.list();
    await clock.whenPending();
    await server[Symbol.asyncDispose]();
    opened.splice(opened.indexOf(server), 1);

    list.reportTrouble();
    while (health.length === 0) await clock.advance(0);
    await clock.whenPending();
    list.reportTrouble();
    await clock.advance(999);

    expect(health).toHaveLength(1);
    expect(clock.pending).toBe(1);
    expect([...(await list.list()).keys()]).toEqual(['work']);
  });

  it('asks at once when a call was answered by a server that was away', async () => {
    const server = await serve('work');
    const discovery = new FakeDiscovery({ [service]: [] });
    const { clock, health, list } = openList(discovery);
    own(list);
    await list.list();
    await clock.whenPending();

    discovery.set(service, [{ url: server.url }]);
    list.reportAnswer();
    while (health.length === 1) await clock.advance(0);

    expect(health).toEqual([expect.stringContaining('discovery knows none'), 'ready']);
  });

  it('leaves out what cannot be offered, and says so once', async () => {
    const bad = [ours('Not A Name'), ours('twice'), ours('twice'), ours('asks', { policy: 'ask' })];
    const server = own(await startScripted({ tools: bad }));
    const { clock, log, list } = openList(new FakeDiscovery({ [service]: [{ url: server.url }] }));
    own(list);

    const names = [...(await list.list()).keys()];
    await clock.whenPending();
    await clock.advance(30_000);
    await clock.whenPending();

    expect(names).toEqual(['twice']);
    expect(server.methods.filter((method) => method === 'tools/list')).toHaveLength(2);
    expect(log.lines).toMatchObject([
      {
        fields: {
          leftOut: [
            'Not?A?Name: its name does not fit',
            'twice: another tool has that name',
            'asks: its server has the policy ask for it',
          ],
        },
      },
    ]);
  });

  it('leaves a server alone that accepts everything and says nothing', async () => {
    const silent = own(await startServer(() => undefined));
    const discovery = new FakeDiscovery({ [service]: [{ url: silent.url }] });
    const { clock, health, pool, list } = openList(discovery, new FakeClock(), 40);
    own(list);

    await list.list();
    for (const pauseMs of [1_000, 1_500]) {
      await clock.whenPending();
      await clock.advance(pauseMs);
    }
    await clock.whenPending();

    expect(health).toEqual([expect.stringContaining('it was silent for 40 ms')]);
    expect(pool.servers.map(({ isCallable }) => isCallable)).toEqual([false]);
  });

  it('takes at most 256 tools', async () => {
    const server = await serve(...Array.from({ length: 300 }, (_, index) => `tool_${index}`));
    const { log, list } = openList(new FakeDiscovery({ [service]: [{ url: server.url }] }));
    own(list);

    expect((await list.list()).size).toBe(256);
    expect(log.lines).toMatchObject([{ fields: { leftOut: ['44 more than 256'] } }]);
  });
});
