import { once } from 'node:events';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { FakeLanguageModel } from '@tiercel/capabilities/language-model/testing';
import {
  chatBody,
  openRaw,
  postChat,
  rawRequest,
  type ServedGateway,
  serveGateway,
} from '../gateway.test.support.js';
import { sha256 } from './key-ring.js';

const key = 'correct-horse';
const hashed = `kitchen=${sha256(key).toString('hex')}`;
const withKey = { Authorization: `Bearer ${key}` };

describe('A listener among strangers', () => {
  let served: ServedGateway;
  const model = new FakeLanguageModel();

  beforeAll(async () => {
    served = await serveGateway({ models: { llm: model }, config: { apiKeys: [hashed] } });
  });
  afterAll(async () => await served[Symbol.asyncDispose]());

  const ask = async (bytes: string | Buffer): Promise<string> => {
    await using raw = await openRaw(served.port);
    raw.send(bytes);
    raw.socket.end();
    return await raw.untilClosed();
  };
  const statusOf = (answer: string) => Number(/^HTTP\/1\.1 (\d{3})/.exec(answer)?.[1]);
  const get = (headers: Readonly<Record<string, string>>) =>
    ask(rawRequest('GET /v1/models', { Connection: 'close', ...headers }));

  it('answers whoever has a key', async () => {
    expect(statusOf(await get(withKey))).toBe(200);
  });

  it.each(['evil.example.com', 'localhost.evil.example.com', '', '127.0.0.1:80@evil.example.com'])(
    'refuses the host %j, with a key or without, also for its health',
    async (Host) => {
      const answer = await get({ ...withKey, Host });
      const health = await ask(rawRequest('GET /health', { Connection: 'close', Host }));

      expect(statusOf(answer)).toBe(403);
      expect(answer).toContain('"code":"GATEWAY_HOST_REFUSED"');
      expect(answer).toContain('"type":"permission_error"');
      expect(statusOf(health)).toBe(403);
      expect(health).toContain('"detail":');
    },
  );

  it('refuses a request without a host, and one with two', async () => {
    expect(statusOf(await ask('GET /v1/models HTTP/1.1\r\nConnection: close\r\n\r\n'))).toBe(400);
    expect(statusOf(await ask(`GET /v1/models HTTP/1.0\r\nAuthorization: Bearer ${key}\r\n\r\n`))).toBe(403);
    expect(
      statusOf(
        await ask(
          'GET /health HTTP/1.1\r\nHost: localhost\r\nHost: evil.example.com\r\nConnection: close\r\n\r\n',
        ),
      ),
    ).toBe(403);
  });

  it.each(['https://evil.example', 'null', 'http://localhost:8000'])(
    'refuses pages of %s',
    async (Origin) => {
      const answer = await get({ ...withKey, Origin });

      expect(statusOf(answer)).toBe(403);
      expect(answer).toContain('GATEWAY_ORIGIN_REFUSED');
      expect(answer).not.toContain('Access-Control');
    },
  );

  it.each<[string, Readonly<Record<string, string>>, string]>([
    ['no key', {}, 'GATEWAY_KEY_MISSING'],
    ['a key in another header', { 'X-Api-Key': key }, 'GATEWAY_KEY_MISSING'],
    ['another scheme', { Authorization: `Basic ${key}` }, 'GATEWAY_KEY_MISSING'],
    ['a wrong key', { Authorization: 'Bearer wrong' }, 'GATEWAY_KEY_WRONG'],
    [
      'the digest instead of the key',
      { Authorization: `Bearer ${sha256(key).toString('hex')}` },
      'GATEWAY_KEY_WRONG',
    ],
    ['a key that is longer', { Authorization: `Bearer ${key}x` }, 'GATEWAY_KEY_WRONG'],
    ['a key of other characters', { Authorization: 'Bearer schlüssel-ключ-鍵' }, 'GATEWAY_KEY_WRONG'],
  ])('refuses %s with 401', async (_, headers, code) => {
    const answer = await get(headers);

    expect(statusOf(answer)).toBe(401);
    expect(answer).toContain(`"code":"${code}"`);
    expect(answer).toContain('"type":"authentication_error"');
    expect(answer).toMatch(/\r\nWWW-Authenticate: Bearer/i);
  });

  it('answers every byte in a key with 401 or 400, never with 500', async () => {
    for (let byte = 0; byte < 256; byte++) {
      const bytes = Buffer.concat([
        Buffer.from(
          'GET /v1/models HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nAuthorization: Bearer a',
        ),
        Buffer.from([byte]),
        Buffer.from('b\r\n\r\n'),
      ]);

      expect([400, 401]).toContain(statusOf(await ask(bytes)));
    }
  });

  it('takes no key from the query', async () => {
    const answer = await ask(
      rawRequest(`GET /v1/models?api_key=${key}&access_token=${key}`, { Connection: 'close' }),
    );

    expect(statusOf(answer)).toBe(401);
  });

  it('looks at the key before the body', async () => {
    const answer = await ask(
      rawRequest('POST /v1/chat/completions', {
        'Content-Length': '99999999',
        'Content-Type': 'application/json',
      }),
    );

    expect(statusOf(answer)).toBe(401);
  });

  it.each([
    [
      'with Content-Length',
      (body: string) => ({ 'Content-Length': String(body.length) }),
      (body: string) => body,
    ],
    [
      'in chunks',
      () => ({ 'Transfer-Encoding': 'chunked' }),
      (body: string) => `${body.length.toString(16)}\r\n${body}\r\n0\r\n\r\n`,
    ],
  ])('refuses a body of more than 1 MiB %s', async (_, headersOf, write) => {
    const body = JSON.stringify(chatBody({ padding: 'x'.repeat(1024 * 1024) }));
    await using raw = await openRaw(served.port);

    raw.send(
      rawRequest('POST /v1/chat/completions', {
        ...withKey,
        'Content-Type': 'application/json',
        ...headersOf(body),
      }),
    );
    raw.send(write(body));
    const answer = await raw.until('GATEWAY_BODY_TOO_LARGE');

    expect(statusOf(answer)).toBe(413);
    expect(answer).toContain('"type":"invalid_request_error"');
  });

  it('refuses a body that is announced as far too long before it comes', async () => {
    await using raw = await openRaw(served.port);

    raw.send(
      rawRequest('POST /v1/chat/completions', {
        ...withKey,
        'Content-Type': 'application/json',
        'Content-Length': '99999999999',
      }),
    );

    expect(statusOf(await raw.untilClosed())).toBe(413);
  });

  it('reads no more than 8 MiB of a body without end', async () => {
    await using raw = await openRaw(served.port);
    const chunk = `10000\r\n${'x'.repeat(0x10000)}\r\n`;
    const closed = raw.untilClosed();
    raw.send(
      rawRequest('POST /v1/chat/completions', {
        ...withKey,
        'Content-Type': 'application/json',
        'Transfer-Encoding': 'chunked',
      }),
    );

    while (!raw.socket.destroyed)
      if (!raw.socket.write(chunk))
        await Promise.race([once(raw.socket, 'drain').catch(() => undefined), closed]);

    // The kernels of both sides may hold some more.
    expect(raw.socket.bytesWritten).toBeLessThan(32 * 1024 * 1024);
  });

  it.each<[string, number, Readonly<Record<string, string>>, string, string]>([
    ['that is nothing', 400, {}, 'null', 'GATEWAY_REQUEST_INVALID'],
    ['that is not JSON', 400, {}, '{"model": secret', 'GATEWAY_REQUEST_INVALID'],
    ['nested deeper than sense', 400, {}, `{"a":${'['.repeat(100_000)}`, 'GATEWAY_REQUEST_INVALID'],
    ['that is a list', 400, {}, '[1]', 'GATEWAY_REQUEST_INVALID'],
    ['that is text', 400, {}, '"secret"', 'GATEWAY_REQUEST_INVALID'],
    [
      'as a form',
      415,
      { 'Content-Type': 'application/x-www-form-urlencoded' },
      'model=fake',
      'GATEWAY_BODY_UNSUPPORTED',
    ],
    ['as plain text', 415, { 'Content-Type': 'text/plain' }, '{}', 'GATEWAY_BODY_UNSUPPORTED'],
    [
      'of a type that only begins like JSON',
      415,
      { 'Content-Type': 'application/json5' },
      '{}',
      'GATEWAY_BODY_UNSUPPORTED',
    ],
    ['that is compressed', 415, { 'Content-Encoding': 'gzip' }, '{}', 'GATEWAY_BODY_UNSUPPORTED'],
    [
      'in another character set',
      415,
      { 'Content-Type': 'application/json; charset=latin1' },
      '{}',
      'GATEWAY_BODY_UNSUPPORTED',
    ],
    [
      'with names of prototypes',
      400,
      {},
      '{"__proto__":{"model":"fake"},"constructor":1,"then":2}',
      'GATEWAY_REQUEST_INVALID',
    ],
  ])('refuses a body %s', async (_, status, headers, body, code) => {
    const answer = await ask(
      rawRequest('POST /v1/chat/completions', { ...withKey, Connection: 'close', ...headers }, body),
    );

    expect(statusOf(answer)).toBe(status);
    expect(answer).toContain(`"code":"${code}"`);
    expect(answer).not.toContain('secret');
  });

  it('refuses bytes that are no UTF-8', async () => {
    const body = Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d]);
    const head = rawRequest('POST /v1/chat/completions', {
      ...withKey,
      Connection: 'close',
      'Content-Type': 'application/json',
      'Content-Length': String(body.length),
    });

    const answer = await ask(Buffer.concat([Buffer.from(head), body]));

    expect(statusOf(answer)).toBe(400);
    expect(answer).toContain('the body is not JSON in UTF-8');
  });

  it('refuses a request without a body', async () => {
    const answer = await ask(rawRequest('POST /v1/chat/completions', { ...withKey, Connection: 'close' }));

    expect(statusOf(answer)).toBe(415);
  });

  it('takes a brace in a text for no depth', async () => {
    const content = `"${'[{'.repeat(5_000)}\\`;
    const answer = await postChat(served.url, chatBody({ messages: [{ role: 'user', content }] }), {
      headers: withKey,
    });

    expect(answer.status).toBe(200);
  });

  it.each([
    ['a full URL as target', `GET http://evil.example.com/v1/models`],
    ['a target of another host', 'GET //evil.example.com/v1/models'],
    ['a broken escape', 'GET /v1/models/%E0%A4%A'],
    ['an asterisk', 'OPTIONS *'],
  ])('refuses %s with 400', async (_, line) => {
    const answer = await ask(rawRequest(line, { ...withKey, Connection: 'close' }));

    expect(statusOf(answer)).toBe(400);
    expect(answer).toContain('GATEWAY_REQUEST_INVALID');
  });

  it.each([
    '/v1/../v1/models/__proto__',
    '/v1/models/__proto__',
    '/v1/models/constructor',
    '/v1/models/then',
    '/V1/models',
    '/v1%2fmodels',
    '/',
    '/admin',
  ])('finds nothing under %s', async (path) => {
    const answer = await ask(rawRequest(`GET ${path}`, { ...withKey, Connection: 'close' }));

    expect(statusOf(answer)).toBe(404);
  });

  it.each([
    ['GET', '/v1/chat/completions', 'POST'],
    ['DELETE', '/v1/models', 'GET'],
    ['PUT', '/v1/models/fake/', 'GET'],
  ])('answers %s %s with 405', async (method, path, allowed) => {
    const answer = await ask(rawRequest(`${method} ${path}`, { ...withKey, Connection: 'close' }));

    expect(statusOf(answer)).toBe(405);
    expect(answer).toContain('GATEWAY_METHOD_WRONG');
    expect(answer).toContain(`\r\nAllow: ${allowed}\r\n`);
  });

  it('answers both spellings of a path, and redirects to neither', async () => {
    const answers = await Promise.all(
      ['/v1/models', '/v1/models/', '/livez', '/livez/', '/health/', '/v1/models/fake/'].map(async (path) =>
        statusOf(await ask(rawRequest(`GET ${path}`, { ...withKey, Connection: 'close' }))),
      ),
    );

    expect(answers).toEqual([200, 200, 200, 200, 200, 200]);
  });

  it('puts no header of a client into its answer, but a request id that is a plain name', async () => {
    const echoed = await get({ ...withKey, 'X-Request-Id': 'req-1.a:b_c' });
    const broken = await get({ ...withKey, 'X-Request-Id': 'a b; Set-Cookie: x' });
    const injected = await ask(
      rawRequest('GET /v1/models/x%0d%0aSet-Cookie:%20x', { ...withKey, Connection: 'close' }),
    );

    expect(echoed).toContain('X-Request-Id: req-1.a:b_c\r\n');
    expect(broken).toMatch(/X-Request-Id: [0-9a-f-]{36}\r\n/);
    expect(broken + injected).not.toMatch(/^Set-Cookie/im);
    expect(echoed).not.toMatch(/X-Powered-By|ETag/i);
  });

  it('refuses two lengths of one body, as they begin another request', async () => {
    const smuggled = await ask(
      `POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /v1/models HTTP/1.1\r\n\r\n`,
    );

    expect(statusOf(smuggled)).toBe(400);
    expect(smuggled.match(/HTTP\/1\.1/g)).toHaveLength(1);
  });

  it('answers what is sent ahead one after the other', async () => {
    await using raw = await openRaw(served.port);

    raw.send(
      rawRequest('GET /livez') + rawRequest('GET /v1/models', withKey) + rawRequest('GET /nothing', withKey),
    );
    const text = await raw.until('GATEWAY_ROUTE_UNKNOWN');

    expect(text.match(/HTTP\/1\.1 \d{3}/g)).toEqual(['HTTP/1.1 200', 'HTTP/1.1 200', 'HTTP/1.1 404']);
  });

  it('refuses headers of more than 16 KiB', async () => {
    expect(statusOf(await get({ ...withKey, 'X-Long': 'x'.repeat(20_000) }))).toBe(431);
  });

  it('reached no model with any of that, and logged no key', () => {
    expect(model.requests).toHaveLength(1);
    expect(JSON.stringify(served.log.lines)).not.toMatch(/correct-horse|secret/);
    expect(served.log.messages('warn')).toEqual([]);
  });
});

