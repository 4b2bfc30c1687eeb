import type { IncomingMessage, ServerResponse } from 'node:http';
import { inspect } from 'node:util';
import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { allButTimeouts, deferred, type OpenProxy, openProxy } from './open-proxy.test.support.js';
import { startRelay } from './relay.test.support.js';
import {
  answer,
  type Exchange,
  ours,
  type ScriptOptions,
  startScripted,
  startServer,
  text,
} from './scripted-server.test.support.js';

const opened: AsyncDisposable[] = [];
afterEach(async () => {
  for (const open of opened.splice(0).reverse()) await open[Symbol.asyncDispose]();
});

function own<T extends AsyncDisposable>(open: T): T {
  opened.push(open);
  return open;
}

async function proxyTo(url: string, config: Readonly<Record<string, unknown>> = {}): Promise<OpenProxy> {
  return own(await openProxy({ url, ...config }));
}

async function scripted(options: ScriptOptions) {
  return own(await startScripted(options));
}

/** Cuts the connection of the first call, and answers the others. */
function cutFirst(cut: (exchange: Exchange) => void): {
  readonly call: (exchange: Exchange) => void;
  readonly keys: unknown[];
} {
  const keys: unknown[] = [];
  return {
    keys,
    call: (exchange) => {
      keys.push(exchange.message.params._meta['tiercel/idempotencyKey']);
      if (keys.length === 1) cut(exchange);
      else answer(exchange.response, exchange.message, text('done'));
    },
  };
}

const cuts: [string, (exchange: Exchange) => void][] = [
  ['before any byte of the answer', ({ request }) => request.socket.destroy()],
  [
    'in the middle of the answer',
    ({ response }) => {
      response.writeHead(200, { 'content-type': 'application/json', 'content-length': '500' });
      response.write('{"jsonrpc":"2.0",', () => response.destroy());
    },
  ],
  [
    'after progress, before the answer',
    ({ response }) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.write(
        'event: message\ndata: {"jsonrpc":"2.0","method":"notifications/progress","params":{"progressToken":0,"progress":1}}\n\n',
        () => response.destroy(),
      );
    },
  ],
  [
    'politely, but without an answer',
    ({ response }) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.end(': nothing\n\n');
    },
  ],
  [
    'by a proxy that lost patience',
    ({ response }) => {
      response.writeHead(504);
      response.end('Gateway Timeout');
    },
  ],
];

describe('a connection that is cut', () => {
  describe.each(cuts)('%s', (_, cut) => {
    it('has a call repeated once with its key, so that it is done once', async () => {
      const { call, keys } = cutFirst(cut);
      const { tools } = await proxyTo((await scripted({ call })).url);

      const result = await tools.call('work', {}, { progress: () => undefined });

      expect(result.content).toBe('done');
      expect(keys).toEqual([expect.stringMatching(/^[\da-f-]{36}$/), keys[0]]);
    });

    it('has a call repeated that changes nothing more', async () => {
      const { call, keys } = cutFirst(cut);
      const read = ours('look', { effect: 'read', idempotent: true });
      const { tools } = await proxyTo((await scripted({ call, tools: [read] })).url);

      const result = await tools.call('look', {}, { progress: () => undefined });

      expect(result.content).toBe('done');
      expect(keys).toHaveLength(2);
    });

    it('has no call of somebody else repeated, whatever it promises', async () => {
      const { call, keys } = cutFirst(cut);
      const theirs = {
        name: 'order_pizza',
        inputSchema: { type: 'object' },
        annotations: { readOnlyHint: true, idempotentHint: true },
      };
      const { tools } = await proxyTo((await scripted({ call, tools: [theirs] })).url);

      await expect(tools.call('order_pizza', {}, { progress: () => undefined })).rejects.toMatchObject({
        code: 'TOOL_SERVER_CALL_LOST',
        retryable: false,
      });
      expect(keys).toEqual([undefined]);
    });
  });

  it('twice is told as what it is', async () => {
    const call = ({ request }: Exchange) => request.socket.destroy();
    const tools = [ours('work'), ours('look', { effect: 'read', idempotent: true })];
    const proxy = await proxyTo((await scripted({ call, tools })).url);

    await expect(proxy.tools.call('work', {})).rejects.toMatchObject({ code: 'TOOL_SERVER_CALL_LOST' });
    await expect(proxy.tools.call('look', {})).rejects.toMatchObject({ code: 'TOOL_SERVER_UNREACHABLE' });
  });

  it('keeps the key that the caller gave', async () => {
    const { call, keys } = cutFirst(({ request }) => request.socket.destroy());
    const { tools } = await proxyTo((await scripted({ call })).url);

    await tools.call('work', {}, { idempotencyKey: 'mine' });

    expect(keys).toEqual(['mine', 'mine']);
  });
});

