import { describe, expect, it } from '@jest/globals';
import { type WorldModel, WorldModelError } from '@tiercel/capabilities/world-model';
import { FakeWorldModel } from '@tiercel/capabilities/world-model/testing';
import { openRaw, rawRequest, serveGateway } from '../gateway.test.support.js';
import { serveWorld } from './world.test.support.js';

const lamps = {
  'device/hall-lamp/state': 'on',
  'device/hall-lamp/brightness': 40,
  'device/kitchen-light/state': 'off',
  'timer/tea': { minutes: 4 },
};

/** Of an answer that is an object. */
async function json(response: Response): Promise<Readonly<Record<string, unknown>>> {
  return Object(await response.json());
}

describe('GET /state', () => {
  it('nests everything by the segments of its keys', async () => {
    await using served = await serveWorld(lamps);

    const response = await served.send('GET', '/state');

    expect(response.headers.get('Content-Type')).toMatch(/^application\/json/);
    expect(await json(response)).toEqual({
      device: { 'hall-lamp': { brightness: 40, state: 'on' }, 'kitchen-light': { state: 'off' } },
      timer: { tea: { minutes: 4 } },
    });
  });

  it('is an empty object where nothing is known', async () => {
    await using served = await serveWorld();

    expect(await json(await served.send('GET', '/state/'))).toEqual({});
  });

  it.each([
    ['/state/device/hall-lamp', { brightness: 40, state: 'on' }],
    ['/state/device/hall-lamp/', { brightness: 40, state: 'on' }],
    ['/state/device%2Fhall-lamp', { brightness: 40, state: 'on' }],
    ['/state/device/hall-lamp/state', 'on'],
    ['/state/timer/tea', { minutes: 4 }],
  ])('has under %s one value or what lies below it', async (path, value) => {
    await using served = await serveWorld(lamps);

    expect(await (await served.send('GET', path)).json()).toEqual(value);
  });

  it('puts the value of an entry that has children under $value', async () => {
    await using served = await serveWorld({ a: 1, 'a-b': 2, 'a/c': 3, 'a/c/d': null });

    expect(await json(await served.send('GET', '/state'))).toEqual({
      a: { $value: 1, c: { $value: 3, d: null } },
      'a-b': 2,
    });
    expect(await json(await served.send('GET', '/state/a'))).toEqual({
      $value: 1,
      c: { $value: 3, d: null },
    });
  });

  it('takes names of prototypes for names', async () => {
    await using served = await serveWorld({ '__proto__/x': 1, 'constructor/prototype': 2, toString: 3 });

    const text = await (await served.send('GET', '/state')).text();

    expect(text).toBe('{"__proto__":{"x":1},"constructor":{"prototype":2},"toString":3}');
  });

  it.each(['/state/nothing', '/state/device/hall', '/state/device/hall-lamp/state/deeper'])(
    'answers 404 to %s',
    async (path) => {
      await using served = await serveWorld(lamps);

      const response = await served.send('GET', path);

      expect([response.status, await json(response)]).toEqual([
        404,
        { detail: expect.any(String), code: 'GATEWAY_ENTRY_UNKNOWN', id: expect.any(String) },
      ]);
    },
  );

  it('sends what is large in pieces', async () => {
    const value = 'x'.repeat(60_000);
    const entries = Object.fromEntries(Array.from({ length: 100 }, (_, index) => [`many/${index}`, value]));
    await using served = await serveWorld(entries);

    const state = await json(await served.send('GET', '/state/many'));

    expect(Object.values(state)).toEqual(Object.values(entries));
  });
});

