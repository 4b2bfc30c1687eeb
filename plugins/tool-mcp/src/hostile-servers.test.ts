import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { FakeClock } from '@tiercel/capabilities/clock/testing';
import { FakeLog } from '@tiercel/capabilities/log/testing';
import { McpToolProvider } from './mcp-tool-provider.js';
import { readServers } from './read-servers.js';
import { SupervisedServer } from './supervised-server.js';
import { isAlive, openTestServers, type TestServers, untilGone } from './test-servers.test.support.js';

let files: TestServers;
let clock: FakeClock;
let log: FakeLog;
const opened: SupervisedServer[] = [];

beforeEach(async () => {
  files = await openTestServers();
  clock = new FakeClock();
  log = new FakeLog();
});
afterEach(async () => {
  for (const server of opened.splice(0)) await server[Symbol.asyncDispose]();
  await files[Symbol.asyncDispose]();
});

/** A server in this mode, and a way to wait until something about it has changed. */
async function openServer(mode = '', extra = {}) {
  const [settings] = readServers({ servers: { test: { ...files.settings(mode), ...extra } }, secrets: {} });
  if (!settings) throw new Error('no server');
  let onChange: () => void = () => undefined;
  const sdk = await import('@modelcontextprotocol/client');
  const server = new SupervisedServer(settings, {
    clock,
    log,
    sdk,
    version: '0',
    onChange: () => onChange(),
  });
  opened.push(server);
  await server.start();
  return {
    server,
    tools: new McpToolProvider([server]),
    until: (isMet: () => boolean) =>
      new Promise<void>((resolve) => {
        onChange = () => {
          if (isMet()) resolve();
        };
        onChange();
      }),
  };
}

const noted = async () => (await readFile(files.notes, 'utf8')).trim().split('\n');

async function untilNoted(word: string): Promise<void> {
  while (!(await noted()).includes(word));
}

describe('a server that ends', () => {
  it('loses its call, and is started again after a second', async () => {
    const { server, tools, until } = await openServer();

    const call = tools.call('test_exit', {});

    await expect(call).rejects.toMatchObject({
      code: 'MCP_CALL_LOST',
      retryable: false,
      details: { server: 'test', tool: 'exit', finding: 'it ended with code 3' },
    });
    await until(() => server.downBecause === 'it ended with code 3');
    await expect(tools.call('test_echo', {})).rejects.toMatchObject({
      code: 'MCP_SERVER_DOWN',
      retryable: true,
    });
    expect((await tools.list()).map(({ name }) => name)).toContain('test_echo');
    await clock.whenPending();
    await clock.advance(1_000);
    await until(() => server.downBecause === undefined);
    expect((await tools.call('test_echo', { a: 1 })).content).toBe('{"a":1}');
    expect(server.facts).toMatchObject({ starts: 2, lastWords: ['I give up'] });
  });

  it('is started after waits that double up to a minute while it keeps ending', async () => {
    const { server } = await openServer('crash');
    const waits: number[] = [];

    for (let round = 0; round < 9; round++) {
      await clock.whenPending();
      const before = clock.nowMs();
      while (clock.pending > 0) await clock.advance(500);
      waits.push(clock.nowMs() - before);
    }

    expect(waits).toEqual([1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000, 60_000]);
    expect(server.facts).toMatchObject({ lastWords: ['cannot find my [31m files'] });
    expect(server.downBecause).toBe('it ended with code 7');
    expect(log.messages('warn')).toContain('an MCP server is down');
  });

  it('says that its command is missing', async () => {
    const { server } = await openServer('', { command: '/nowhere/server' });

    expect(server.downBecause).toBe('it could not be run (ENOENT)');
    expect(server.facts).toMatchObject({ starts: 1 });
  });
});

describe('a server of an older revision', () => {
  it('may end at a question that it does not know', async () => {
    const { server, tools } = await openServer('strict');

    expect((await tools.call('test_echo', {})).content).toBe('{}');
    expect(server.facts).toMatchObject({ starts: 2, protocol: '2025-11-25' });
  });

  it('may ignore a question that it does not know', async () => {
    const { tools } = await openServer('quiet');

    expect((await tools.call('test_echo', {})).content).toBe('{}');
  });
});

