/** A model server that fails, in every way that is known. Nothing waits for real: the clock is moved. */

import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, it } from '@jest/globals';
import { partialOf } from '@tiercel/capabilities/language-model';
import { answer, delta, done, event, finish, role, text } from './test/chunks.js';
import { collect, HELLO, openTestModel, outcomeOf, textIn } from './test/open-test-model.js';
import { ScriptedServer } from './test/scripted-server.js';
import { TestClock } from './test/test-clock.js';

const run = promisify(execFile);

/** Nobody is asked again, so that each test sees one attempt. */
const ONCE = { retries: 0 } as const;

function tlsFile(name: string): string {
  return readFileSync(new URL(`../fixtures/tls/${name}`, import.meta.url), 'utf8');
}

/** Says the first word of each answer, and no second one. */
const KILLABLE_SERVER = `
  const server = require('node:http').createServer((request, response) => {
    if (request.url === '/v1/models') return response.end('{"data":[{"id":"lighthouse"}]}');
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.write('data: {"choices":[{"delta":{"content":"The "}}]}\\n\\n');
  });
  server.listen(0, '127.0.0.1', () => console.log(server.address().port));`;

/** Takes connections and never says a word. */
async function openSilentServer(): Promise<AsyncDisposable & { readonly port: number }> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined).resume();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}

function openTlsServer(): Promise<ScriptedServer> {
  const tls = { key: tlsFile('key.pem'), cert: tlsFile('cert.pem') };
  return ScriptedServer.open((call) => call.end(answer('Yes.')), { tls });
}

/** A port where nobody listens. */
async function closedPort(): Promise<number> {
  const server = await openSilentServer();
  await server[Symbol.asyncDispose]();
  return server.port;
}