describe('A listener', () => {
  it('gives a key only what it is good for', async () => {
    const models = {
      small: new FakeLanguageModel({ features: { model: 'small' } }),
      large: new FakeLanguageModel({ features: { model: 'large' } }),
    };
    const config = { apiKeys: [hashed], keyScopes: { kitchen: ['models:small'] } };
    await using served = await serveGateway({ models, config });

    const listed = await fetch(`${served.url}/v1/models`, { headers: withKey });
    const allowed = await postChat(served.url, chatBody({ model: 'small' }), { headers: withKey });
    const refused = await postChat(served.url, chatBody({ model: 'large' }), { headers: withKey });

    expect(await listed.json()).toMatchObject({ data: [{ id: 'small' }] });
    expect(allowed.status).toBe(200);
    expect(refused.status).toBe(403);
    expect(await refused.json()).toMatchObject({
      error: { type: 'permission_error', code: 'GATEWAY_SCOPE_MISSING' },
    });
    expect(models.large.requests).toEqual([]);
  });

  it('limits the requests of each key, after the key was checked', async () => {
    const config = { requestsPerMinute: 2, apiKeys: [hashed, `hall=${sha256('hall-key').toString('hex')}`] };
    await using served = await serveGateway({ models: { llm: new FakeLanguageModel() }, config });
    const get = async (token: string, path = '/v1/models') => {
      const response = await fetch(served.url + path, { headers: { Authorization: `Bearer ${token}` } });
      return [response.status, response.headers.get('Retry-After')];
    };

    // Guesses use nothing up, and are refused as guesses.
    expect(await Promise.all([1, 2, 3].map(() => get('wrong')))).toEqual(Array(3).fill([401, null]));
    expect(await get(key)).toEqual([200, null]);
    expect(await get(key)).toEqual([200, null]);
    expect(await get(key)).toEqual([429, '30']);
    expect(await get('hall-key')).toEqual([200, null]);
    expect(await get(key, '/health')).toEqual([200, null]);
    await served.clock.advance(30_000);
    expect(await get(key)).toEqual([200, null]);
  });

  it('tells about a limit in the words of OpenAI', async () => {
    await using served = await serveGateway({ config: { requestsPerMinute: 1 } });
    await fetch(`${served.url}/v1/models`);

    const response = await fetch(`${served.url}/v1/models`);

    expect(await response.json()).toMatchObject({
      error: { type: 'rate_limit_error', code: 'GATEWAY_RATE_LIMITED' },
    });
  });

  it('counts addresses where there is no key, as a trusted proxy tells them', async () => {
    const config = { requestsPerMinute: 1, trustedProxies: ['127.0.0.1'] };
    await using served = await serveGateway({ config });
    const get = async (address: string) =>
      (await fetch(`${served.url}/v1/models`, { headers: { 'X-Forwarded-For': address } })).status;

    expect(await get('10.0.0.1')).toBe(200);
    expect(await get('10.0.0.2')).toBe(200);
    expect(await get('10.0.0.1')).toBe(429);
    // Only what the proxy added itself counts.
    expect(await get('10.0.0.9, 10.0.0.2')).toBe(429);
  });

  it('believes no address that a stranger claims', async () => {
    await using served = await serveGateway({ config: { requestsPerMinute: 1 } });
    const get = async (address: string) =>
      (await fetch(`${served.url}/v1/models`, { headers: { 'X-Forwarded-For': address } })).status;

    expect(await get('10.0.0.1')).toBe(200);
    expect(await get('10.0.0.2')).toBe(429);
  });

  it('lets pages of allowed origins in, and tells browsers so', async () => {
    const config = { allowedOrigins: ['https://home.example'], apiKeys: [hashed] };
    await using served = await serveGateway({ config });
    const Origin = 'https://home.example';

    const preflight = await fetch(`${served.url}/v1/chat/completions`, {
      method: 'OPTIONS',
      headers: {
        Origin,
        'Access-Control-Request-Method': 'POST',
        'Access-Control-Request-Headers': 'authorization,content-type,x-stainless-os',
      },
    });
    const answer = await fetch(`${served.url}/v1/models`, { headers: { Origin, ...withKey } });
    const stranger = await fetch(`${served.url}/v1/models`, {
      method: 'OPTIONS',
      headers: { Origin: 'https://evil.example', 'Access-Control-Request-Method': 'POST' },
    });

    expect(preflight.status).toBe(204);
    expect(preflight.headers.get('Access-Control-Allow-Origin')).toBe(Origin);
    expect(preflight.headers.get('Access-Control-Allow-Headers')).toBe(
      'authorization,content-type,x-stainless-os',
    );
    expect(answer.status).toBe(200);
    expect(answer.headers.get('Access-Control-Allow-Origin')).toBe(Origin);
    expect(answer.headers.get('Vary')).toBe('Origin');
    expect(stranger.status).toBe(403);
    expect(stranger.headers.get('Access-Control-Allow-Origin')).toBeNull();
  });

  it.each([
    ['headers', 'headersTimeoutMs', 'GET /livez HTTP/1.1\r\nHost: localhost\r\nX-Slow: '],
    [
      'a body',
      'requestTimeoutMs',
      'POST /v1/chat/completions HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 99\r\n\r\n{',
    ],
  ])('drops a client that never finishes %s', async (_, limit, bytes) => {
    const config = { headersTimeoutMs: 100, requestTimeoutMs: limit === 'headersTimeoutMs' ? 60_000 : 100 };
    await using served = await serveGateway({ models: { llm: new FakeLanguageModel() }, config });
    await using raw = await openRaw(served.port);

    raw.send(bytes);
    const text = await raw.untilClosed();

    expect(text === '' || text.startsWith('HTTP/1.1 408')).toBe(true);
  });

  it('takes no more connections than it may', async () => {
    await using served = await serveGateway({ config: { maxConnections: 1 } });
    await using first = await openRaw(served.port);
    first.send(rawRequest('GET /livez'));
    await first.until('ok');
    await using second = await openRaw(served.port);

    second.send(rawRequest('GET /livez'));

    expect(await second.untilClosed()).toBe('');
  });
});
