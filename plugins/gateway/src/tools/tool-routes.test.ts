import { afterEach, describe, expect, it } from '@jest/globals';
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { ToolError } from '@tiercel/capabilities/tool-provider';
import type { FakeTool } from '@tiercel/capabilities/tool-provider/testing';
import { FakeToolRegistry } from '@tiercel/capabilities/tool-registry/testing';
import { openRaw, rawRequest, type ServedGateway, serveGateway } from '../gateway.test.support.js';
import { deferred, modern } from './served-tools.test.support.js';

const key = 'key-one';
const bearer = { authorization: `Bearer ${key}` };

const clock: FakeTool = {
  name: 'get_time',
  description: 'Tells the time.',
  legacy: { tool: 'Clock', method: 'now' },
  run: () => ({ content: { hour: 8 } }),
};

interface ServedTools {
  readonly url: string;
  readonly port: number;
  readonly tools: FakeToolRegistry;
  readonly gateway: ServedGateway;
  /** As curl would: a body, a content type and the key. */
  runTool(body: unknown, headers?: Readonly<Record<string, string>>, path?: string): Promise<Response>;
  mcp(method: string, params?: Readonly<Record<string, unknown>>): Promise<Response>;
}

describe('tool routes', () => {
  const open: ServedGateway[] = [];
  afterEach(async () => {
    for (const gateway of open.splice(0)) await gateway[Symbol.asyncDispose]();
  });

  const serve = async (
    tools: readonly FakeTool[] = [clock],
    config: Readonly<Record<string, unknown>> = {},
  ): Promise<ServedTools> => {
    const registry = new FakeToolRegistry(tools);
    const gateway = await serveGateway({
      tools: registry,
      config: { groups: ['tools'], toolApiKeys: [key], ...config },
    });
    open.push(gateway);
    const { url, port } = gateway;
    const post = (path: string, body: unknown, headers: Readonly<Record<string, string>>) =>
      fetch(`${url}${path}`, {
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          accept: 'application/json, text/event-stream',
          ...headers,
        },
        body: JSON.stringify(body),
      });
    return {
      url,
      port,
      tools: registry,
      gateway,
      runTool: (body, headers = bearer, path = '/run_tool/') => post(path, body, headers),
      mcp(method, params) {
        const { body, headers } = modern(method, params);
        return post('/mcp', body, { ...headers, ...bearer });
      },
    };
  };

  describe('of the older system', () => {
    it.each(['/run_tool/', '/run_tool'])('run a tool at %s', async (path) => {
      const { runTool } = await serve();

      const response = await runTool({ tool: 'Clock', method: 'now' }, bearer, path);

      expect(response.status).toBe(200);
      expect(await response.json()).toEqual({ result: { hour: 8 } });
    });

    it.each(['/tools/', '/tools'])('list tools at %s', async (path) => {
      const { url } = await serve();

      const response = await fetch(url + path, { headers: bearer });

      expect(await response.json()).toMatchObject({ Clock: { now: { doc: 'Tells the time.', args: [] } } });
    });

    it('tell without a key that they are there', async () => {
      const { url } = await serve();

      const response = await fetch(`${url}/health`);

      expect([response.status, await response.json()]).toEqual([200, { status: 'ok' }]);
    });

    it.each<[string, Readonly<Record<string, string>>]>([
      ['no key', {}],
      ['a key in another scheme', { authorization: `Basic ${key}` }],
      ['a wrong key', { authorization: 'Bearer key-two' }],
      ['a key in bytes that are no text', { authorization: 'Bearer \u00ff\u00fe' }],
      ['a key with more behind it', { authorization: `Bearer ${key} ${key}` }],
    ])('answer 401 or 403 to %s', async (_, headers) => {
      const { runTool, tools } = await serve();

      const response = await runTool({ tool: 'Clock', method: 'now' }, headers);

      expect([401, 403]).toContain(response.status);
      expect(response.headers.get('www-authenticate')).toMatch(/^Bearer/);
      expect(await response.json()).toEqual({
        detail: expect.any(String),
        code: expect.stringMatching(/^GATEWAY_KEY_/),
        id: expect.any(String),
      });
      expect(tools.calls).toEqual([]);
    });

    it('take no key from the address', async () => {
      const { runTool } = await serve();

      const response = await runTool({ tool: 'Clock', method: 'now' }, {}, `/run_tool/?key=${key}`);

      expect(response.status).toBe(401);
    });

    it('take two keys while they change', async () => {
      const { runTool } = await serve([clock], { toolApiKeys: ['old-key', 'new-key'] });

      const statuses = [];
      for (const each of ['old-key', 'new-key', 'older-key']) {
        const answer = await runTool({ tool: 'Clock', method: 'now' }, { authorization: `bearer ${each}` });
        statuses.push(answer.status);
      }

      expect(statuses).toEqual([200, 200, 401]);
    });

    it('answer 403 to a key that may call other tools', async () => {
      const { runTool, url } = await serve(
        [clock, { ...clock, name: 'wipe', legacy: { tool: 'Disk', method: 'wipe' } }],
        {
          keyScopes: { 'tool-server-1': ['tools:get_time'] },
        },
      );

      const answers = [
        await runTool({ tool: 'Clock', method: 'now' }),
        await runTool({ tool: 'Disk', method: 'wipe' }),
      ];

      expect(answers.map(({ status }) => status)).toEqual([200, 403]);
      const listed = await fetch(`${url}/tools/`, { headers: bearer });
      expect(Object.keys((await listed.json()) as object)).toEqual(['Clock']);
    });

    it('say when to come back', async () => {
      const busy = new ToolError('TOOL_BUSY', { tool: 'get_time', running: 4, waiting: 16 });
      const { runTool } = await serve([{ ...clock, run: () => Promise.reject(busy) }]);

      const response = await runTool({ tool: 'Clock', method: 'now' });

      expect([response.status, response.headers.get('retry-after')]).toEqual([429, '1']);
    });

    it('stop a key that asks too often, and no other', async () => {
      const { runTool } = await serve([clock], { toolApiKeys: [key, 'key-two'], requestsPerMinute: 2 });
      const run = async (each: string) =>
        (await runTool({ tool: 'Clock', method: 'now' }, { authorization: `Bearer ${each}` })).status;

      const statuses = [await run(key), await run(key), await run(key), await run('key-two')];

      expect(statuses).toEqual([200, 200, 429, 200]);
    });

    it.each<[string, string, number]>([
      ['no JSON', '{"tool":', 400],
      ['a list', '[]', 422],
      ['null', 'null', 422],
      [
        'more than 1 MiB',
        JSON.stringify({ tool: 'Clock', method: 'now', args: { x: 'x'.repeat(2 ** 20) } }),
        413,
      ],
      ['100,000 nested lists', '['.repeat(100_000) + ']'.repeat(100_000), 400],
    ])('refuse %s', async (_, body, status) => {
      const { url, tools } = await serve();

      const response = await fetch(`${url}/run_tool/`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...bearer },
        body,
      });

      expect(response.status).toBe(status);
      expect(tools.calls).toEqual([]);
    });

    it.each([
      ['GET', '/run_tool', 'POST'],
      ['DELETE', '/tools', 'GET'],
    ])('do not take %s at %s', async (method, path, allowed) => {
      const { url } = await serve();

      const response = await fetch(url + path, { method, headers: bearer });

      expect([response.status, response.headers.get('allow')]).toEqual([405, allowed]);
    });

    it('stop a tool whose client closes the connection', async () => {
      const started = deferred<void>();
      const stopped = deferred<unknown>();
      const { port } = await serve([endless(started.resolve, stopped.resolve)]);
      const raw = await openRaw(port);
      raw.send(
        rawRequest('POST /run_tool/', { Authorization: `Bearer ${key}` }, '{"tool":"Clock","method":"now"}'),
      );
      await started.promise;

      await raw[Symbol.asyncDispose]();
      expect(await stopped.promise).toMatchObject({ code: 'GATEWAY_CLIENT_GONE' });
    });
  });

  describe('of MCP', () => {
    it('serve the official client with its key', async () => {
      const { url } = await serve();
      const client = new Client(
        { name: 'somebody-else', version: '1.0.0' },
        { versionNegotiation: { mode: { pin: '2026-07-28' } } },
      );

      await client.connect(
        new StreamableHTTPClientTransport(new URL('/mcp', url), { requestInit: { headers: bearer } }),
      );

      expect((await client.listTools()).tools.map(({ name }) => name)).toEqual(['get_time']);
      expect(await client.callTool({ name: 'get_time' })).toMatchObject({ structuredContent: { hour: 8 } });
      await client.close();
    });

    it('answer at /mcp/ too', async () => {
      const { url } = await serve();
      const { body, headers } = modern('tools/call', { name: 'get_time' });

      const response = await fetch(`${url}/mcp/`, {
        method: 'POST',
        headers: {
          ...headers,
          ...bearer,
          'content-type': 'application/json',
          accept: 'application/json, text/event-stream',
        },
        body: JSON.stringify(body),
      });

      expect(response.status).toBe(200);
    });

    it('tell clients of the protocol what is wrong in its words', async () => {
      const { url } = await serve();

      const response = await fetch(`${url}/mcp`, { method: 'POST', body: '{}' });

      expect(response.status).toBe(401);
      expect(response.headers.get('www-authenticate')).toBe('Bearer');
      expect(await response.json()).toEqual({
        jsonrpc: '2.0',
        id: null,
        error: {
          code: -32600,
          message: expect.stringContaining('key'),
          data: { code: 'GATEWAY_KEY_MISSING', id: expect.any(String) },
        },
      });
    });

    it.each<[string, Readonly<Record<string, string>>]>([
      ['a name that is not ours', { Host: 'evil.example.com' }],
      ['a page that is not ours', { Origin: 'https://evil.example.com' }],
      ['a page without a name', { Origin: 'null' }],
    ])('refuse %s, whoever has the key', async (_, headers) => {
      const { port, tools } = await serve();
      const { body, headers: mcpHeaders } = modern('tools/call', { name: 'get_time' });
      const raw = await openRaw(port);

      raw.send(
        rawRequest(
          'POST /mcp',
          { ...mcpHeaders, Authorization: `Bearer ${key}`, ...headers },
          JSON.stringify(body),
        ),
      );

      expect(await raw.until('\r\n')).toMatch(/^HTTP\/1\.1 403 /);
      expect(tools.calls).toEqual([]);
      await raw[Symbol.asyncDispose]();
    });

    it('hand the id of the request to the audit log', async () => {
      const { mcp, tools } = await serve();

      const response = await mcp('tools/call', { name: 'get_time' });

      expect(tools.calls).toMatchObject([
        { options: { requestId: response.headers.get('x-request-id'), caller: 'mcp:tool-server-1' } },
      ]);
    });

    it('end a call when the node stops, and say so', async () => {
      const started = deferred<void>();
      const stopped = deferred<unknown>();
      const { mcp, gateway } = await serve([endless(started.resolve, stopped.resolve)], {
        drainTimeoutMs: 0,
      });
      const call = mcp('tools/call', { name: 'get_time' });
      await started.promise;

      const stop = gateway.stop();
      await gateway.clock.whenPending();
      await gateway.clock.advance(0);

      expect(await (await call).json()).toMatchObject({
        result: { isError: true, _meta: { 'tiercel/error': { code: 'GATEWAY_DRAINING', retryable: true } } },
      });
      expect(await stopped.promise).toMatchObject({ code: 'GATEWAY_DRAINING' });
      await stop;
    });
  });
});

/** Works until its signal aborts. */
function endless(started: () => void, stopped: (reason: unknown) => void): FakeTool {
  return {
    ...clock,
    run: (_, { signal }) =>
      new Promise((_resolve, reject) => {
        signal?.addEventListener('abort', () => {
          stopped(signal.reason);
          reject(signal.reason);
        });
        started();
      }),
  };
}