describe('a server that cannot be reached', () => {
  it('is told of with its address when it refuses connections', async () => {
    const port = await closedPort();
    await using test = await openTestModel({ url: `http://127.0.0.1:${port}`, ...ONCE });

    const { error, events } = await outcomeOf(test.model.generate(HELLO));

    expect(events).toEqual([]);
    expect(error).toMatchObject({
      code: 'LANGUAGE_MODEL_UNREACHABLE',
      retryable: true,
      details: {
        attempts: [
          { endpoint: `http://127.0.0.1:${port}`, finding: expect.stringContaining('ECONNREFUSED') },
        ],
      },
    });
  });

  it('is told of when nobody knows its name', async () => {
    await using test = await openTestModel({ url: 'http://no-such-host.invalid:8080', ...ONCE });

    const { error } = await outcomeOf(test.model.generate(HELLO));

    expect(error).toMatchObject({ code: 'LANGUAGE_MODEL_UNREACHABLE' });
    expect(String(error)).toMatch(/no-such-host\.invalid.*(ENOTFOUND|EAI_AGAIN)/);
  });

  it('is given up after the connect time when its TLS never comes about', async () => {
    await using server = await openSilentServer();
    const clock = new TestClock();
    const opening = openTestModel({ url: `https://127.0.0.1:${server.port}`, ...ONCE }, { clock });
    await clock.whenWaiting(5_000);
    await clock.advance(5_000);
    await using test = await opening;

    const outcome = outcomeOf(test.model.generate(HELLO));
    await clock.whenWaiting(5_000);
    await clock.advance(5_000);

    expect((await outcome).error).toMatchObject({
      code: 'LANGUAGE_MODEL_TIMEOUT',
      details: { phase: 'connect', waitedMs: 5_000 },
      retryable: true,
    });
  });

  it('is not trusted with a certificate that nobody vouches for', async () => {
    await using server = await openTlsServer();
    await using test = await openTestModel({ url: server.url, apiKey: 'sk-lighthouse', ...ONCE });

    const { error } = await outcomeOf(test.model.generate(HELLO));

    expect(error).toMatchObject({ code: 'LANGUAGE_MODEL_UNREACHABLE' });
    expect(String(error)).toContain('its certificate is self-signed (DEPTH_ZERO_SELF_SIGNED_CERT)');
    expect([server.calls, server.lookUps]).toEqual([[], []]);
  });

  it('is not trusted either where the environment says that anybody is', async () => {
    await using server = await openTlsServer();
    const script = `
      import { got } from 'got';
      import { HttpClient } from '${new URL('../dist/http-client.js', import.meta.url).href}';
      const client = new HttpClient(got, { connections: 1 });
      const request = { method: 'GET', url: '${server.url}/v1/models', headers: {}, signal: new AbortController().signal };
      process.stdout.write(await client.open(request).then(() => 'trusted', ({ code }) => code));`;

    const { stdout } = await run(process.execPath, ['--input-type=module', '-e', script], {
      cwd: fileURLToPath(new URL('..', import.meta.url)),
      env: { NODE_TLS_REJECT_UNAUTHORIZED: '0' },
    });

    expect(stdout).toBe('DEPTH_ZERO_SELF_SIGNED_CERT');
  });

  it('is no model server when it does not speak HTTP', async () => {
    const talker = createServer((socket) =>
      socket.on('error', () => undefined).end('SSH-2.0-OpenSSH_9.6\r\n'),
    );
    talker.listen(0, '127.0.0.1');
    await once(talker, 'listening');
    const { port } = talker.address() as AddressInfo;
    await using test = await openTestModel({ url: `http://127.0.0.1:${port}`, ...ONCE });

    const { error } = await outcomeOf(test.model.generate(HELLO));
    talker.close();

    expect(error).toMatchObject({ code: 'LANGUAGE_MODEL_UNREACHABLE' });
    expect(String(error)).toContain('HPE_');
  });

  it.each([
    ['an HTML page', 200, '<!doctype html><title>Router</title>', /no list/],
    ['something else in JSON', 200, '{"status":"ok"}', /no list/],
    ['an error', 500, '{}', /answers 500 at \/models/],
    ['no such page, with no name of a model', 404, '{}', /answers 404 at \/models/],
    ['an empty list', 200, '{"object":"list","data":[]}', /lists no model; set LLM_MODEL/],
    ['a page that is too long', 200, `{"data":["${'x'.repeat(1_100_000)}"]}`, /no list/],
  ])('is no model server when /v1/models answers with %s', async (_, status, body, finding) => {
    await using server = await ScriptedServer.open((call) => call.end(answer('Yes.')), {
      models: (_request, response) => response.writeHead(status).end(body),
    });
    await using test = await openTestModel({ url: server.url, ...ONCE });

    const { error } = await outcomeOf(test.model.generate(HELLO));

    expect(error).toMatchObject({ code: 'LANGUAGE_MODEL_UNREACHABLE' });
    expect(String(error)).toMatch(finding);
    expect(server.calls).toEqual([]);
  });

  it('needs no list of models where the name of the model is given', async () => {
    await using server = await ScriptedServer.open((call) => call.end(answer('Yes.')), {
      models: (_, response) => response.writeHead(404).end(),
    });
    await using test = await openTestModel({ url: server.url, model: 'lighthouse-7b' });

    await collect(test.model.generate(HELLO));

    expect(server.calls[0]?.body['model']).toBe('lighthouse-7b');
  });
});

