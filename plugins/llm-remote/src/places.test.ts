/** How many calls a server gets at once, who waits, and who goes where. */
import { describe, expect, it } from '@jest/globals';
import type { Discovery } from '@tiercel/capabilities/discovery';
import { FakeDiscovery } from '@tiercel/capabilities/discovery/testing';
import { TiercelError } from '@tiercel/kernel';
import { answer } from './test/chunks.js';
import { collect, HELLO, openTestModel, outcomeOf, textIn } from './test/open-test-model.js';
import { type Script, ScriptedServer } from './test/scripted-server.js';
import { TestClock } from './test/test-clock.js';

const well: Script = (call) => call.end(answer('Yes.'));
/** Answers when the test says so. */
const waits: Script = (call) => call.begin();

describe('places at a server', () => {
  it('are taken in the order of asking, and never by more calls than it may get', async () => {
    await using server = await ScriptedServer.open(waits);
    await using test = await openTestModel({ url: server.url, concurrency: 2 });

    const answers = [0, 1, 2, 3].map((index) =>
      collect(test.model.generate({ messages: [{ role: 'user', text: `${index}` }] })),
    );
    await server.call(2);
    const before = server.calls.length;
    server.calls[0]?.end(answer('first'));
    await answers[0];
    const third = await server.call(3);

    expect(before).toBe(2);
    expect(third.body['messages']).toEqual([{ role: 'user', content: '2' }]);
    for (const call of server.calls.slice(1)) call.end(answer('next'));
    (await server.call(4)).end(answer('last'));
    expect(textIn(await (answers[3] as Promise<never>))).toBe('last');
  });

  it('are refused when too many wait', async () => {
    await using server = await ScriptedServer.open(waits);
    await using test = await openTestModel({ url: server.url, concurrency: 1, queue: 1 });
    const running = outcomeOf(test.model.generate(HELLO));
    await server.call(1);
    const waiting = outcomeOf(test.model.generate(HELLO));
    await test.clock.whenWaiting(30_000);

    const { error } = await outcomeOf(test.model.generate(HELLO));

    expect(error).toMatchObject({
      code: 'LANGUAGE_MODEL_OVERLOADED',
      retryable: true,
      details: { waiting: 1, limit: 1 },
    });
    server.calls[0]?.end(answer('Yes.'));
    (await server.call(2)).end(answer('Yes.'));
    expect([(await running).text, (await waiting).text]).toEqual(['Yes.', 'Yes.']);
  });

  it('are not waited for longer than the queue allows', async () => {
    await using server = await ScriptedServer.open(waits);
    await using test = await openTestModel({ url: server.url, concurrency: 1, queueTimeoutMs: 10_000 });
    const running = outcomeOf(test.model.generate(HELLO));
    await server.call(1);

    const waiting = outcomeOf(test.model.generate(HELLO));
    await test.clock.whenWaiting(10_000);
    await test.clock.advance(10_000);

    expect((await waiting).error).toMatchObject({
      code: 'LANGUAGE_MODEL_TIMEOUT',
      details: { phase: 'queue', waitedMs: 10_000 },
    });
    server.calls[0]?.end(answer('Yes.'));
    await running;
    expect(test.facts()).toMatchObject({ servers: [{ running: 0 }] });
  });

  it('are not waited for by a caller who aborts, whose turn goes to the next', async () => {
    await using server = await ScriptedServer.open(waits);
    await using test = await openTestModel({ url: server.url, concurrency: 1 });
    const running = outcomeOf(test.model.generate(HELLO));
    await server.call(1);
    const controller = new AbortController();
    const reason = new Error('interrupted');
    const given = test.model.generate(HELLO, { signal: controller.signal }).next();
    await test.clock.whenWaiting(30_000);
    const next = outcomeOf(test.model.generate(HELLO));

    controller.abort(reason);
    await expect(given).rejects.toBe(reason);
    server.calls[0]?.end(answer('Yes.'));
    await running;
    (await server.call(2)).end(answer('Next.'));

    expect((await next).text).toBe('Next.');
  });

  it('stay counted right through 200 calls that abort at any moment', async () => {
    await using server = await ScriptedServer.open(async (call) => {
      await call.write(answer('Yes.').slice(0, 300));
      call.end(answer('Yes.').slice(300));
    });
    await using test = await openTestModel({ url: server.url, concurrency: 3, queue: 300 });

    const calls = Array.from({ length: 200 }, async (_, index) => {
      const controller = new AbortController();
      const outcome = outcomeOf(test.model.generate(HELLO, { signal: controller.signal }));
      for (let turn = 0; turn < index % 40; turn++) await new Promise((resolve) => setImmediate(resolve));
      controller.abort(new Error('interrupted'));
      return outcome;
    });
    await Promise.all(calls);

    expect(test.facts()).toMatchObject({ servers: [{ running: 0 }] });
    expect(textIn(await collect(test.model.generate(HELLO)))).toBe('Yes.');
    expect(test.clock.waiting).toEqual([]);
  });
});