describe('an answer that is no good', () => {
  const respond =
    (status: number, headers: Readonly<Record<string, string>> = {}, body = '') =>
    (_request: IncomingMessage, response: ServerResponse) => {
      response.writeHead(status, headers);
      response.end(body);
    };

  it.each<[string, ReturnType<typeof respond>, string]>([
    ['a web page', respond(200, { 'content-type': 'text/html' }, '<h1>Welcome</h1>'), 'TOOL_SERVER_MISMATCH'],
    [
      '404',
      respond(404, { 'content-type': 'application/json' }, '{"detail":"Not Found"}'),
      'TOOL_SERVER_MISMATCH',
    ],
    ['405', respond(405), 'TOOL_SERVER_MISMATCH'],
    [
      'a redirect to another host',
      respond(307, { location: 'http://192.0.2.1/mcp' }),
      'TOOL_SERVER_MISMATCH',
    ],
    ['401', respond(401), 'TOOL_SERVER_REFUSED'],
    [
      '403',
      respond(403, { 'www-authenticate': 'Bearer error="insufficient_scope", scope="tools"' }),
      'TOOL_SERVER_REFUSED',
    ],
    ['429', respond(429, { 'retry-after': '7' }), 'TOOL_SERVER_BUSY'],
    ['500', respond(500), 'TOOL_SERVER_ANSWER_INVALID'],
    [
      '503',
      respond(503, { 'content-type': 'application/json' }, '{"status":"draining"}'),
      'TOOL_SERVER_UNREACHABLE',
    ],
    [
      'JSON of another service',
      respond(200, { 'content-type': 'application/json' }, '{"status":"healthy"}'),
      'TOOL_SERVER_VERSION_UNSUPPORTED',
    ],
    [
      'an older server',
      respond(
        400,
        { 'content-type': 'application/json' },
        '{"jsonrpc":"2.0","id":null,"error":{"code":-32600,"message":"Bad Request: Server not initialized"}}',
      ),
      'TOOL_SERVER_VERSION_UNSUPPORTED',
    ],
  ])('is told: %s', async (_, handle, code) => {
    const server = own(await startServer(handle));
    const proxy = await proxyTo(server.url, { apiKey: 'k' });

    expect(await proxy.tools.list()).toEqual([]);

    expect(proxy.log.lines).toMatchObject([{ level: 'warn', fields: { error: { code } } }]);
    expect(proxy.status()).toMatchObject({ state: 'degraded' });
  });

  it('is told where it comes to a call', async () => {
    const call = ({ response }: Exchange) => respond(413)({} as IncomingMessage, response);
    const { tools } = await proxyTo((await scripted({ call })).url);

    await expect(tools.call('work', {})).rejects.toMatchObject({ code: 'TOOL_SERVER_MISMATCH' });
  });

  it.each<[string, (exchange: Exchange) => void, string]>([
    [
      'no result',
      ({ response, message }) => answer(response, message, { content: 'ok' }),
      'TOOL_SERVER_ANSWER_INVALID',
    ],
    [
      'an error of the protocol',
      ({ response, message: { id } }) => {
        response.setHeader('content-type', 'application/json');
        response.end(JSON.stringify({ jsonrpc: '2.0', id, error: { code: -32603, message: 'hunter2' } }));
      },
      'TOOL_SERVER_ANSWER_INVALID',
    ],
  ])('is told: %s for a call', async (_, call, code) => {
    const { tools } = await proxyTo((await scripted({ call })).url);

    const failure: unknown = await tools.call('work', {}).catch((error: unknown) => error);

    expect(failure).toMatchObject({ code });
    expect(inspect(failure, { depth: 9 })).not.toContain('hunter2');
  });

  it('never gets the key to another origin', async () => {
    const seen: (string | undefined)[] = [];
    const other = own(
      await startServer((request, response) => {
        seen.push(request.headers.authorization);
        response.end();
      }),
    );
    const server = own(await startServer(respond(307, { location: `${other.url}/mcp` })));
    const { tools } = await proxyTo(server.url, { apiKey: 'secret-key' });

    await tools.list();

    expect(seen).toEqual([]);
  });
});

describe('an answer without end', () => {
  it.each<[string, string, string]>([
    [
      'JSON',
      'application/json',
      '{"jsonrpc":"2.0","id":1,"result":{"resultType":"complete","content":[{"type":"text","text":"',
    ],
    ['an event', 'text/event-stream', 'event: message\ndata: '],
    ['an error page', 'text/html', '<h1>'],
  ])('is given up early: 1 GB of %s', async (_, contentType, beginning) => {
    const closed = deferred<void>();
    let sentBytes = 0;
    const call = ({ response }: Exchange) => {
      const chunk = Buffer.alloc(2 ** 16, 'x');
      response.writeHead(contentType === 'text/html' ? 500 : 200, { 'content-type': contentType });
      response.write(beginning);
      const send = () => {
        while (sentBytes < 2 ** 30 && !response.destroyed) {
          sentBytes += chunk.length;
          if (!response.write(chunk)) return;
        }
        response.end();
      };
      response.on('drain', send);
      response.on('close', () => closed.resolve());
      send();
    };
    const { tools } = await proxyTo((await scripted({ call })).url, { maxAnswerBytes: 2 ** 20 });

    await expect(tools.call('work', {})).rejects.toMatchObject({
      code: 'TOOL_SERVER_ANSWER_TOO_LARGE',
      details: { maxBytes: 2 ** 20 },
    });
    await closed.promise;

    // What sockets hold between the two comes on top of the bound.
    expect(sentBytes).toBeLessThan(32 * 2 ** 20);
  });
});