describe('a server that says nothing', () => {
  it('is given up after the headers time without a status line', async () => {
    await using server = await ScriptedServer.open(() => undefined);
    await using test = await openTestModel({ url: server.url, ...ONCE });

    const outcome = outcomeOf(test.model.generate(HELLO));
    const call = await server.call(1);
    await test.clock.whenWaiting(15_000);
    await test.clock.advance(15_000);

    expect((await outcome).error).toMatchObject({
      code: 'LANGUAGE_MODEL_TIMEOUT',
      details: { phase: 'headers', waitedMs: 15_000 },
    });
    await call.gone;
  });

  it('is given up after the first-content time when only headers came', async () => {
    await using server = await ScriptedServer.open((call) => call.begin());
    await using test = await openTestModel({ url: server.url, ...ONCE });

    const outcome = outcomeOf(test.model.generate(HELLO));
    await test.clock.whenWaiting(120_000);
    await test.clock.advance(120_000);

    expect((await outcome).error).toMatchObject({
      code: 'LANGUAGE_MODEL_TIMEOUT',
      details: { phase: 'first content', waitedMs: 120_000 },
    });
  });

  it('gains no time by comments, roles and empty pieces', async () => {
    await using server = await ScriptedServer.open(async (call) => {
      await call.write(`${role}: ping\n\n${delta({ content: '' })}`);
    });
    await using test = await openTestModel({ url: server.url, ...ONCE });

    const outcome = outcomeOf(test.model.generate(HELLO));
    await test.clock.whenWaiting(120_000);
    await test.clock.advance(70_000);
    await server.calls[0]?.write(': ping\n\n');
    await test.clock.advance(50_000);

    expect((await outcome).error).toMatchObject({ details: { phase: 'first content', waitedMs: 120_000 } });
  });

  it('gains time by progress on the prompt', async () => {
    await using server = await ScriptedServer.open(async (call) => {
      await call.write(
        event({ choices: [], prompt_progress: { total: 900, cache: 0, processed: 300, time_ms: 80 } }),
      );
    });
    await using test = await openTestModel({ url: server.url, ...ONCE });

    const outcome = outcomeOf(test.model.generate(HELLO));
    await test.clock.whenWaiting(60_000);
    await test.clock.advance(60_000);

    expect((await outcome).error).toMatchObject({ details: { phase: 'idle', waitedMs: 60_000 } });
  });

  it('gains time by each thought', async () => {
    const thought = delta({ reasoning_content: 'Hm.' });
    await using server = await ScriptedServer.open((call) => call.write(role + thought));
    await using test = await openTestModel({ url: server.url, ...ONCE });

    const outcome = outcomeOf(test.model.generate(HELLO));
    await test.clock.whenWaiting(60_000);
    await test.clock.advance(50_000);
    const noted = test.clock.whenRead();
    await server.calls[0]?.write(thought);
    await noted;
    await test.clock.advance(50_000);
    server.calls[0]?.end(text('Yes.') + finish() + done);

    expect((await outcome).text).toBe('Yes.');
  });

  it('is given up after the idle time behind its first word, with what it said', async () => {
    await using server = await ScriptedServer.open((call) => call.write(role + text('The lamp ')));
    await using test = await openTestModel({ url: server.url });

    const outcome = outcomeOf(test.model.generate(HELLO));
    await test.clock.whenWaiting(60_000);
    await test.clock.advance(60_000);

    const { error, text: said } = await outcome;
    expect(error).toMatchObject({
      code: 'LANGUAGE_MODEL_TIMEOUT',
      details: { phase: 'idle', waitedMs: 60_000 },
    });
    expect([said, partialOf(error)]).toEqual([
      'The lamp ',
      { text: 'The lamp ', usage: { inputTokens: 10, cachedTokens: 0, outputTokens: 3, isEstimated: true } },
    ]);
    expect(server.calls).toHaveLength(1);
  });

  it('is given up after the total time, however busy it is', async () => {
    await using server = await ScriptedServer.open((call) => call.write(role + text('and ')));
    await using test = await openTestModel({ url: server.url });
    const answered = test.model.generate(HELLO)[Symbol.asyncIterator]();
    await answered.next();

    let said = 0;
    const reading = (async () => {
      while (!(await answered.next()).done) said++;
    })();
    reading.catch(() => undefined);
    for (let minute = 0; minute < 6; minute++) {
      await server.calls[0]?.write(text('and '));
      await test.clock.advance(50_000);
    }

    await expect(reading).rejects.toMatchObject({
      code: 'LANGUAGE_MODEL_TIMEOUT',
      details: { phase: 'total', waitedMs: 300_000 },
    });
    expect(said).toBeGreaterThanOrEqual(4);
  });

  it('is not to blame for a reader who takes his time', async () => {
    await using server = await ScriptedServer.open((call) => call.write(role + text('One ')));
    await using test = await openTestModel({ url: server.url });
    const answered = test.model.generate(HELLO)[Symbol.asyncIterator]();
    await answered.next();

    await test.clock.advance(200_000);
    server.calls[0]?.end(text('two.') + finish() + done);

    expect((await answered.next()).value).toEqual({ type: 'text-delta', text: 'two.' });
    expect((await answered.next()).value).toMatchObject({ type: 'usage' });
  });

  it('is not asked again by a caller who has waited for it; another one is', async () => {
    await using silent = await ScriptedServer.open(() => undefined);
    await using other = await ScriptedServer.open((call) => call.end(answer('Yes.')));
    await using alone = await openTestModel({ url: silent.url });
    await using test = await openTestModel({ url: `${silent.url},${other.url}` });

    const outcome = outcomeOf(alone.model.generate(HELLO));
    await alone.clock.whenWaiting(15_000);
    await alone.clock.advance(15_000);
    const calls = silent.calls.length;
    const passedOn = outcomeOf(test.model.generate(HELLO));
    await test.clock.whenWaiting(15_000);
    await test.clock.advance(15_000);

    expect((await outcome).error).toMatchObject({ code: 'LANGUAGE_MODEL_TIMEOUT' });
    expect(calls).toBe(1);
    expect((await passedOn).text).toBe('Yes.');
  });
});