describe('servers that discovery tells of', () => {
  it('are shared out at random by their weights', async () => {
    await using light = await ScriptedServer.open(well);
    await using heavy = await ScriptedServer.open(well);
    const discovery = new FakeDiscovery({ llm: [{ url: light.url }, { url: heavy.url, weight: 3 }] });
    let seed = 1;
    // A fixed sequence that looks random.
    const random = () => {
      seed = (seed * 48_271) % 2_147_483_647;
      return seed / 2_147_483_647;
    };
    await using test = await openTestModel({}, { discovery, random });

    for (let call = 0; call < 60; call++) await collect(test.model.generate(HELLO));

    expect(light.calls.length + heavy.calls.length).toBe(60);
    expect(heavy.calls.length).toBeGreaterThan(34);
    expect(light.calls.length).toBeGreaterThan(4);
  });

  it('keep the calls of a conversation together', async () => {
    await using first = await ScriptedServer.open(well);
    await using second = await ScriptedServer.open(well);
    const discovery = new FakeDiscovery({ llm: [{ url: first.url }, { url: second.url }] });
    await using test = await openTestModel({}, { discovery, random: Math.random });

    for (let call = 0; call < 8; call++)
      await collect(test.model.generate({ ...HELLO, conversationId: 'kitchen' }));

    expect([first.calls.length, second.calls.length].sort()).toEqual([0, 8]);
  });

  it('are asked in the order of their names: the second only while the first has none', async () => {
    await using gpu = await ScriptedServer.open(well);
    await using cpu = await ScriptedServer.open(well);
    const discovery = new FakeDiscovery({ 'llm-gpu': [{ url: gpu.url }], 'llm-cpu': [{ url: cpu.url }] });
    // Chance would always prefer the second.
    let draws = 0;
    const random = () => (draws++ % 2 === 0 ? 0.1 : 0.9);
    await using test = await openTestModel({ service: ['llm-gpu', 'llm-cpu'] }, { discovery, random });
    await collect(test.model.generate(HELLO));
    await collect(test.model.generate(HELLO));

    discovery.set('llm-gpu', []);
    await test.clock.advance(0);
    await collect(test.model.generate(HELLO));

    expect([gpu.calls.length, cpu.calls.length]).toEqual([2, 1]);
  });

  it('come and go while the node runs, and their calls run on', async () => {
    await using old = await ScriptedServer.open(waits);
    await using fresh = await ScriptedServer.open(well);
    const discovery = new FakeDiscovery({ llm: [{ url: old.url }] });
    await using test = await openTestModel({}, { discovery });
    const running = outcomeOf(test.model.generate(HELLO));
    await old.call(1);

    discovery.set('llm', [{ url: fresh.url }]);
    await test.clock.advance(0);
    await collect(test.model.generate(HELLO));
    old.calls[0]?.end(answer('Still here.'));

    expect((await running).text).toBe('Still here.');
    expect([old.calls.length, fresh.calls.length]).toEqual([1, 1]);
  });

  it('are looked at before they get a call: what is no model server gets neither key nor words', async () => {
    await using other = await ScriptedServer.open(well, {
      models: (_, response) => response.writeHead(200).end('{"status":"ok"}'),
    });
    const discovery = new FakeDiscovery({ llm: [{ url: other.url }, { url: 'mqtt://10.0.0.5' }] });
    await using test = await openTestModel({ retries: 0 }, { discovery });

    const { error } = await outcomeOf(test.model.generate(HELLO));

    expect(error).toMatchObject({ code: 'LANGUAGE_MODEL_UNREACHABLE' });
    expect(other.calls).toEqual([]);
    expect(test.log.messages('warn')).toContain('discovery gave an address that cannot be used');
  });

  it('are named when nobody serves them', async () => {
    await using test = await openTestModel({ service: ['llm-gpu'] }, { discovery: new FakeDiscovery() });

    const { error } = await outcomeOf(test.model.generate(HELLO));

    expect(error).toMatchObject({
      code: 'LANGUAGE_MODEL_UNREACHABLE',
      details: { attempts: [{ endpoint: 'llm-gpu', finding: 'nobody serves this name' }] },
    });
    expect(test.health).toEqual(['no model server is known']);
  });

  it('are not waited for at the start for long, and are used when they are found', async () => {
    await using server = await ScriptedServer.open(well);
    const discovery = new FakeDiscovery();
    discovery.goDown();
    const clock = new TestClock();
    const opening = openTestModel({}, { discovery, clock });
    await clock.whenWaiting(5_000);
    await clock.advance(5_000);
    await using test = await opening;

    discovery.comeBack();
    discovery.set('llm', [{ url: server.url }]);
    await clock.advance(0);

    expect(textIn(await collect(test.model.generate(HELLO)))).toBe('Yes.');
    expect([test.health[0], test.health.at(-1)]).toEqual(['no model server is known', 'ready']);
  });

  it('are asked for again when discovery itself is lost', async () => {
    await using server = await ScriptedServer.open(well);
    const fake = new FakeDiscovery({ llm: [{ url: server.url }] });
    let watches = 0;
    const discovery: Discovery = {
      resolve: (service, options) => fake.resolve(service, options),
      async *watch(service, options) {
        if (watches++ < 2)
          throw new TiercelError('PROVIDER_LOST', 'Its process is gone.', { retryable: true });
        yield* fake.watch(service, options);
      },
    };
    const clock = new TestClock();
    const opening = openTestModel({}, { discovery, clock });
    await clock.whenWaiting(1_000);
    await clock.advance(1_000);
    await clock.whenWaiting(2_000);
    await clock.advance(2_000);
    await using test = await opening;

    expect(textIn(await collect(test.model.generate(HELLO)))).toBe('Yes.');
    expect(watches).toBe(3);
  });

  it('need names that are names', async () => {
    await using test = await openTestModel({ service: ['Not A Name'] }, { discovery: new FakeDiscovery() });

    expect(test.health).toEqual(['no model server is known']);
    expect(test.log.messages('warn')).toContain('discovery does not tell where the model servers are');
  });
});