describe('a server that says nothing', () => {
  it('is given up, and nothing of it stays', async () => {
    const { server } = await openServer('silent', { startTimeoutMs: 300 });

    expect(server.downBecause).toBe('it did not answer within 300 ms');
    expect(server.facts).not.toHaveProperty('pid');
  });

  it('is told when a call is too late', async () => {
    const { tools } = await openServer('', { tools: { sleep: { timeoutMs: 50 } } });

    await expect(tools.call('test_sleep', {})).rejects.toMatchObject({
      code: 'TOOL_TIMEOUT',
      details: { tool: 'test_sleep', timeoutMs: 50 },
    });
    await untilNoted('cancelled');
  });

  it('takes so many calls and no more', async () => {
    const { tools } = await openServer('', { maxCalls: 2 });
    const caller = new AbortController();
    const reason = new Error('enough');
    const calls = [1, 2].map(() => tools.call('test_sleep', {}, { signal: caller.signal }));

    await expect(tools.call('test_echo', {})).rejects.toMatchObject({
      code: 'MCP_SERVER_BUSY',
      retryable: true,
    });

    caller.abort(reason);
    for (const call of calls) await expect(call).rejects.toBe(reason);
    expect((await tools.call('test_echo', {})).content).toBe('{}');
  });
});

describe('a server that writes too much', () => {
  it('loses the answer that is too large, and goes on', async () => {
    const { server, tools } = await openServer('', { maxMessageBytes: 65_536 });

    await expect(tools.call('test_large', {})).rejects.toMatchObject({
      code: 'MCP_ANSWER_TOO_LARGE',
      details: { server: 'test', maxBytes: 65_536 },
    });

    expect((await tools.call('test_echo', {})).content).toBe('{}');
    expect(server.facts).toMatchObject({ starts: 1 });
  });

  it('costs no memory with a gigabyte in one line, and is ended', async () => {
    const { server, tools, until } = await openServer('', { maxMessageBytes: 65_536 });
    const before = process.memoryUsage().rss;

    await expect(tools.call('test_huge', {})).rejects.toMatchObject({ code: 'MCP_ANSWER_TOO_LARGE' });

    await until(() => server.downBecause !== undefined);
    expect(server.downBecause).toBe('it wrote far too much that is no message');
    expect(process.memoryUsage().rss - before).toBeLessThan(100 * 1_048_576);
    expect(await noted()).not.toContain('wrote it all');
  });

  it('is ended when it floods with what is no message, before it greets or after', async () => {
    const { server } = await openServer('flood');
    const { server: later, tools, until } = await openServer();

    await expect(tools.call('test_flood', {})).rejects.toMatchObject({ code: 'MCP_CALL_LOST' });

    await until(() => later.downBecause !== undefined);
    expect([server.downBecause, later.downBecause]).toEqual([
      'it wrote far too much that is no message',
      'it wrote far too much that is no message',
    ]);
  });

  it('costs no memory with what it writes to its error output, and keeps its last words', async () => {
    const { server, tools } = await openServer();
    const before = process.memoryUsage().rss;

    expect((await tools.call('test_noise', {})).content).toBe('"quiet again"');

    await expect(tools.call('test_exit', {})).rejects.toMatchObject({ code: 'MCP_CALL_LOST' });
    expect(process.memoryUsage().rss - before).toBeLessThan(50 * 1_048_576);
    expect(server.facts.lastWords).toEqual(expect.arrayContaining(['end', 'I give up']));
  });
});

describe('what a server is started with', () => {
  it('reaches it as it stands there, as no shell reads it', async () => {
    const odd = [
      '; touch x',
      '$(id)',
      '`id`',
      '&& id',
      '| id',
      '> x',
      '*',
      '--',
      '-o ProxyCommand=id',
      'a\nb',
      '"',
      "'",
    ];
    const { command, args } = files.settings();
    const { tools } = await openServer('', { command, args: [...args, ...odd] });

    expect(JSON.parse(String((await tools.call('test_argv', {})).content))).toEqual(odd);
  });

  it('is a program and not a command line', async () => {
    const { server } = await openServer('', { command: 'node -e 1; id' });

    expect(server.downBecause).toBe('it could not be run (ENOENT)');
  });
});

