import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { CoreProcess } from './demo-tiers/core-process.js';
import { freePorts } from './demo-tiers/free-ports.js';
import { runTiercel, Workspace } from './run-tiercel.test.support.js';

const key = 'a-key-of-the-test-that-is-long-enough';

let workspace: Workspace;
let tier: string;
beforeAll(async () => {
  workspace = await Workspace.open();
  tier = await workspace.write(
    'house.yaml',
    `tier: house
plugins:
  log-winston: { config: { level: error } }
  clock-system:
  world-model-memory: { config: { durable: ${workspace.path('house.db')} } }
`,
  );
});
afterAll(() => workspace[Symbol.asyncDispose]());

/** What `tiercel world` prints, and the code of its failure. */
async function world(...args: readonly string[]) {
  const { exitCode, stdout, stderr } = await runTiercel(['world', ...args]);
  return { exitCode, stdout, code: /error (\w+)/.exec(stderr)?.[1], stderr };
}

describe('tiercel world, of a tier', () => {
  const here = ['--tier', ''];
  beforeAll(() => {
    here[1] = tier;
  });

  it('keeps what is set, and prints it', async () => {
    await world('set', 'device/lamp/state', 'on', ...here);
    await world('set', 'device/lamp/brightness', '40', '--ttl', '2h', ...here);

    const value = await world('get', 'device/lamp/state', ...here);
    const below = await world('get', 'device/lamp', ...here);

    expect([value.exitCode, value.stdout]).toEqual([0, 'on\n']);
    expect(below.stdout).toBe('device/lamp/brightness  40\ndevice/lamp/state  on\n');
  });

  it('prints what has changed, and what there is, for machines', async () => {
    const history = await world('history', 'device', '--json', ...here);
    const snapshot = await world('snapshot', '--json', ...here);

    expect(JSON.parse(history.stdout).records).toMatchObject([
      { entry: { key: 'device/lamp/state', origin: 'cli' } },
      { entry: { key: 'device/lamp/brightness', ttlMs: 7_200_000 } },
    ]);
    expect(JSON.parse(snapshot.stdout)).toMatchObject({
      revision: 2,
      entries: [{ value: 40 }, { value: 'on' }],
    });
  });

  it('writes over a revision only if it still stands', async () => {
    const { code, exitCode } = await world('set', 'device/lamp/state', 'off', '--base', '99', ...here);

    expect([code, exitCode]).toEqual(['WORLD_MODEL_CONFLICT', 1]);
  });

  it('says that a key is unknown', async () => {
    expect(await world('get', 'device/none', ...here)).toMatchObject({
      code: 'CLI_ENTRY_UNKNOWN',
      exitCode: 1,
    });
    expect(await world('forget', 'device/none', ...here)).toMatchObject({ code: 'CLI_ENTRY_UNKNOWN' });
  });

  it('exports, and imports the same again without a change', async () => {
    const file = workspace.path('house.jsonl');

    await world('export', '--output', file, ...here);
    const again = await world('import', file, '--json', ...here);

    expect((await readFile(file, 'utf8')).trim().split('\n')).toHaveLength(2);
    expect(JSON.parse(again.stdout)).toMatchObject({ written: 0, known: 2, superseded: [] });
  });

  it('imports nothing of a file with mistakes, and lists them all', async () => {
    const file = await workspace.write('wrong.jsonl', '{"key":"a"}\nnonsense\n{"key":"b c","value":1}\n');

    const { code, stderr, exitCode } = await world('import', file, ...here);

    expect([code, exitCode]).toEqual(['CLI_IMPORT_INVALID', 2]);
    for (const line of ['line 1', 'line 2', 'line 3']) expect(stderr).toContain(line);
  });

  it('says where it cannot write', async () => {
    const output = workspace.path('no-such-folder/house.jsonl');

    expect(await world('export', '--output', output, ...here)).toMatchObject({
      code: 'CLI_EXPORT_UNWRITABLE',
    });
  });

  it('takes a tier or a node, not both', async () => {
    const both = await world('get', 'a', '--url', 'http://127.0.0.1:9', ...here);

    expect(both).toMatchObject({ code: 'CLI_WORLD_TWICE' });
  });

  it('says that a tier has no world model', async () => {
    const bare = await workspace.write(
      'bare.yaml',
      `tier: bare
plugins:
  log-winston: { config: { level: error } }
  clock-system:
  world-model-memory: { boot: degrade, config: { seed: ./none.yaml } }
`,
    );

    expect(await world('get', 'a', '--tier', bare)).toMatchObject({ code: 'CLI_WORLD_MISSING' });
  });
});

