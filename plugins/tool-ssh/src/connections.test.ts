import { setMaxListeners } from 'node:events';
import { mkdir, readFile } from 'node:fs/promises';
import { afterAll, beforeAll, expect, it, jest } from '@jest/globals';
import { coreMetrics } from '@tiercel/capabilities/metrics';
import { fingerprint } from './host-key-check.js';
import { describeWithSshd, makePipe, OpenSshServer, processEnd } from './open-ssh-server.test.support.js';
import { openTools, scriptTool } from './ssh-tools.test.support.js';
import { TcpProxy } from './tcp-proxy.test.support.js';

const allButIntervals = [
  'Date',
  'hrtime',
  'nextTick',
  'performance',
  'queueMicrotask',
  'setImmediate',
  'clearImmediate',
  'setTimeout',
  'clearTimeout',
] as const;
const hello = { hello: scriptTool('echo hello') };
const hang = { hang: scriptTool('echo $$ > "$1"; exec sleep 1000') };

describeWithSshd('connections to a host', () => {
  let server: OpenSshServer;
  beforeAll(async () => {
    server = await OpenSshServer.start({ config: ['MaxStartups 100'] });
  });
  afterAll(async () => await server[Symbol.asyncDispose]());

  /** Tools behind a wire of their own, where `127.0.0.1` and the port of the wire are known. */
  const openBehind = async (
    proxy: TcpProxy,
    tools: Readonly<Record<string, unknown>>,
    options: Parameters<typeof openTools>[2] = {},
  ) => {
    const [, key = ''] = (await server.hostKey()).split(' ');
    const hostKeySha256 = fingerprint(Buffer.from(key, 'base64'));
    return openTools(server, tools, { ...options, host: { port: proxy.port, hostKeySha256 } });
  };

  it.each([11, 25])('carry %i commands at once, 8 on each', async (count) => {
    const folder = server.file(`go-${count}`);
    // Each goes on only when all of them run.
    const wait = 'while [ ! -d "$(dirname "$1")" ]; do sleep 0.05; done; basename "$1"';
    await using opened = await openTools(server, { echo: scriptTool(wait) });

    const calls = Array.from({ length: count }, (_, index) =>
      opened.tools.call('echo', { argument: `${folder}/${index}` }),
    );
    const hosts = () =>
      opened.tools.facts['hosts'] as Readonly<Record<string, { readonly sessions: number }>>;
    while (hosts()['box']?.sessions !== count) await new Promise((resolve) => setImmediate(resolve));
    await mkdir(folder);
    const results = await Promise.all(calls);

    expect(results.map(({ content }) => content)).toEqual(
      Array.from({ length: count }, (_, index) =>
        expect.objectContaining({ exitCode: 0, stdout: `${index}\n` }),
      ),
    );
    expect(opened.tools.facts).toEqual({
      hosts: { box: { connections: Math.ceil(count / 8), sessions: 0, waiting: 0, circuit: 'closed' } },
    });
  });

  it('make calls wait where the configuration allows no further connection', async () => {
    await using opened = await openTools(server, hello, { maxConnections: 1 });

    const results = await Promise.all(Array.from({ length: 20 }, () => opened.tools.call('hello', {})));

    expect(results).toHaveLength(20);
    expect(opened.tools.facts).toMatchObject({ hosts: { box: { connections: 1 } } });
  });

  it('refuse the call after 64 that wait', async () => {
    await using opened = await openTools(
      server,
      { hang: scriptTool('exec sleep 1000') },
      { maxConnections: 1 },
    );
    await opened.tools.call('hang', {}, { signal: AbortSignal.timeout(1) }).catch(() => undefined);
    const giveUp = new AbortController();
    setMaxListeners(64, giveUp.signal);
    const calls = Array.from({ length: 64 }, () => opened.tools.call('hang', {}, { signal: giveUp.signal }));

    await expect(opened.tools.call('hang', {})).rejects.toMatchObject({
      code: 'SSH_HOST_BUSY',
      details: { host: 'box', running: 0, waiting: 64 },
      retryable: true,
    });

    giveUp.abort(new Error('enough'));
    const outcomes = await Promise.allSettled(calls);
    expect(outcomes.every(({ status }) => status === 'rejected')).toBe(true);
    expect(opened.tools.facts).toMatchObject({ hosts: { box: { waiting: 0 } } });
  });

  it('learn how many sessions the host allows', async () => {
    await using small = await OpenSshServer.start({ config: ['MaxSessions 2'] });
    await using opened = await openTools(small, hello, { maxConnections: 2 });

    const results = await Promise.all(Array.from({ length: 12 }, () => opened.tools.call('hello', {})));

    expect(results.map(({ content }) => content)).toEqual(
      Array.from({ length: 12 }, () => expect.objectContaining({ exitCode: 0, stdout: 'hello\n' })),
    );
  });

  it('are of no use where the host allows no session', async () => {
    await using closed = await OpenSshServer.start({ config: ['MaxSessions 0'] });
    await using opened = await openTools(closed, hello);

    await expect(opened.tools.call('hello', {})).rejects.toMatchObject({ code: 'SSH_SESSION_REFUSED' });
  });

  it('are closed when nobody has used them for a while', async () => {
    await using opened = await openTools(server, hello, { idleMs: 60_000 });
    await opened.tools.call('hello', {});
    await opened.clock.advance(59_999);
    expect(opened.tools.facts).toMatchObject({ hosts: { box: { connections: 1 } } });

    await opened.clock.advance(1);

    expect(opened.tools.facts).toMatchObject({ hosts: { box: { connections: 0 } } });
    expect(await opened.tools.call('hello', {})).toMatchObject({ content: { exitCode: 0 } });
  });

  it('leave a host alone for longer and longer while it cannot be reached', async () => {
    await using gone = await OpenSshServer.start();
    await using opened = await openTools(gone, hello);
    const circuit = () => opened.metrics.valueOf(coreMetrics.breakerState, { endpoint: 'ssh/box' });
    await gone.kill();

    for (const waitMs of [500, 1_000, 2_000]) {
      await expect(opened.tools.call('hello', {})).rejects.toMatchObject({ code: 'SSH_HOST_UNREACHABLE' });
      await expect(opened.tools.call('hello', {})).rejects.toMatchObject({
        code: 'SSH_HOST_RESTING',
        details: { host: 'box', waitMs },
        retryable: true,
      });
      expect(circuit()).toBe(2);
      await opened.clock.advance(waitMs);
    }
    await gone.restart();

    expect(await opened.tools.call('hello', {})).toMatchObject({ content: { exitCode: 0 } });
    expect(circuit()).toBe(0);
  });

  it('are lost with the server, and the command has a limit of its own on the host', async () => {
    await using mortal = await OpenSshServer.start();
    const ready = await makePipe(mortal.file('ready.pipe'));
    await using opened = await openTools(mortal, {
      ...hello,
      hang: scriptTool('echo $$ > "$1"; exec sleep 1000', { timeoutMs: 5_000 }),
    });
    const calling = opened.tools.call('hang', { argument: ready });
    const lost = expect(calling).rejects.toMatchObject({
      code: 'SSH_CONNECTION_LOST',
      details: { host: 'box' },
    });
    const pid = Number(await readFile(ready, 'utf8'));

    await mortal.kill();

    await lost;
    await processEnd(pid);
    expect(opened.log.messages('warn')).toContain(
      'command was given up and may still run until its limit on the host',
    );
    await mortal.restart();
    await opened.clock.advance(500);
    expect(await opened.tools.call('hello', {})).toMatchObject({ content: { exitCode: 0 } });
  });

  it('are lost when they are cut, and what ran is ended over another one', async () => {
    await using proxy = await TcpProxy.open(server.port);
    await using opened = await openBehind(proxy, hang);
    const ready = await makePipe(server.file('cut.pipe'));
    const calling = opened.tools.call('hang', { argument: ready });
    const pid = Number(await readFile(ready, 'utf8'));

    proxy.cut();

    await expect(calling).rejects.toMatchObject({ code: 'SSH_CONNECTION_LOST' });
    await processEnd(pid);
  });

  it('are lost in the middle of an output, which is not taken for a whole one', async () => {
    await using proxy = await TcpProxy.open(server.port);
    await using opened = await openBehind(proxy, { flood: scriptTool('cat /dev/zero') });
    proxy.cutAfter(3_000_000);

    await expect(opened.tools.call('flood', {})).rejects.toMatchObject({ code: 'SSH_CONNECTION_LOST' });
  });

  it('are lost when the other side ends its half', async () => {
    await using proxy = await TcpProxy.open(server.port);
    await using opened = await openBehind(proxy, hang);
    const ready = await makePipe(server.file('half.pipe'));
    const calling = opened.tools.call('hang', { argument: ready });
    const pid = Number(await readFile(ready, 'utf8'));

    proxy.endHalf();

    await expect(calling).rejects.toMatchObject({ code: 'SSH_CONNECTION_LOST' });
    // Nobody else gets through to it before its limit.
    process.kill(pid, 'SIGKILL');
  });

  it('are given up after three questions without an answer: 45 s in a black hole', async () => {
    await using proxy = await TcpProxy.open(server.port);
    // The clock of the SSH library; everything else keeps its time.
    jest.useFakeTimers({ doNotFake: [...allButIntervals] });
    try {
      await using opened = await openBehind(proxy, {
        hang: scriptTool('echo $$ > "$1"; exec sleep 1000', { timeoutMs: 120_000 }),
      });
      const ready = await makePipe(server.file('hole.pipe'));
      let outcome: unknown;
      const calling = opened.tools.call('hang', { argument: ready }).catch((error: unknown) => {
        outcome = error;
      });
      const pid = Number(await readFile(ready, 'utf8'));
      proxy.swallow();

      jest.advanceTimersByTime(44_999);
      await new Promise((resolve) => setImmediate(resolve));
      expect(outcome).toBeUndefined();
      jest.advanceTimersByTime(1);

      await calling;
      expect(outcome).toMatchObject({
        code: 'SSH_CONNECTION_LOST',
        details: { host: 'box', finding: 'it did not answer for 45000 ms' },
      });
      process.kill(pid, 'SIGKILL');
    } finally {
      jest.useRealTimers();
    }
  });

  it('do not wait for ever for a session', async () => {
    await using proxy = await TcpProxy.open(server.port);
    await using opened = await openBehind(proxy, hello, { readyTimeoutMs: 8_000 });
    await opened.tools.call('hello', {});
    proxy.swallow();

    await expect(opened.tools.call('hello', {})).rejects.toMatchObject({
      code: 'SSH_SESSION_REFUSED',
      message: expect.stringContaining('it did not answer within 8000 ms'),
    });
  });

  it('renew their keys while output comes', async () => {
    await using renewing = await OpenSshServer.start({ config: ['RekeyLimit 1M', 'LogLevel DEBUG1'] });
    await using opened = await openTools(renewing, {
      flood: scriptTool('seq 1 3000000', { outputBytes: 4_096 }),
    });

    const { content } = await opened.tools.call('flood', {});

    expect(content).toMatchObject({ exitCode: 0, stdout: expect.stringMatching(/\n3000000\n$/) });
    expect(renewing.log.filter((line) => line.includes('rekeying out')).length).toBeGreaterThan(3);
  });
});
