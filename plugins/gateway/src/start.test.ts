import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:https';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, it } from '@jest/globals';
import { LanguageModel } from '@tiercel/capabilities/language-model';
import { FakeLanguageModel } from '@tiercel/capabilities/language-model/testing';
import { FakeToolRegistry } from '@tiercel/capabilities/tool-registry/testing';
import { definePlugin, provide } from '@tiercel/kernel';
import { serveGateway } from './gateway.test.support.js';
import { sha256 } from './http/key-ring.js';

const hex = sha256('any').toString('hex');
const tools = () => new FakeToolRegistry([]);

/** What a plugin said that kept the node from starting. */
async function causeOf(
  starting: Promise<AsyncDisposable>,
): Promise<{ readonly code?: unknown; readonly message: string }> {
  try {
    await (await starting)[Symbol.asyncDispose]();
  } catch (error) {
    let cause = error;
    while (cause instanceof Error && String(Reflect.get(cause, 'code')).startsWith('KERNEL_') && cause.cause)
      cause = cause.cause;
    return cause as Error;
  }
  throw new Error('The gateway started.');
}

const openssl = 'openssl';

describe('@tiercel/gateway', () => {
  it('serves models on one port and tools on another, and says where', async () => {
    await using served = await serveGateway({
      models: { llm: new FakeLanguageModel() },
      tools: tools(),
      config: { toolHost: '127.0.0.2', toolApiKeys: ['tool-key'] },
    });

    expect(served.listeners).toEqual([
      { url: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+$/), groups: ['openai', 'ops'] },
      { url: expect.stringMatching(/^http:\/\/127\.0\.0\.2:\d+$/), groups: ['tools', 'ops'] },
    ]);
    expect(served.log.messages('info').filter((message) => message === 'listening')).toHaveLength(2);
    const [models, toolServer] = served.listeners.map(({ url }) => url);
    expect((await fetch(`${models}/tools/`)).status).toBe(404);
    expect((await fetch(`${toolServer}/v1/models`)).status).toBe(404);
    expect((await fetch(`${toolServer}/tools/`)).status).toBe(401);
  });

  it('serves both on one listener where they have the same address, each with its own keys', async () => {
    await using served = await serveGateway({
      models: { llm: new FakeLanguageModel() },
      tools: tools(),
      config: { apiKeys: [hex], toolApiKeys: ['tool-key'] },
    });
    const get = async (route: string, key: string) =>
      (await fetch(served.url + route, { headers: { Authorization: `Bearer ${key}` } })).status;

    expect(served.listeners).toEqual([{ url: served.url, groups: ['openai', 'tools', 'ops'] }]);
    expect([await get('/v1/models', 'any'), await get('/tools', 'tool-key')]).toEqual([200, 200]);
    expect(await get('/v1/models', 'tool-key')).toBe(401);
    expect([401, 403]).toContain(await get('/tools', 'any'));
  });

  it('leaves tools out where the node has no tool registry, and says so', async () => {
    await using served = await serveGateway({ config: { toolApiKeys: ['tool-key'] } });

    expect(served.listeners.map(({ groups }) => groups)).toEqual([['openai', 'ops']]);
    expect(served.log.messages('info')).toContain('no tools are served, as this node has no tool registry');
  });

  it('serves what there is, where a model of the node did not start', async () => {
    const broken = definePlugin({
      name: '@test/broken',
      version: '1.0.0',
      provides: { llm: provide(LanguageModel) },
      setup: () => {
        throw new RangeError('no such file');
      },
    });
    await using served = await serveGateway({
      models: { llm: new FakeLanguageModel() },
      plugins: [broken],
      entries: { broken: { boot: 'degrade' } },
    });

    expect(await (await fetch(`${served.url}/v1/models`)).json()).toMatchObject({ data: [{ id: 'fake' }] });
    expect(await (await fetch(`${served.url}/readyz`)).json()).toMatchObject({ status: 'degraded' });
  });

  it('tells how the node is, also where nothing else is served', async () => {
    await using served = await serveGateway({ config: { groups: ['ops'] } });

    expect(served.listeners.map(({ groups }) => groups)).toEqual([['ops']]);
    expect((await fetch(`${served.url}/health`)).status).toBe(200);
    expect((await fetch(`${served.url}/v1/models`)).status).toBe(404);
  });

  it('does not start a tool server without a key, on loopback either', async () => {
    const error = await causeOf(serveGateway({ tools: tools() }));

    expect(error).toMatchObject({ code: 'GATEWAY_KEY_REQUIRED' });
    expect(error.message).toContain('TOOL_SERVER_API_KEY');
  });

  it.each(['0.0.0.0', '::', '192.0.2.1', 'core.lan'])('does not start on %s without a key', async (host) => {
    const error = await causeOf(serveGateway({ config: { host } }));

    expect(error).toMatchObject({ code: 'GATEWAY_KEY_REQUIRED' });
    expect(error.message).toContain('GATEWAY_API_KEYS');
  });

  it('starts on every address with a key, and answers to addresses and known names only', async () => {
    await using served = await serveGateway({
      config: { host: '0.0.0.0', apiKeys: [hex], allowedHosts: ['core.lan'] },
    });
    const url = served.url.replace('0.0.0.0', '127.0.0.1');

    expect((await fetch(`${url}/v1/models`, { headers: { Authorization: 'Bearer any' } })).status).toBe(200);
    expect((await fetch(`${url}/v1/models`)).status).toBe(401);
  });

  it('names everything that is wrong with its configuration at once, and no key', async () => {
    const error = await causeOf(
      serveGateway({
        config: {
          groups: ['openai', 'planet'],
          apiKeys: ['secret-plain-key', `a=${hex}`, `a=${hex}`],
          keyScopes: { b: ['models'], a: ['everything'] },
          allowedOrigins: ['*', 'https://home.example/'],
          trustedProxies: ['proxy.lan', '10.0.0.0/99'],
          headersTimeoutMs: 2,
          requestTimeoutMs: 1,
        },
      }),
    );

    expect(error).toMatchObject({ code: 'GATEWAY_CONFIG_INVALID' });
    for (const part of [
      'groups names planet',
      'entry 1 of apiKeys',
      'same name',
      'keyScopes names b',
      'keyScopes.a',
      '* in allowedOrigins',
      'https://home.example/ in allowedOrigins',
      'proxy.lan in trustedProxies',
      '10.0.0.0/99 in trustedProxies',
      'headersTimeoutMs',
    ])
      expect(error.message).toContain(part);
    expect(error.message).not.toContain('secret');
    expect(error.message).not.toContain(hex);
  });

  it('reads its settings from the environment, also by their older names', async () => {
    await using served = await serveGateway({
      environment: { PIPECAT_API_KEYS: `kitchen=${hex}`, ALLOWED_ORIGINS: 'https://home.example' },
    });

    const refused = await fetch(`${served.url}/v1/models`);
    const answer = await fetch(`${served.url}/v1/models`, {
      headers: { Authorization: 'Bearer any', Origin: 'https://home.example' },
    });

    expect([refused.status, answer.status]).toEqual([401, 200]);
  });

  it('says which address is taken, and opens none of the others', async () => {
    const taken = createServer().listen(0, '127.0.0.1');
    await once(taken, 'listening');
    const { port } = taken.address() as { readonly port: number };

    const error = await causeOf(
      serveGateway({ tools: tools(), config: { toolPort: port, toolApiKeys: ['tool-key'] } }),
    );
    taken.close();

    expect(error).toMatchObject({ code: 'GATEWAY_LISTEN_FAILED' });
    expect(error.message).toContain(`127.0.0.1:${port}`);
  });
});