describe('a stream that breaks off', () => {
  it.each<[string, (write: string) => string, RegExp]>([
    ['ends without a finish', (said) => said, /ended before the answer did/],
    [
      'ends with [DONE] and without a finish',
      (said) => `${said}data: [DONE]\n\n`,
      /ended before the answer did/,
    ],
    ['holds an error', (said) => `${said}data: {"error":{"type":"server_error"}}\n\n`, /500, server_error/],
    ['holds an error event', (said) => `${said}event: error\ndata: {"message":"boom"}\n\n`, /answers 500/],
    ['holds a line of old llama.cpp', (said) => `${said}error: {"code":503}\n\n`, /answers 503/],
    ['holds a line that is not JSON', (said) => `${said}data: {"choices":[\n\n`, /not JSON/],
  ])('after its first word is an error that tells what was said, when it %s', async (_, stream, finding) => {
    await using server = await ScriptedServer.open((call) => call.end(stream(role + text('The quince '))));
    await using test = await openTestModel({ url: server.url });

    const { error, text: said } = await outcomeOf(test.model.generate(HELLO));

    expect(error).toMatchObject({ code: 'LANGUAGE_MODEL_STREAM_TRUNCATED', retryable: true });
    expect(String(error)).toMatch(finding);
    expect(String(error)).not.toContain('quince');
    expect([said, partialOf(error)?.text]).toEqual(['The quince ', 'The quince ']);
    expect(server.calls).toHaveLength(1);
  });

  it.each<[string, (socket: Socket) => void]>([
    ['is closed', (socket) => socket.destroy()],
    ['is reset', (socket) => socket.resetAndDestroy()],
  ])('after its first word is an error when the connection %s', async (_, cut) => {
    await using server = await ScriptedServer.open((call) => call.write(role + text('The ')));
    await using test = await openTestModel({ url: server.url });
    const answered = test.model.generate(HELLO)[Symbol.asyncIterator]();
    await answered.next();

    const [call] = server.calls;
    if (call) cut(call.socket);

    await expect(answered.next()).rejects.toMatchObject({
      code: 'LANGUAGE_MODEL_STREAM_TRUNCATED',
      message: expect.stringContaining('ECONNRESET'),
      partial: { text: 'The ' },
    });
  });

  it('after its first word is an error when its process is killed', async () => {
    const server = spawn(process.execPath, ['-e', KILLABLE_SERVER], { stdio: ['ignore', 'pipe', 'inherit'] });
    const [port] = (await once(server.stdout, 'data')) as readonly Buffer[];
    await using test = await openTestModel({ url: `http://127.0.0.1:${String(port).trim()}`, ...ONCE });
    const answered = test.model.generate(HELLO)[Symbol.asyncIterator]();
    await answered.next();

    server.kill('SIGKILL');

    await expect(answered.next()).rejects.toMatchObject({
      code: 'LANGUAGE_MODEL_STREAM_TRUNCATED',
      partial: { text: 'The ' },
    });
    expect((await outcomeOf(test.model.generate(HELLO))).error).toMatchObject({
      code: 'LANGUAGE_MODEL_UNREACHABLE',
    });
  });

  it.each([
    ['ends at once', ''],
    ['ends after its role', role],
    ['holds an error first', `${role}data: {"error":{"type":"server_error"}}\n\n`],
    ['is a page of HTML', '<!doctype html>\n\n'],
  ])('before its first word is a server that gave no answer, when it %s', async (_, stream) => {
    await using server = await ScriptedServer.open((call) => call.end(stream));
    await using test = await openTestModel({ url: server.url, ...ONCE });

    const { error, events } = await outcomeOf(test.model.generate(HELLO));

    expect(events).toEqual([]);
    expect(error).toMatchObject({ code: 'LANGUAGE_MODEL_UNREACHABLE', retryable: true });
  });

  it.each([
    ['HTML', { 'content-type': 'text/html' }, /something else than a stream/],
    ['compressed bytes', { 'content-encoding': 'gzip' }, /compresses/],
  ])('is none where the server answers with %s', async (_, headers, finding) => {
    await using server = await ScriptedServer.open((call) => {
      call.begin(headers);
      call.end(answer('Yes.'));
    });
    await using test = await openTestModel({ url: server.url, ...ONCE });

    const { error } = await outcomeOf(test.model.generate(HELLO));

    expect(error).toMatchObject({ code: 'LANGUAGE_MODEL_UNREACHABLE' });
    expect(String(error)).toMatch(finding);
  });

  it('is whole once its finish was read: usage that never comes is estimated', async () => {
    await using server = await ScriptedServer.open((call) => call.write(role + text('Yes.') + finish()));
    await using test = await openTestModel({ url: server.url });

    const outcome = outcomeOf(test.model.generate(HELLO));
    await test.clock.whenWaiting(2_000);
    await test.clock.advance(2_000);

    expect(await outcome).toMatchObject({
      error: undefined,
      events: [
        { type: 'text-delta', text: 'Yes.' },
        { type: 'usage', usage: { inputTokens: 10, outputTokens: 1, isEstimated: true } },
        { type: 'end', finishReason: 'stop', provider: 'llm-remote' },
      ],
    });
  });

  it('is whole at [DONE], although the server keeps it open', async () => {
    await using server = await ScriptedServer.open((call) => call.write(answer('Yes.')));
    await using test = await openTestModel({ url: server.url });

    const outcome = outcomeOf(test.model.generate(HELLO));
    await test.clock.whenWaiting(250);
    await test.clock.advance(250);

    expect((await outcome).events.at(-1)).toMatchObject({ type: 'end', finishReason: 'stop' });
  });

  it('is whole when the connection is cut after its finish', async () => {
    await using server = await ScriptedServer.open(async (call) => {
      await call.write(role + text('Yes.') + finish());
    });
    await using test = await openTestModel({ url: server.url });
    const outcome = outcomeOf(test.model.generate(HELLO));
    await test.clock.whenWaiting(2_000);

    server.calls[0]?.cut();

    expect((await outcome).events.at(-1)).toMatchObject({ type: 'end', finishReason: 'stop' });
  });
});