describe('GET /v1/entries', () => {
  it('has whole entries, with the epoch and revision of the store', async () => {
    await using served = await serveWorld(lamps);

    const page = await json(await served.send('GET', '/v1/entries?prefix=device/hall-lamp/'));

    expect(page).toEqual(JSON.parse(JSON.stringify(await served.world.snapshot('device/hall-lamp'))));
  });

  it('has one page after the other', async () => {
    await using served = await serveWorld(lamps);
    const keys: unknown[] = [];
    let after = '';
    let pages = 0;

    do {
      const page = await json(await served.send('GET', `/v1/entries?limit=3&after=${after}`));
      keys.push(...(page['entries'] as readonly { readonly key: string }[]).map(({ key }) => key));
      after = String(page['next'] ?? '');
      pages += 1;
    } while (after !== '');

    expect([keys, pages]).toEqual([Object.keys(lamps).sort(), 2]);
  });

  it('ends a page early where its entries are large', async () => {
    const value = 'x'.repeat(60_000);
    await using served = await serveWorld(
      Object.fromEntries(Array.from({ length: 100 }, (_, index) => [`many/${100 + index}`, value])),
    );

    const page = await json(await served.send('GET', '/v1/entries'));
    const rest = await json(await served.send('GET', `/v1/entries?after=${page['next']}`));

    expect(page['entries']).toHaveLength(70);
    expect(rest['entries']).toHaveLength(30);
    expect(rest).not.toHaveProperty('next');
  });

  it('has one entry under its key', async () => {
    await using served = await serveWorld(lamps);

    const found = await served.send('GET', '/v1/entries/timer/tea');
    const missing = await served.send('GET', '/v1/entries/timer');

    expect(await json(found)).toMatchObject({ key: 'timer/tea', value: { minutes: 4 }, origin: 'seed' });
    expect([missing.status, await json(missing)]).toMatchObject([404, { code: 'GATEWAY_ENTRY_UNKNOWN' }]);
  });

  it.each([
    ['/v1/entries?limit=0', 'limit is 0'],
    ['/v1/entries?limit=1001', 'limit is not a whole number of at most 1000'],
    ['/v1/entries?limit=-1&prefix=a//b', 'prefix is no key'],
    ['/v1/entries?prefix=$value', 'prefix is no key'],
    ['/v1/entries?prefix=a&prefix=b', 'prefix is there more than once'],
    ['/v1/entries?offset=3', 'unknown field'],
    ['/v1/history?after=latest', 'after is not a whole number'],
    ['/v1/watch?after=now', 'neither a revision nor the id of an event'],
    ['/state?prefix=a', 'unknown field'],
  ])('and its like refuse %s with 422', async (path, finding) => {
    await using served = await serveWorld(lamps);

    const response = await served.send('GET', path);

    expect([response.status, await json(response)]).toMatchObject([
      422,
      { code: 'GATEWAY_FIELDS_INVALID', detail: expect.stringContaining(finding) },
    ]);
  });
});