describe('a server that does not keep to the protocol', () => {
  it('may chat on its output', async () => {
    const { server, tools } = await openServer('chatty');

    expect((await tools.call('test_greet', {})).content).toBe('"done"');
    expect(server.facts).toMatchObject({ garbageLines: 4 });
  });

  it('gets no result through that is none', async () => {
    const { tools } = await openServer();

    await expect(tools.call('test_broken', {})).rejects.toMatchObject({
      code: 'MCP_ANSWER_INVALID',
      details: { server: 'test' },
    });
  });

  it('may say itself why a call failed', async () => {
    const { tools } = await openServer();

    await expect(tools.call('test_fail', {})).rejects.toMatchObject({
      code: 'TOOL_FAILED',
      details: { finding: 'the disk is full' },
    });
    await expect(tools.call('test_refuse', {})).rejects.toMatchObject({
      code: 'TOOL_FAILED',
      details: { finding: expect.stringContaining('no such city') },
    });
  });
});

describe('a server whose tools change', () => {
  it('is asked again, once for many notices, and no tool becomes harmless by its word', async () => {
    const { server, tools, until } = await openServer();
    expect((await tools.list()).map(({ name }) => name)).not.toContain('test_grown');

    await tools.call('test_grow', {});
    await until(() => server.offer.tools.some(({ tool }) => tool.name === 'grown'));

    const effects = Object.fromEntries((await tools.list()).map(({ name, effect }) => [name, effect]));
    expect(effects).toMatchObject({ test_grown: 'read', test_echo: 'read', test_exit: 'write' });
    expect((await noted()).filter((word) => word === 'listed')).toHaveLength(2);
  });
});

describe('what a server has started', () => {
  it('ends with it, also when the server is deaf', async () => {
    const { server, tools } = await openServer('deaf');
    const grandchild = Number((await tools.call('test_spawn', {})).content);
    const pid = Number(server.facts.pid);
    expect([isAlive(pid), isAlive(grandchild)]).toEqual([true, true]);

    await server[Symbol.asyncDispose]();

    await untilGone(pid);
    await untilGone(grandchild);
    expect(await noted()).toContain('SIGTERM');
  });

  it('ends with it when the server ends by itself', async () => {
    const { tools } = await openServer();
    const grandchild = Number((await tools.call('test_spawn', {})).content);

    await expect(tools.call('test_exit', {})).rejects.toMatchObject({ code: 'MCP_CALL_LOST' });

    await untilGone(grandchild);
  });
});

describe('the servers of a node that is killed', () => {
  it('end, also deaf ones and what they have started', async () => {
    const [settings] = readServers({ servers: { test: files.settings('deaf') }, secrets: {} });
    const node = spawn(
      process.execPath,
      ['--input-type=module', '-e', killedNode, JSON.stringify({ ...settings, tools: [] })],
      { stdio: ['ignore', 'pipe', 'inherit'], cwd: process.cwd() },
    );
    const [line] = (await once(createInterface(node.stdout), 'line')) as [string];
    const pids = JSON.parse(line) as readonly number[];
    expect(pids.map(isAlive)).toEqual([true, true]);

    node.kill('SIGKILL');

    for (const pid of pids) await untilGone(pid);
  });
});

/** A node that prints the process ids of its server and of what that has started. */
const killedNode = `
  const { SupervisedServer } = await import(process.cwd() + '/plugins/tool-mcp/dist/supervised-server.js');
  const sdk = await import('@modelcontextprotocol/client');
  const settings = { ...JSON.parse(process.argv[1]), tools: new Map() };
  const clock = { nowMs: () => 0, delay: () => new Promise(() => undefined) };
  const server = new SupervisedServer(settings, { clock, log: console, sdk, version: '0', onChange: () => undefined });
  await server.start();
  const { tool } = server.offer.tools.find(({ tool }) => tool.name === 'spawn');
  const { content } = await server.call({ tool, args: {} }, new AbortController().signal);
  console.log(JSON.stringify([server.facts.pid, Number(content[0].text)]));
`;