describe('a stream that is too much', () => {
  it('is ended early in an event without end', async () => {
    let written = 0;
    await using server = await ScriptedServer.open(async (call) => {
      await call.write(`${role}${text('Hm ')}data: {"choices":[{"delta":{"content":"`);
      const part = 'x'.repeat(65_536);
      while (written < 2 ** 30 && !call.socket.destroyed) {
        await Promise.race([call.write(part), call.gone]);
        written += part.length;
      }
    });
    await using test = await openTestModel({ url: server.url });

    const { error, text: said } = await outcomeOf(test.model.generate(HELLO));
    await server.calls[0]?.gone;

    expect(error).toMatchObject({ code: 'LANGUAGE_MODEL_STREAM_TRUNCATED' });
    expect(String(error)).toContain('longer than 1048576 characters');
    expect(said).toBe('Hm ');
    // What sockets hold between the two comes on top of the bound.
    expect(written).toBeLessThan(32 * 1_048_576);
  });

  it('stops its server when nobody reads: only so many bytes are on the way', async () => {
    let written = 0;
    await using server = await ScriptedServer.open(async (call) => {
      const part = text('x'.repeat(65_536));
      for (let count = 0; count < 2_000 && !call.socket.destroyed; count++) {
        await Promise.race([call.write(part), call.gone]);
        written += part.length;
      }
    });
    await using test = await openTestModel({ url: server.url });
    const answered = test.model.generate(HELLO)[Symbol.asyncIterator]();
    await answered.next();

    let before = -1;
    while (before !== written) {
      before = written;
      for (let turn = 0; turn < 200; turn++) await new Promise((resolve) => setImmediate(resolve));
    }
    await answered.return?.();
    await server.calls[0]?.gone;

    expect(written).toBeLessThan(32 * 1_048_576);
  });
});

