import { describe, expect, it } from '@jest/globals';
import { FakeWorldModel } from '@tiercel/capabilities/world-model/testing';
import { openRaw, rawRequest, until } from '../gateway.test.support.js';
import { openEvents, serveWorld } from './world.test.support.js';

const origin = 'test';

describe('GET /v1/watch', () => {
  it('begins with a snapshot and goes on with each change', async () => {
    await using served = await serveWorld({ 'device/lamp': 'off', 'timer/tea': 4 });
    await using events = await openEvents(`${served.url}/v1/watch?prefix=device`);

    const snapshot = await events.next();
    await served.world.observe({ key: 'timer/tea', value: 3, origin });
    await served.world.observe({ key: 'device/lamp', value: 'on', origin });
    await served.world.forget('device/lamp', { origin });
    const changes = [await events.next(), await events.next()];

    expect(events.response.headers.get('Content-Type')).toBe('text/event-stream');
    expect(snapshot).toMatchObject({
      type: 'snapshot',
      id: 'fake-epoch-1:2',
      data: {
        epoch: 'fake-epoch-1',
        revision: 2,
        entries: [{ key: 'device/lamp', value: 'off' }],
        isLast: true,
      },
    });
    expect(changes).toMatchObject([
      {
        type: 'change',
        id: 'fake-epoch-1:4',
        data: { type: 'entry-put', entry: { key: 'device/lamp', value: 'on', origin } },
      },
      { type: 'change', id: 'fake-epoch-1:5', data: { type: 'entry-forgotten', key: 'device/lamp' } },
    ]);
  });

  it('begins with an empty snapshot where nothing is known', async () => {
    await using served = await serveWorld();
    await using events = await openEvents(`${served.url}/v1/watch`);

    expect(await events.next()).toMatchObject({ type: 'snapshot', data: { entries: [], isLast: true } });
  });

  it('sends a large snapshot in pieces, and only the last has an id to go on from', async () => {
    const entries = Object.fromEntries(
      Array.from({ length: 600 }, (_, index) => [`many/${1_000 + index}`, index]),
    );
    await using served = await serveWorld({ ...entries, large: 'x'.repeat(60_000) });
    await using events = await openEvents(`${served.url}/v1/watch?prefix=many`);

    const pieces = [await events.next(), await events.next(), await events.next()];

    expect(
      pieces.map((piece) => [Object(piece?.data['entries']).length, piece?.data['isLast'], piece?.id]),
    ).toEqual([
      [256, false, undefined],
      [256, false, undefined],
      [88, true, 'fake-epoch-1:601'],
    ]);
  });

  it.each<[string, string, Readonly<Record<string, string>>]>([
    ['a revision', 'after=2', {}],
    ['the id of an event', 'after=fake-epoch-1:2', {}],
    [
      'the header of a browser that comes back, which outranks the query',
      'after=0',
      { 'Last-Event-ID': 'fake-epoch-1:2' },
    ],
  ])('goes on after %s, without a snapshot', async (_, query, headers) => {
    await using served = await serveWorld({ a: 1, b: 2, c: 3 });
    await using events = await openEvents(`${served.url}/v1/watch?${query}`, headers);

    const missed = await events.next();
    await served.world.observe({ key: 'd', value: 4, origin });

    expect(missed).toMatchObject({ type: 'change', data: { entry: { key: 'c' } } });
    expect(await events.next()).toMatchObject({ type: 'change', data: { entry: { key: 'd' } } });
  });

  it('says at once that it listens, also when there is nothing to tell', async () => {
    await using served = await serveWorld({ a: 1 });
    await using events = await openEvents(`${served.url}/v1/watch?after=1`);

    expect(events.response.status).toBe(200);
  });

  it('misses and repeats nothing over many connections', async () => {
    await using served = await serveWorld();
    const seen: unknown[] = [];
    let id = 'fake-epoch-1:0';

    for (let round = 0; round < 20; round++) {
      await served.world.observe({ key: `k/${round}`, value: round, origin });
      await using events = await openEvents(`${served.url}/v1/watch`, { 'Last-Event-ID': id });
      await served.world.observe({ key: 'k/x', value: round, origin });
      for (const event of [await events.next(), await events.next()]) {
        seen.push(Object(event?.data['entry']).revision);
        id = event?.id ?? '';
      }
    }

    expect(seen).toEqual(Array.from({ length: 40 }, (_, index) => index + 1));
  });

  it.each([
    ['another epoch', 'fake-epoch-0:2', ['reset', 'snapshot']],
    ['a revision that is still to come', 'fake-epoch-1:99', ['reset', 'snapshot']],
    ['a revision without an epoch that is still to come', '99', ['reset', 'snapshot']],
  ])('resets whoever comes from %s', async (_, after, types) => {
    await using served = await serveWorld({ a: 1, b: 2 });
    await using events = await openEvents(`${served.url}/v1/watch?after=${after}`);

    const told = [await events.next(), await events.next()];

    expect(told.map((event) => event?.type)).toEqual(types);
    expect(told[0]).toMatchObject({ data: { epoch: 'fake-epoch-1' }, id: undefined });
  });

  it('resets when the store begins anew, and goes on', async () => {
    await using served = await serveWorld({ a: 1 });
    await using events = await openEvents(`${served.url}/v1/watch`);
    await events.next();

    served.world.restart();
    await served.world.observe({ key: 'b', value: 2, origin });
    const told = [await events.next(), await events.next()];

    expect(told).toMatchObject([
      { type: 'reset', data: { epoch: 'fake-epoch-2' } },
      { type: 'snapshot', data: { epoch: 'fake-epoch-2', entries: [{ key: 'b' }] } },
    ]);
  });

  it('resets whoever missed more than is remembered', async () => {
    await using served = await serveWorld({ a: 1 });
    for (let value = 0; value < 1_100; value++) await served.world.observe({ key: 'a', value, origin });
    await using events = await openEvents(`${served.url}/v1/watch?after=1`);

    const told = [await events.next(), await events.next()];

    expect(told).toMatchObject([
      { type: 'reset' },
      { type: 'snapshot', id: 'fake-epoch-1:1101', data: { entries: [{ value: 1_099 }] } },
    ]);
  });

  it('holds nothing back for a reader that does not read, resets it when it reads again, and drops it otherwise', async () => {
    const large = 'x'.repeat(60_000);
    await using served = await serveWorld();
    await using raw = await openRaw(served.port);
    raw.send(rawRequest('GET /v1/watch'));
    await raw.until('event: snapshot');
    raw.socket.pause();
    let writes = 0;
    const write = async () => {
      await served.world.observe({ key: 'a', value: `${writes}${large}`, origin });
      writes += 1;
      await new Promise(setImmediate);
    };

    // 1 MiB here and what both kernels hold: far less than what was written.
    while (writes < 3_000) await write();
    raw.socket.resume();
    await raw.until('event: reset');
    const sentBytes = raw.socket.bytesRead;
    raw.socket.pause();
    for (let count = 0; count < 1_500; count++) await write();
    await served.served.clock.whenPending();
    await served.served.clock.advance(30_000);
    raw.socket.resume();
    await raw.untilClosed();

    expect(sentBytes).toBeLessThan((writes * large.length) / 4);
  });

  it('fills silence, so that proxies and clients know that the other side is there', async () => {
    await using served = await serveWorld({ a: 1 });
    await using events = await openEvents(`${served.url}/v1/watch`);
    await events.next();

    await served.served.clock.whenPending();
    await served.served.clock.advance(10_000);

    expect(await events.comment()).toBe(': ping');
  });

  it('ends at once when the node stops, and does not hold it up', async () => {
    await using served = await serveWorld({ a: 1 });
    await using events = await openEvents(`${served.url}/v1/watch`);
    await events.next();

    await served.served.stop();

    expect(await events.next()).toBeUndefined();
  });

  it('ends when the world model closes', async () => {
    class ClosedWorldModel extends FakeWorldModel {
      override async *watch() {
        // It tells nothing.
      }
    }
    await using served = await serveWorld({}, { world: new ClosedWorldModel() });
    await using events = await openEvents(`${served.url}/v1/watch`);

    expect(await events.next()).toMatchObject({ type: 'snapshot' });
    expect(await events.next()).toBeUndefined();
  });

  it('is open to so many at once, and again to others when they leave', async () => {
    await using served = await serveWorld({}, { config: { maxWatches: 2 } });
    const first = await openEvents(`${served.url}/v1/watch`);
    await using second = await openEvents(`${served.url}/v1/watch`);
    await Promise.all([first.next(), second.next()]);

    const refused = await served.send('GET', '/v1/watch');
    await first[Symbol.asyncDispose]();
    await until(async () => {
      await using third = await openEvents(`${served.url}/v1/watch`);
      return third.response.ok;
    });

    expect([refused.status, refused.headers.get('Retry-After')]).toEqual([429, '5']);
    expect(await refused.json()).toMatchObject({ code: 'GATEWAY_WATCHES_BUSY' });
  });

  it('leaves nothing behind in the world model', async () => {
    let open = 0;
    class CountingWorldModel extends FakeWorldModel {
      override async *watch(...args: Parameters<FakeWorldModel['watch']>) {
        open += 1;
        try {
          yield* super.watch(...args);
        } finally {
          open -= 1;
        }
      }
    }
    await using served = await serveWorld({}, { world: new CountingWorldModel() });
    for (let round = 0; round < 5; round++) {
      await using events = await openEvents(`${served.url}/v1/watch`);
      await events.next();
    }

    await until(() => open === 0);

    expect(open).toBe(0);
  });
});
