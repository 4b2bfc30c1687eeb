import { afterEach, describe, expect, it } from '@jest/globals';
import { ToolError } from '@tiercel/capabilities/tool-provider';
import type { FakeTool } from '@tiercel/capabilities/tool-provider/testing';
import {
  deferred,
  modern,
  type ServedTools,
  type ServedToolsOptions,
  serveTools,
} from './served-tools.test.support.js';

const lamp: FakeTool = {
  name: 'set_lamp',
  description: 'Sets a lamp.',
  parameters: {
    type: 'object',
    additionalProperties: false,
    required: ['state'],
    properties: { state: { enum: ['on', 'off'] } },
  },
  effect: 'write',
  policy: 'allow',
  weight: 'heavy',
  limits: { timeoutMs: 5_000 },
  phrases: { en: { templates: ['turn {state} the lamp'], answer: 'The lamp is {state}.' } },
  legacy: { tool: 'Lamp', method: 'set' },
};

/** Runs until its signal aborts, and tells the reason. */
function endless(): {
  readonly tool: FakeTool;
  readonly started: Promise<void>;
  readonly stopped: Promise<unknown>;
} {
  const started = deferred<void>();
  const stopped = deferred<unknown>();
  const run: FakeTool['run'] = (_, { signal }) =>
    new Promise((_resolve, reject) => {
      signal?.addEventListener('abort', () => {
        stopped.resolve(signal.reason);
        reject(signal.reason);
      });
      started.resolve();
    });
  return { tool: { name: 'endless', run }, started: started.promise, stopped: stopped.promise };
}