describe('a caller who goes', () => {
  it('closes the connection when it leaves the stream', async () => {
    await using server = await ScriptedServer.open((call) => call.write(role + text('One ')));
    await using test = await openTestModel({ url: server.url });

    for await (const { type } of test.model.generate(HELLO)) {
      expect(type).toBe('text-delta');
      break;
    }

    await server.calls[0]?.gone;
    expect(test.facts()).toMatchObject({
      servers: [{ running: 0, circuit: { state: 'closed', failures: 0 } }],
    });
  });

  it('closes the connection when it leaves while it waits for the next word', async () => {
    await using server = await ScriptedServer.open((call) => call.write(role + text('One ')));
    await using test = await openTestModel({ url: server.url });
    const answered = test.model.generate(HELLO)[Symbol.asyncIterator]();
    await answered.next();

    const waiting = answered.next();
    await answered.return?.();

    expect(await waiting).toEqual({ done: true, value: undefined });
    await server.calls[0]?.gone;
  });

  it.each([
    ['before the status line', () => undefined],
    ['before the first word', (call: { begin(): void }) => call.begin()],
  ])('gets its reason at once and closes the connection when it aborts %s', async (_, script) => {
    await using server = await ScriptedServer.open(script);
    await using test = await openTestModel({ url: server.url });
    const controller = new AbortController();
    const reason = new Error('interrupted');
    const first = test.model.generate(HELLO, { signal: controller.signal }).next();
    const call = await server.call(1);

    controller.abort(reason);

    await expect(first).rejects.toBe(reason);
    await call.gone;
    expect(test.facts()).toMatchObject({
      servers: [{ running: 0, circuit: { state: 'closed', failures: 0 } }],
    });
  });

  it('frees its place when it aborts and never reads on', async () => {
    await using server = await ScriptedServer.open((call) => call.write(role + text('One ')));
    await using test = await openTestModel({ url: server.url, concurrency: 1 });
    const controller = new AbortController();
    const reason = new Error('interrupted');
    const answered = test.model.generate(HELLO, { signal: controller.signal });
    await answered.next();

    controller.abort(reason);
    await server.calls[0]?.gone;
    server.play((call) => call.end(answer('Next.')));

    expect(textIn(await collect(test.model.generate(HELLO)))).toBe('Next.');
    expect(test.clock.waiting).toEqual([]);
    await expect(answered.next()).rejects.toBe(reason);
    expect(await answered.next()).toEqual({ done: true, value: undefined });
  });

  it('frees its place after the total time when it never reads on', async () => {
    await using server = await ScriptedServer.open((call) => call.write(role + text('One ')));
    await using test = await openTestModel({ url: server.url });
    const answered = test.model.generate(HELLO);
    await answered.next();

    await test.clock.advance(300_000);
    await server.calls[0]?.gone;

    expect(test.facts()).toMatchObject({ servers: [{ running: 0 }] });
    await expect(answered.next()).rejects.toMatchObject({
      details: { phase: 'total' },
      partial: { text: 'One ' },
    });
  });

  it('gets LLM_REMOTE_CLOSED, also in the middle of an answer, when the plugin is released', async () => {
    await using server = await ScriptedServer.open((call) => call.write(role + text('One ')));
    const test = await openTestModel({ url: server.url });
    const answered = test.model.generate(HELLO)[Symbol.asyncIterator]();
    await answered.next();

    await test[Symbol.asyncDispose]();

    await expect(answered.next()).rejects.toMatchObject({
      code: 'LLM_REMOTE_CLOSED',
      partial: { text: 'One ' },
    });
    expect((await outcomeOf(test.model.generate(HELLO))).error).toMatchObject({ code: 'LLM_REMOTE_CLOSED' });
    await server.calls[0]?.gone;
  });

  it('leaves nothing behind: no timer, no listener, no connection in use', async () => {
    await using server = await ScriptedServer.open((call) => call.end(answer('Yes.')));
    await using test = await openTestModel({ url: server.url });
    const { signal } = new AbortController();

    const events = await collect(test.model.generate(HELLO, { signal }));

    expect(textIn(events)).toBe('Yes.');
    expect(test.clock.waiting).toEqual([]);
    expect(test.facts()).toMatchObject({ servers: [{ running: 0 }] });
  });
});
