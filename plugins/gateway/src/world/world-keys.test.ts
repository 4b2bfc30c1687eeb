import { describe, expect, it } from '@jest/globals';
import { openRaw, rawRequest } from '../gateway.test.support.js';
import { type ServedWorld, serveWorld } from './world.test.support.js';

const withKey = (key: string) => ({ Authorization: `Bearer ${key}` });

async function statusesOf(served: ServedWorld, headers: Readonly<Record<string, string>>) {
  const requests: readonly [string, string, unknown?][] = [
    ['GET', '/state'],
    ['GET', '/v1/entries'],
    ['GET', '/v1/entries/a'],
    ['HEAD', '/v1/watch'],
    ['GET', '/v1/history'],
    ['PUT', '/v1/entries/a', { value: 2 }],
    ['DELETE', '/v1/entries/a'],
  ];
  const statuses: number[] = [];
  for (const [method, path, body] of requests)
    statuses.push((await served.send(method, path, body, headers)).status);
  return statuses;
}

describe('Keys of the world group', () => {
  it('are needed for everything but health, once there is one', async () => {
    await using served = await serveWorld(
      { a: 1 },
      { environment: { WORLD_MODEL_API_KEY: 'sesame,second' } },
    );

    expect(await statusesOf(served, {})).toEqual(Array(7).fill(401));
    expect(await statusesOf(served, withKey('open'))).toEqual(Array(7).fill(401));
    expect((await served.send('POST', '/dispatch-job')).status).toBe(401);
    expect((await served.send('GET', '/health')).status).toBe(200);
    expect((await served.send('GET', '/')).status).toBe(200);
    expect(await statusesOf(served, withKey('second'))).toEqual([200, 200, 200, 200, 200, 200, 204]);
  });

  it('name whoever writes', async () => {
    await using served = await serveWorld({}, { config: { worldApiKeys: ['first', 'second'] } });

    await served.send('PUT', '/v1/entries/a', { value: 1 }, withKey('second'));

    expect(await served.world.get('a')).toMatchObject({ origin: 'world-model-2' });
  });

  it.each([
    ['world:read', [200, 200, 200, 200, 200, 403, 403]],
    ['world:write', [403, 403, 403, 403, 403, 200, 204]],
    ['metrics', Array(7).fill(403)],
  ])('are good for %s alone where the owner says so', async (scope, statuses) => {
    const config = { worldApiKeys: ['sesame'], keyScopes: { 'world-model-1': [scope] } };
    await using served = await serveWorld({ a: 1 }, { config });

    expect(await statusesOf(served, withKey('sesame'))).toEqual(statuses);
  });

  it('must be there for an address that others reach', async () => {
    await expect(serveWorld({}, { config: { worldHost: '0.0.0.0' } })).rejects.toMatchObject({
      message: expect.stringContaining('WORLD_MODEL_API_KEY'),
    });
  });

  it('have a limit of their own, as sensors write more than people ask', async () => {
    const config = { requestsPerMinute: 1, worldRequestsPerMinute: 3 };
    await using served = await serveWorld({ a: 1 }, { config });

    const statuses: number[] = [];
    for (let count = 0; count < 4; count++) statuses.push((await served.send('GET', '/state')).status);

    expect(statuses).toEqual([200, 200, 200, 429]);
  });
});

describe('The listener of the world model among strangers', () => {
  it('answers no other host, and no page', async () => {
    await using served = await serveWorld({ a: 1 });
    const ask = async (path: string, headers: Readonly<Record<string, string>>) => {
      await using raw = await openRaw(served.port);
      raw.send(rawRequest(`GET ${path}`, { Connection: 'close', ...headers }));
      return /^HTTP\/1\.1 (\d{3})/.exec(await raw.untilClosed())?.[1];
    };

    for (const path of ['/', '/health', '/state', '/v1/entries', '/v1/watch']) {
      expect(await ask(path, { Host: 'evil.example' })).toBe('403');
      expect(await ask(path, { Origin: 'https://evil.example' })).toBe('403');
    }
  });

  it('lets a page of an allowed origin write', async () => {
    const Origin = 'https://home.example';
    await using served = await serveWorld({}, { config: { allowedOrigins: [Origin] } });

    const preflight = await served.send('OPTIONS', '/v1/entries/a', undefined, {
      Origin,
      'Access-Control-Request-Method': 'PUT',
    });

    expect([preflight.status, preflight.headers.get('Access-Control-Allow-Methods')]).toEqual([
      204,
      'GET, POST, PUT, DELETE',
    ]);
  });

  it.each([
    ['a broken escape', 'GET /state/%E0%A4%A', '', 400],
    ['a broken escape in a key to write', 'PUT /v1/entries/%ff', '{"value":1}', 400],
    ['a climb out of the state', 'GET /state/../v1/entries', '', 404],
    ['a key of dots', 'PUT /v1/entries/../..', '{"value":1}', 200],
    ['a body that is not JSON', 'PUT /v1/entries/a', '{"value":', 400],
    ['a body of brackets', 'PUT /v1/entries/a', `{"value":${'['.repeat(300_000)}`, 400],
    ['a number that JSON does not know', 'PUT /v1/entries/a', '{"value":NaN}', 400],
    ['a field that is there twice', 'PUT /v1/entries/a', '{"value":1,"value":2}', 200],
    ['a revision beyond all numbers', 'PUT /v1/entries/a', '{"value":1,"baseRevision":1e300}', 422],
    ['a time of next year', 'PUT /v1/entries/a', '{"value":1,"timeMs":9007199254740991}', 200],
    ['a lifetime beyond all time', 'PUT /v1/entries/a', '{"value":1,"ttlMs":9007199254740991}', 200],
    ['a query of prototypes', 'GET /v1/entries?__proto__[a]=1&constructor=2', '', 422],
    ['an id of an event that is none', 'GET /v1/watch?after=%00', '', 422],
  ])('answers %s', async (_, line, body, status) => {
    await using served = await serveWorld({ a: 1 });
    await using raw = await openRaw(served.port);

    raw.send(rawRequest(line, { Connection: 'close' }, body));
    const answer = await raw.untilClosed();

    expect(Number(/^HTTP\/1\.1 (\d{3})/.exec(answer)?.[1])).toBe(status);
    expect(served.served.log.messages('warn')).toEqual([]);
    expect((await served.send('GET', '/state')).status).toBe(200);
  });

  it('reads no body before it knows who sends it', async () => {
    await using served = await serveWorld({}, { config: { worldApiKeys: ['sesame'] } });
    await using raw = await openRaw(served.port);

    raw.send(
      rawRequest('PUT /v1/entries/a', { 'Content-Length': '99999999', 'Content-Type': 'application/json' }),
    );

    expect(await raw.until('GATEWAY_KEY_MISSING')).toMatch(/^HTTP\/1\.1 401/);
  });
});