describe('a server that fails again and again', () => {
  it('is left alone, and asked again after a while', async () => {
    let isWell = false;
    let calls = 0;
    const call = ({ request, response, message }: Exchange) => {
      calls++;
      if (isWell) answer(response, message, text('ok'));
      else request.socket.destroy();
    };
    const tools = [ours('look', { effect: 'read', idempotent: true })];
    // A list that fails as well: nothing in the background closes the circuit.
    let lists = 0;
    const list = ({ request, response, message }: Exchange) => {
      if (lists++ === 0 || isWell)
        answer(response, message, { tools, ttlMs: 300_000, cacheScope: 'private' });
      else request.socket.destroy();
    };
    const proxy = await proxyTo((await scripted({ call, list })).url);

    for (let attempt = 0; attempt < 2; attempt++) {
      await expect(proxy.tools.call('look', {})).rejects.toMatchObject({ code: 'TOOL_SERVER_UNREACHABLE' });
    }
    const callsWhileOpen = calls;
    await expect(proxy.tools.call('look', {})).rejects.toMatchObject({
      code: 'TOOL_SERVER_UNREACHABLE',
      message: expect.stringContaining('left alone'),
    });
    expect(calls).toBe(callsWhileOpen);

    await proxy.untilState('degraded');
    isWell = true;
    await proxy.untilState('ready');

    expect(await proxy.tools.call('look', {})).toEqual({ content: 'ok' });
  });

  it('is left alone for as long as it asks to be', async () => {
    let calls = 0;
    const call = ({ response }: Exchange) => {
      calls++;
      response.writeHead(429, { 'retry-after': '20' });
      response.end();
    };
    const proxy = await proxyTo((await scripted({ call })).url);

    await expect(proxy.tools.call('work', {})).rejects.toMatchObject({
      code: 'TOOL_SERVER_BUSY',
      retryable: true,
    });
    await expect(proxy.tools.call('work', {})).rejects.toMatchObject({
      message: expect.stringContaining('20 s more'),
    });

    expect(calls).toBe(1);
  });
});

describe('a server that is away', () => {
  it('does not keep the node from starting, and is found when it comes', async () => {
    const placeholder = await startServer(() => undefined);
    const { port, url } = placeholder;
    await placeholder[Symbol.asyncDispose]();
    const proxy = await proxyTo(url);

    expect(await proxy.tools.list()).toEqual([]);
    expect(proxy.status()).toMatchObject({
      state: 'degraded',
      reason: expect.stringContaining('ECONNREFUSED'),
    });

    own(await listenAgain(port));
    await proxy.untilState('ready');

    expect(await proxy.tools.list()).toHaveLength(1);
    expect(proxy.log.messages('info')).toEqual(['the tool server answers again']);
  });

  it('leaves its last list behind, and calls fail at once', async () => {
    const server = await startScripted({ tools: [ours('look', { effect: 'read', idempotent: true })] });
    const proxy = await proxyTo(server.url);
    await proxy.tools.list();
    await server[Symbol.asyncDispose]();

    await expect(proxy.tools.call('look', {})).rejects.toMatchObject({
      code: 'TOOL_SERVER_UNREACHABLE',
      retryable: true,
    });
    await proxy.untilState('degraded');

    expect((await proxy.tools.list()).map(({ name }) => name)).toEqual(['look']);
  });

  it('and silent is given up by the deadline of the call', async () => {
    const [asked, closed] = [deferred<void>(), deferred<void>()];
    const call = ({ response }: Exchange) => {
      response.on('close', () => closed.resolve());
      asked.resolve();
    };
    const tools = [ours('work', { limits: { timeoutMs: 80 } })];
    const proxy = await proxyTo((await scripted({ call, tools })).url);
    await proxy.tools.list();
    // Else a busy machine may take longer to send the call than it may run.
    jest.useFakeTimers({ doNotFake: [...allButTimeouts] });
    try {
      const lost = expect(proxy.tools.call('work', {})).rejects.toMatchObject({ code: 'TOOL_TIMEOUT' });
      await asked.promise;

      jest.advanceTimersByTime(80);

      await lost;
      await closed.promise;
    } finally {
      jest.useRealTimers();
    }
  });

  it('half-open is given up by the deadline of the call', async () => {
    const server = await scripted({ tools: [ours('work', { limits: { timeoutMs: 80 } })] });
    const relay = own(await startRelay(Number(new URL(server.url).port)));
    const proxy = await proxyTo(relay.url);
    await proxy.tools.list();

    relay.swallow();

    await expect(proxy.tools.call('work', {})).rejects.toMatchObject({ code: 'TOOL_TIMEOUT' });
  });
});

async function listenAgain(port: number): Promise<AsyncDisposable> {
  const server = await startScripted();
  opened.push(server);
  return startRelay(Number(new URL(server.url).port), port);
}