describe('PUT /v1/entries', () => {
  it('writes and answers with the entry', async () => {
    await using served = await serveWorld();

    const response = await served.send('PUT', '/v1/entries/device/lamp/state', {
      value: 'on',
      ttlMs: 60_000,
    });

    expect(response.status).toBe(200);
    expect(await json(response)).toEqual(await served.world.get('device/lamp/state'));
    expect(await served.world.get('device/lamp/state')).toMatchObject({
      origin: 'api',
      ttlMs: 60_000,
      value: 'on',
    });
  });

  it('writes null, and what looks like a prototype, as they are', async () => {
    await using served = await serveWorld();

    await served.send('PUT', '/v1/entries/nothing', { value: null });
    await served.send('PUT', '/v1/entries/odd', '{"value":{"__proto__":{"admin":true}}}');

    expect(await served.world.get('nothing')).toMatchObject({ value: null });
    expect(JSON.stringify((await served.world.get('odd'))?.value)).toBe('{"__proto__":{"admin":true}}');
  });

  it('takes the same observation only once, by its hybrid time', async () => {
    await using served = await serveWorld();
    const hlc = '1767225600000-0001-kitchen';

    const first = await json(await served.send('PUT', '/v1/entries/a', { value: 1, hlc }));
    const again = await json(await served.send('PUT', '/v1/entries/a', { value: 1, hlc }));

    expect(again).toEqual(first);
    expect(first).toMatchObject({ hlc, timeMs: 1_767_225_600_000 });
  });

  it('says who was faster, where the entry is not as the writer believed', async () => {
    await using served = await serveWorld({ a: 1 });
    const current = await served.world.get('a');

    const changed = await served.send('PUT', '/v1/entries/a', { value: 2, baseRevision: 7 });
    const superseded = await served.send('PUT', '/v1/entries/a', {
      value: 2,
      hlc: '1600000000000-0000-attic',
    });
    const missing = await served.send('PUT', '/v1/entries/b', { value: 2, baseRevision: 1 });

    expect([changed.status, await json(changed)]).toEqual([
      409,
      { detail: expect.any(String), code: 'WORLD_MODEL_CONFLICT', id: expect.any(String), current },
    ]);
    expect([superseded.status, await json(superseded)]).toMatchObject([
      409,
      { code: 'WORLD_MODEL_SUPERSEDED', current },
    ]);
    expect([missing.status, await json(missing)]).toMatchObject([409, { current: null }]);
  });

  it('lets exactly one of many writers win who began from the same revision', async () => {
    await using served = await serveWorld({ a: 0 });
    const { revision: baseRevision } = (await served.world.get('a')) ?? {};

    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, value) => served.send('PUT', '/v1/entries/a', { value, baseRevision })),
    );

    expect(answers.map(({ status }) => status).sort()).toEqual([200, ...Array(19).fill(409)]);
  });

  it.each<[string, unknown, string]>([
    ['a list', [], 'the body is not an object'],
    ['null', 'null', 'the body is not an object'],
    ['no value', { ttlMs: 1 }, '"value" is missing'],
    ['an unknown field', { value: 1, origin: 'somebody-else' }, 'unknown field'],
    ['a lifetime as text', { value: 1, ttlMs: '60000' }, '"ttlMs" is not a whole number'],
    ['half a revision', { value: 1, baseRevision: 0.5 }, '"baseRevision" is not a whole number'],
    ['a time that is no text', { value: 1, hlc: 7 }, '"hlc" is not text'],
  ])('answers 422 to %s', async (_, body, finding) => {
    await using served = await serveWorld();

    const response = await served.send('PUT', '/v1/entries/a', body);

    expect([response.status, await json(response)]).toMatchObject([
      422,
      { code: 'GATEWAY_FIELDS_INVALID', detail: expect.stringContaining(finding) },
    ]);
  });

  it('names everything that is wrong with a body at once', async () => {
    await using served = await serveWorld();

    const { detail } = await json(await served.send('PUT', '/v1/entries/a', { ttlMs: -1, who: 'me' }));

    for (const part of ['"value"', '"ttlMs"', 'unknown field']) expect(detail).toContain(part);
  });

  it.each<[string, string, unknown, string]>([
    ['a key with $', '/v1/entries/a/$value', { value: 1 }, 'WORLD_MODEL_KEY_INVALID'],
    ['an empty segment', '/v1/entries/a//b', { value: 1 }, 'WORLD_MODEL_KEY_INVALID'],
    ['a control character', '/v1/entries/a%00b', { value: 1 }, 'WORLD_MODEL_KEY_INVALID'],
    ['nine segments', '/v1/entries/1/2/3/4/5/6/7/8/9', { value: 1 }, 'WORLD_MODEL_KEY_INVALID'],
    ['a long key', `/v1/entries/${'k'.repeat(201)}`, { value: 1 }, 'WORLD_MODEL_KEY_INVALID'],
    ['no lifetime', '/v1/entries/a', { value: 1, ttlMs: 0 }, 'WORLD_MODEL_VALUE_INVALID'],
    ['a broken hybrid time', '/v1/entries/a', { value: 1, hlc: 'now' }, 'WORLD_MODEL_VALUE_INVALID'],
    ['a deep value', '/v1/entries/a', { value: [[[[[[[[[1]]]]]]]]] }, 'WORLD_MODEL_VALUE_INVALID'],
  ])('answers 422 to %s', async (_, path, body, code) => {
    await using served = await serveWorld();

    const response = await served.send('PUT', path, body);

    expect([response.status, await json(response)]).toMatchObject([422, { code }]);
    expect((await served.world.snapshot()).entries).toEqual([]);
  });

  it('stores a value of 64 KiB however it is escaped, and answers 413 to a larger one', async () => {
    await using served = await serveWorld();
    const escaped = `"${'\\u0041'.repeat(65_534)}"`;

    const largest = await served.send('PUT', '/v1/entries/a', `{"value":${escaped}}`);
    const larger = await served.send('PUT', '/v1/entries/b', { value: 'A'.repeat(65_535) });
    await using raw = await openRaw(served.port);
    raw.send(
      rawRequest(
        'PUT /v1/entries/c',
        { Connection: 'close' },
        JSON.stringify({ value: 'A'.repeat(1_000_000) }),
      ),
    );
    const far = await raw.untilClosed();

    expect(await json(largest)).toMatchObject({ key: 'a', value: 'A'.repeat(65_534) });
    expect([larger.status, await json(larger)]).toMatchObject([413, { code: 'GATEWAY_VALUE_TOO_LARGE' }]);
    expect(far).toMatch(/^HTTP\/1\.1 413 /);
    expect(far).toContain('"code":"GATEWAY_BODY_TOO_LARGE"');
  });

  it('answers 507 where the world model is full, and goes on reading', async () => {
    await using served = await serveWorld(
      {},
      { world: new FakeWorldModel({ entries: { a: 1 }, capacity: 1 }) },
    );

    const response = await served.send('PUT', '/v1/entries/b', { value: 1 });

    expect([response.status, await json(response)]).toMatchObject([507, { code: 'WORLD_MODEL_FULL' }]);
    expect((await served.send('GET', '/v1/entries/a')).status).toBe(200);
  });

  it.each([
    [
      'WORLD_MODEL_UNREACHABLE',
      new WorldModelError('WORLD_MODEL_UNREACHABLE', { key: 'a', finding: 'core.lan' }),
    ],
    [
      'WORLD_MODEL_UNWRITABLE',
      new WorldModelError('WORLD_MODEL_UNWRITABLE', { finding: 'core.lan is full' }),
    ],
  ])('answers 503 to %s, and tells no host and no file', async (code, error) => {
    class AwayWorldModel extends FakeWorldModel {
      override observe: WorldModel['observe'] = async () => {
        throw error;
      };
    }
    await using served = await serveWorld({}, { world: new AwayWorldModel() });

    const response = await served.send('PUT', '/v1/entries/a', { value: 1 });
    const text = await response.text();

    expect([response.status, JSON.parse(text).code]).toEqual([503, code]);
    expect(response.headers.get('Retry-After')).not.toBeNull();
    expect(text).not.toContain('core.lan');
  });

  it('gives a world model up that does not answer', async () => {
    class SilentWorldModel extends FakeWorldModel {
      override observe: WorldModel['observe'] = () => new Promise(() => undefined);
    }
    await using served = await serveWorld({}, { world: new SilentWorldModel() });

    const writing = served.send('PUT', '/v1/entries/a', { value: 1 });
    await served.served.clock.whenPending();
    await served.served.clock.advance(30_000);

    expect([(await writing).status, await json(await writing)]).toMatchObject([
      503,
      { code: 'GATEWAY_NODE_SILENT' },
    ]);
  });
});