describe('McpEndpoint', () => {
  const open: ServedTools[] = [];
  const serve = async (tools: readonly FakeTool[], options?: ServedToolsOptions) => {
    const served = await serveTools(tools, options);
    open.push(served);
    return served;
  };
  afterEach(async () => {
    for (const served of open.splice(0)) await served[Symbol.asyncDispose]();
  });

  describe('for the official client', () => {
    it('says who it is', async () => {
      const client = await (await serve([lamp])).connect();

      expect(client.getServerVersion()).toEqual({ name: 'tiercel', version: '0.1.0' });
      expect(client.getServerCapabilities()).toEqual({ tools: {} });
    });

    it('lists tools with their schemas and hints, and how long the list holds', async () => {
      const client = await (await serve([lamp, { name: 'wipe', effect: 'destructive' }])).connect();

      const list = await client.listTools();

      expect(list).toMatchObject({ ttlMs: 30_000, cacheScope: 'private' });
      expect(list.tools).toMatchObject([
        {
          name: 'set_lamp',
          description: 'Sets a lamp.',
          inputSchema: lamp.parameters,
          annotations: { readOnlyHint: false, destructiveHint: false, idempotentHint: false },
        },
        { name: 'wipe', annotations: { readOnlyHint: false, destructiveHint: true } },
      ]);
    });

    it('gives other nodes the whole descriptor', async () => {
      const { tools, connect } = await serve([lamp]);
      const client = await connect();

      const [tool] = (await client.listTools()).tools;

      const { name: _, description: _d, parameters: _p, ...rest } = (await tools.list())[0] ?? {};
      expect(tool?._meta?.['tiercel/descriptor']).toEqual(rest);
      expect(rest).toMatchObject({
        weight: 'heavy',
        legacy: lamp.legacy,
        phrases: lamp.phrases,
        policy: 'allow',
      });
    });

    it.each<[string, unknown]>([
      ['an object', { state: 'on' }],
      ['a list', [1, 'two', null]],
      ['a number', 21.5],
      ['false', false],
      ['null', null],
    ])('gives back %s as it was', async (_, content) => {
      const client = await (await serve([{ name: 'echo', run: () => ({ content }) }])).connect();

      const result = await client.callTool({ name: 'echo', arguments: {} });

      expect(result.structuredContent).toEqual(content);
      expect(result.content).toEqual([{ type: 'text', text: JSON.stringify(content) }]);
    });

    it('gives back text as text, and what is to be said with it', async () => {
      const run = () => ({ content: 'Line 1\nLine 2', spoken: 'Two lines.' });
      const client = await (await serve([{ name: 'read', run }])).connect();

      const result = await client.callTool({ name: 'read' });

      expect(result).toMatchObject({
        content: [{ type: 'text', text: 'Line 1\nLine 2' }],
        _meta: { 'tiercel/spoken': 'Two lines.' },
      });
      expect(result).not.toHaveProperty('structuredContent');
    });

    it('hands arguments, caller, hops, key, language and trace to the registry', async () => {
      const { tools, connect } = await serve([lamp]);
      const client = await connect();
      const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';

      await client.callTool({
        name: 'set_lamp',
        arguments: { state: 'on' },
        _meta: { traceparent, 'tiercel/hop': 2, 'tiercel/idempotencyKey': 'k-1', 'tiercel/language': 'de' },
      });

      expect(tools.calls).toMatchObject([
        {
          name: 'set_lamp',
          args: { state: 'on' },
          options: {
            caller: 'mcp:kitchen',
            requestId: 'request-1',
            hops: 2,
            idempotencyKey: 'k-1',
            language: 'de',
            traceparent,
          },
        },
      ]);
    });

    it('sends parts ahead to a client that asks for progress', async () => {
      const run: FakeTool['run'] = (_args, { progress }) => {
        progress?.('half');
        progress?.({ done: 2 });
        return { content: 'all' };
      };
      const client = await (await serve([{ name: 'work', run }])).connect();
      const parts: unknown[] = [];

      const result = await client.callTool({ name: 'work' }, { onprogress: (part) => parts.push(part) });

      expect(parts).toMatchObject([
        { progress: 1, message: 'half', _meta: { 'tiercel/part': 'half' } },
        { progress: 2, _meta: { 'tiercel/part': { done: 2 } } },
      ]);
      expect(result.content).toEqual([{ type: 'text', text: 'all' }]);
    });

    it('stops sending parts ahead after 1 MiB, and still answers', async () => {
      const run: FakeTool['run'] = (_args, { progress }) => {
        for (let part = 0; part < 40; part++) progress?.('x'.repeat(2 ** 16));
        progress?.(1n);
        return { content: 'all' };
      };
      const client = await (await serve([{ name: 'flood', run }])).connect();
      let parts = 0;

      const result = await client.callTool({ name: 'flood' }, { onprogress: () => parts++ });

      expect(parts).toBe(15);
      expect(result.content).toEqual([{ type: 'text', text: 'all' }]);
    });

    it.each(['no_such_tool', 'constructor', '__proto__', 'then', '', 'toString'])(
      'answers a call of "%s" with a protocol error',
      async (name) => {
        const client = await (await serve([lamp])).connect();

        await expect(client.callTool({ name })).rejects.toMatchObject({ code: -32602 });
      },
    );

    it('tells what went wrong in the words of the catalogue', async () => {
      const { log, connect } = await serve([
        {
          name: 'get_device',
          run: () => {
            throw new ToolError('TOOL_FAILED', { tool: 'get_device', finding: 'there is only lamp-1.' });
          },
        },
      ]);
      const client = await connect();

      const result = await client.callTool({ name: 'get_device' });

      expect(result).toMatchObject({
        isError: true,
        content: [{ type: 'text', text: 'Tool get_device could not do it: there is only lamp-1.' }],
        _meta: { 'tiercel/error': { code: 'TOOL_FAILED', retryable: false, id: 'request-1' } },
      });
      expect(log.lines).toEqual([]);
    });

    it('keeps every other error to itself, under an id', async () => {
      const { log, connect } = await serve([
        {
          name: 'fetch_page',
          run: () => {
            throw new TypeError('password "hunter2" of db.internal is wrong');
          },
        },
      ]);
      const client = await connect();

      const result = await client.callTool({ name: 'fetch_page' });

      const { id } = Object(result._meta?.['tiercel/error']) as { readonly id: string };
      expect(JSON.stringify(result)).not.toMatch(/hunter2|db\.internal/);
      expect(JSON.stringify(result.content)).toContain(id);
      expect(log.lines).toMatchObject([{ level: 'warn', fields: { tool: 'fetch_page', id } }]);
    });

    it('asks nobody: a tool that needs an approval is refused', async () => {
      const client = await (await serve([{ ...lamp, policy: 'ask' }])).connect();

      const result = await client.callTool({ name: 'set_lamp', arguments: { state: 'on' } });

      expect(result).toMatchObject({
        isError: true,
        _meta: { 'tiercel/error': { code: 'TOOL_DENIED', details: { policy: 'ask' } } },
      });
    });

    it('stops the tool when the client aborts', async () => {
      const { tool, started, stopped } = endless();
      const client = await (await serve([tool])).connect();
      const controller = new AbortController();
      const call = client.callTool({ name: 'endless' }, { signal: controller.signal });
      await started;

      controller.abort();

      await expect(call).rejects.toThrow();
      expect(await stopped).toMatchObject({ code: 'GATEWAY_CLIENT_GONE' });
    });

    it('stops a hundred tools when a hundred clients abort', async () => {
      const { tools, connect } = await serve([]);
      let running = 0;
      const all = deferred<void>();
      const none = deferred<void>();
      const run: FakeTool['run'] = (_args, { signal }) =>
        new Promise((_resolve, reject) => {
          if (++running === 100) all.resolve();
          signal?.addEventListener('abort', () => {
            if (--running === 0) none.resolve();
            reject(signal.reason);
          });
        });
      tools.offer([{ name: 'wait', run }]);
      const client = await connect();
      const controllers = Array.from({ length: 100 }, () => new AbortController());
      const calls = controllers.map(({ signal }) =>
        client.callTool({ name: 'wait' }, { signal }).catch(() => 'aborted'),
      );
      await all.promise;

      for (const controller of controllers) controller.abort();

      await none.promise;
      expect(new Set(await Promise.all(calls))).toEqual(new Set(['aborted']));
    });
  });

  describe('for a key with scopes', () => {
    it('shows only what the key may call', async () => {
      const client = await (
        await serve([lamp, { name: 'get_time' }, { name: 'wipe' }], { scopes: ['tools:get_time', 'models'] })
      ).connect();

      expect((await client.listTools()).tools.map(({ name }) => name)).toEqual(['get_time']);
    });

    it('refuses the rest with the scope that is missing', async () => {
      const { post, tools } = await serve([lamp], { scopes: ['tools:get_time'] });
      const { body, headers } = modern('tools/call', { name: 'set_lamp', arguments: { state: 'on' } });

      const response = await post(body, headers);

      expect(response.status).toBe(403);
      expect(response.headers.get('www-authenticate')).toContain('scope="tools:set_lamp"');
      expect(tools.calls).toEqual([]);
    });

    it('knows of no way round the header', async () => {
      const { post, tools } = await serve([lamp], { scopes: ['tools:get_time'] });
      const { body, headers } = modern('tools/call', { name: 'set_lamp', arguments: { state: 'on' } });
      const encoded = `=?base64?${Buffer.from('set_lamp').toString('base64')}?=`;

      const answers = [
        await post(body, { ...headers, 'mcp-name': encoded }),
        await post(body, { ...headers, 'mcp-name': 'get_time' }),
        await post(body, { 'mcp-protocol-version': '2026-07-28' }),
      ];

      for (const answer of answers) expect(await answer.json()).toHaveProperty('error');
      expect(tools.calls).toEqual([]);
    });
  });

  describe('for whoever sends raw requests', () => {
    it.each(['GET', 'DELETE'])('answers %s with 405', async (method) => {
      const { url } = await serve([lamp]);

      const response = await fetch(url, { method });

      expect(response.status).toBe(405);
    });

    it('refuses clients of older revisions with the one it speaks', async () => {
      const { post } = await serve([lamp]);

      const response = await post({
        jsonrpc: '2.0',
        id: 1,
        method: 'initialize',
        params: {
          protocolVersion: '2025-11-25',
          capabilities: {},
          clientInfo: { name: 'old', version: '1' },
        },
      });

      expect(response.status).toBe(400);
      expect(await response.json()).toMatchObject({
        error: { code: -32022, data: { supported: ['2026-07-28'] } },
      });
    });

    it('serves clients of older revisions where it is told to', async () => {
      const { post } = await serve([{ name: 'count', run: () => ({ content: [1, 2] }) }], {
        olderClients: true,
      });

      const response = await post({
        jsonrpc: '2.0',
        id: 1,
        method: 'tools/call',
        params: { name: 'count', arguments: {} },
      });

      expect(response.status).toBe(200);
      expect(await response.text()).toContain('"structuredContent":{"result":[1,2]}');
    });

    it('stops the tool of an older client that closes its connection', async () => {
      const { tool, started, stopped } = endless();
      const { url } = await serve([tool], { olderClients: true });
      const controller = new AbortController();
      const call = fetch(url, {
        method: 'POST',
        signal: controller.signal,
        headers: { 'content-type': 'application/json', accept: 'application/json, text/event-stream' },
        body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/call', params: { name: 'endless' } }),
      }).then((response) => response.text());
      await started;

      controller.abort();

      await expect(call).rejects.toThrow();
      expect(await stopped).toMatchObject({ code: 'GATEWAY_CLIENT_GONE' });
    });

    it('refuses a header that disagrees with the body', async () => {
      const { post } = await serve([lamp, { name: 'get_time' }]);
      const { body, headers } = modern('tools/call', { name: 'set_lamp', arguments: { state: 'on' } });

      const response = await post(body, { ...headers, 'mcp-name': 'get_time' });

      expect(response.status).toBe(400);
      expect(await response.json()).toMatchObject({ error: { code: -32020 } });
    });

    it('refuses a body of more than 4 MiB', async () => {
      const { post } = await serve([lamp]);
      const { body, headers } = modern('tools/call', {
        name: 'set_lamp',
        arguments: { x: 'x'.repeat(2 ** 22) },
      });

      const response = await post(body, headers);

      expect(response.status).toBe(413);
    });

    it.each<[string, string]>([
      ['no JSON', '{"jsonrpc":'],
      ['no text', '\u0000\u0001\ufffd'],
      ['100,000 nested lists', `${'['.repeat(100_000)}${']'.repeat(100_000)}`],
    ])('refuses %s as the fault of the client', async (_, body) => {
      const { post, tools } = await serve([lamp]);

      const response = await post(body, modern('tools/call', { name: 'set_lamp' }).headers);

      expect(response.status).toBe(400);
      expect(tools.calls).toEqual([]);
    });

    it.each([
      'resources/list',
      'prompts/list',
      'subscriptions/listen',
      'completion/complete',
      'tools/__proto__',
    ])('serves no %s', async (method) => {
      const { post } = await serve([lamp]);
      const { body, headers } = modern(method, { notifications: { toolsListChanged: true } });

      const response = await post(body, headers);

      expect(await response.json()).toMatchObject({ error: { code: expect.any(Number) } });
    });

    it.each<[string, Readonly<Record<string, unknown>>]>([
      ['hops that are no number', { 'tiercel/hop': 'three' }],
      ['hops below zero', { 'tiercel/hop': -1 }],
      ['a key that is too long', { 'tiercel/idempotencyKey': 'k'.repeat(129) }],
      ['a key with a line break', { 'tiercel/idempotencyKey': 'a\r\nb' }],
      ['a language that is none', { 'tiercel/language': '../de' }],
    ])('refuses %s', async (_, about) => {
      const { post, tools } = await serve([lamp]);
      const { body, headers } = modern('tools/call', {
        name: 'set_lamp',
        arguments: { state: 'on' },
        _meta: about,
      });

      const response = await post(body, headers);

      expect(await response.json()).toMatchObject({ error: { code: -32602 } });
      expect(tools.calls).toEqual([]);
    });

    it('refuses a call that has passed more than three nodes', async () => {
      const { post } = await serve([lamp]);
      const { body, headers } = modern('tools/call', { name: 'set_lamp', _meta: { 'tiercel/hop': 4 } });

      const response = await post(body, headers);

      expect(await response.json()).toMatchObject({
        result: { isError: true, _meta: { 'tiercel/error': { code: 'TOOL_HOPS_EXCEEDED' } } },
      });
    });

    it('hides why tools cannot be listed', async () => {
      const { post, tools, log } = await serve([lamp]);
      tools.list = () => Promise.reject(new TypeError('hunter2'));
      const { body, headers } = modern('tools/list');

      const text = await (await post(body, headers)).text();

      expect(text).not.toContain('hunter2');
      expect(text).toContain('-32603');
      expect(log.lines).toMatchObject([{ level: 'warn' }]);
    });
  });
});