describe('@tiercel/gateway with a certificate', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'tiercel-gateway-tls-'));
  afterAll(() => rmSync(folder, { recursive: true }));
  const tlsCertFile = path.join(folder, 'cert.pem');
  const tlsKeyFile = path.join(folder, 'key.pem');
  // A new pair each time: no key is in the repository, and none expires.
  const makePair = () =>
    execFileSync(
      openssl,
      [
        'req',
        '-x509',
        '-newkey',
        'ec',
        '-pkeyopt',
        'ec_paramgen_curve:prime256v1',
        '-nodes',
        '-days',
        '1',
        '-subj',
        '/CN=localhost',
        '-addext',
        'subjectAltName=IP:127.0.0.1',
        '-keyout',
        tlsKeyFile,
        '-out',
        tlsCertFile,
      ],
      { stdio: 'ignore' },
    );

  it('serves https', async () => {
    makePair();
    await using served = await serveGateway({ config: { tlsCertFile, tlsKeyFile } });
    const { readFileSync } = await import('node:fs');

    const asking = request(`${served.url}/livez`, { ca: readFileSync(tlsCertFile), agent: false }).end();
    const [response] = await once(asking, 'response');
    response.resume();

    expect(served.url).toMatch(/^https:/);
    expect(response.statusCode).toBe(200);
  });

  it.each([
    ['one of the two is missing', { tlsCertFile }],
    [
      'they are no certificate and key',
      { tlsCertFile: path.join(folder, 'junk'), tlsKeyFile: path.join(folder, 'junk') },
    ],
    [
      'there is no such file',
      { tlsCertFile: path.join(folder, 'none'), tlsKeyFile: path.join(folder, 'none') },
    ],
  ])('does not start when %s', async (_, config) => {
    writeFileSync(path.join(folder, 'junk'), 'junk');

    expect(await causeOf(serveGateway({ config }))).toMatchObject({ code: 'GATEWAY_TLS_INVALID' });
  });
});