describe('DELETE /v1/entries', () => {
  it('forgets an entry, and is content where there was none', async () => {
    await using served = await serveWorld(lamps);

    const first = await served.send('DELETE', '/v1/entries/timer/tea');
    const again = await served.send('DELETE', '/v1/entries/timer/tea/');

    expect([first.status, await first.text(), again.status]).toEqual([204, '', 204]);
    expect(await served.world.get('timer/tea')).toBeUndefined();
  });

  it('forgets nothing that has changed meanwhile', async () => {
    await using served = await serveWorld({ a: 1 });
    const current = await served.world.get('a');

    const refused = await served.send('DELETE', '/v1/entries/a?baseRevision=9');
    const taken = await served.send('DELETE', `/v1/entries/a?baseRevision=${current?.revision}`);

    expect([refused.status, await json(refused)]).toMatchObject([
      409,
      { code: 'WORLD_MODEL_CONFLICT', current },
    ]);
    expect(taken.status).toBe(204);
  });

  it('refuses a revision that is none', async () => {
    await using served = await serveWorld({ a: 1 });

    expect((await served.send('DELETE', '/v1/entries/a?baseRevision=x')).status).toBe(422);
    expect(await served.world.get('a')).toBeDefined();
  });
});

describe('GET /v1/history', () => {
  it('has what changed below a prefix after a revision', async () => {
    await using served = await serveWorld({ a: 1 });
    await served.send('PUT', '/v1/entries/device/lamp', { value: 'on' });
    await served.send('PUT', '/v1/entries/b', { value: 1 });
    await served.send('DELETE', '/v1/entries/device/lamp');

    const history = await json(await served.send('GET', '/v1/history?prefix=device&after=1&limit=5'));

    expect(history).toMatchObject({
      revision: 4,
      forgottenUpTo: 0,
      records: [
        { type: 'entry-put', entry: { key: 'device/lamp', value: 'on', revision: 2 } },
        { type: 'entry-forgotten', key: 'device/lamp', revision: 4, origin: 'api' },
      ],
    });
  });
});