describe('tiercel world, of a node that runs', () => {
  let node: CoreProcess;
  let url: string;
  let running: string;
  let environment: Record<string, string>;
  beforeAll(async () => {
    const [port] = await freePorts(1);
    url = `http://127.0.0.1:${port}`;
    running = await workspace.write(
      'running.yaml',
      `tier: running
plugins:
  log-winston: { config: { level: error } }
  clock-system:
  world-model-memory: { config: { durable: ${workspace.path('running.db')} } }
  gateway: { config: { groups: [world] } }
`,
    );
    environment = { WORLD_MODEL_PORT: `${port}`, WORLD_MODEL_API_KEY: key };
    const { signal } = new AbortController();
    node = await CoreProcess.start({
      tier: running,
      environment: { ...process.env, ...environment },
      signal,
    });
  });
  afterAll(() => node?.[Symbol.asyncDispose]());

  const ask = (...args: readonly string[]) =>
    runTiercel(['world', ...args, '--url', url], { environment: { WORLD_MODEL_API_KEY: key } });

  it('reads and changes what that node has', async () => {
    await ask('set', 'device/lamp/state', '{"on":true}');

    const { stdout } = await ask('get', 'device/lamp/state');
    const forgotten = await ask('forget', 'device/lamp/state');

    expect(JSON.parse(stdout)).toEqual({ on: true });
    expect(forgotten.exitCode).toBe(0);
  });

  it('follows changes until it is interrupted', async () => {
    const watching = runTiercel(['world', 'watch', '--json', '--after', '0', '--url', url], {
      environment: { WORLD_MODEL_API_KEY: key },
      interrupt: { signal: 'SIGINT', when: ({ stdout }) => stdout.includes('entry-forgotten') },
    });

    const { stdout, exitCode } = await watching;
    const [put, forgotten] = stdout.split('\n').map((line) => line.slice(0, 40));

    expect([put, forgotten]).toEqual([
      expect.stringContaining('{"type":"entry-put"'),
      expect.stringContaining('{"type":"entry-forgotten"'),
    ]);
    expect(exitCode).toBe(130);
  });

  it('is named to whoever would open its database', async () => {
    const { code, exitCode, stderr } = await world('get', 'a', '--tier', running);

    expect([code, exitCode]).toEqual(['CLI_WORLD_IN_USE', 3]);
    expect(stderr).toContain('--url');
  });

  it('wants a key', async () => {
    const { stderr } = await runTiercel(['world', 'get', 'a', '--url', url], {
      environment: { WORLD_MODEL_API_KEY: undefined },
    });

    expect(stderr).toContain('CLI_WORLD_KEY_WRONG');
  });

  it('is said to be away where nobody listens', async () => {
    const [port] = await freePorts(1);

    const { code } = await world('get', 'a', '--url', `http://127.0.0.1:${port}`);

    expect(code).toBe('CLI_WORLD_UNREACHABLE');
  });

  it('is told apart from other servers', async () => {
    const other = createServer((_request, response) => response.writeHead(418).end('teapot'));
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));

    const { code } = await world(
      'get',
      'a',
      '--url',
      `http://127.0.0.1:${(other.address() as AddressInfo).port}`,
    );
    other.close();

    expect(code).toBe('CLI_WORLD_REFUSED');
  });
});