describe('The world group', () => {
  it.each([
    ['POST', '/state', 'GET, HEAD'],
    ['PUT', '/v1/entries', 'GET, HEAD'],
    ['PATCH', '/v1/entries/a', 'GET, HEAD, PUT, DELETE'],
    ['POST', '/v1/watch', 'GET, HEAD'],
    ['DELETE', '/v1/history/', 'GET, HEAD'],
  ])('answers %s %s with 405', async (method, path, allowed) => {
    await using served = await serveWorld(lamps);

    const response = await served.send(method, path);

    expect([response.status, response.headers.get('Allow')]).toEqual([405, allowed]);
    expect(await json(response)).toMatchObject({ code: 'GATEWAY_METHOD_WRONG' });
  });

  it.each(['/state', '/state/timer/tea', '/v1/entries', '/v1/entries/timer/tea', '/v1/history', '/v1/watch'])(
    'answers HEAD %s without a body',
    async (path) => {
      await using served = await serveWorld(lamps);

      const response = await served.send('HEAD', path);

      expect([response.status, await response.text()]).toEqual([200, '']);
    },
  );

  it('starts no jobs any more', async () => {
    await using served = await serveWorld();

    const response = await served.send('POST', '/dispatch-job', { job_name: 'anything' });

    expect([response.status, await json(response)]).toMatchObject([410, { code: 'GATEWAY_ROUTE_GONE' }]);
  });

  it.each(['/v1', '/v1/models', '/V1/entries', '/v1/entry', '/states', '/admin'])(
    'has nothing at %s',
    async (path) => {
      await using served = await serveWorld();

      const response = await served.send('GET', path);

      expect([response.status, await json(response)]).toMatchObject([404, { code: 'GATEWAY_ROUTE_UNKNOWN' }]);
    },
  );

  it('is left out where the node has no world model', async () => {
    await using served = await serveGateway({ config: { groups: ['world'] } });

    expect(served.listeners).toEqual([{ url: served.url, groups: ['ops'] }]);
    expect(served.log.messages('info')).toContain('no world model is served, as this node has none');
  });

  it('shares a listener with the models, each under its own keys and in its own words', async () => {
    const world = new FakeWorldModel({ entries: lamps });
    await using probe = await serveGateway();
    const { port } = probe;
    await probe.stop();
    await using served = await serveGateway({
      world,
      config: { groups: ['openai', 'world'], port, worldPort: port, worldApiKeys: ['sesame'] },
    });

    const models = await fetch(`${served.url}/v1/models`);
    const entries = await fetch(`${served.url}/v1/entries`);
    const unknown = await fetch(`${served.url}/v1/entriesx`);
    const health = await fetch(`${served.url}/health`);

    expect(served.listeners).toMatchObject([{ groups: ['openai', 'world', 'ops'] }]);
    expect([models.status, entries.status, unknown.status]).toEqual([200, 401, 404]);
    expect(await json(entries)).toMatchObject({ detail: expect.any(String), code: 'GATEWAY_KEY_MISSING' });
    expect(await json(unknown)).toMatchObject({ error: { code: 'GATEWAY_ROUTE_UNKNOWN' } });
    // Two groups would each mean something else by it.
    expect(await json(health)).toEqual({ status: 'ok' });
  });
});
