import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { type Run, runTiercel, Workspace } from './run-tiercel.test.support.js';

const bytes = Buffer.concat([Buffer.from('GGUF'), Buffer.alloc(400_000, 'tiercel')]);

let workspace: Workspace;
let server: Server;
let ranges: (string | undefined)[];
let answer: RequestListener;
let environment: Record<string, string>;

beforeEach(async () => {
  workspace = await Workspace.open();
  ranges = [];
  answer = serve;
  server = createServer((request, response) => {
    ranges.push(request.headers.range);
    answer(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  environment = { MODELS_DIR: workspace.path('models'), MODELS_HOSTS: '127.0.0.1' };
  await writeCatalogue();
});
afterEach(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  await workspace[Symbol.asyncDispose]();
});

/** What a server does that knows ranges. */
const serve: RequestListener = ({ headers: { range } }, response) => {
  const start = Number(/^bytes=(\d+)-$/.exec(range ?? '')?.[1] ?? 0);
  const part = bytes.subarray(start);
  const headers = { etag: '"1"', 'content-length': part.length };
  if (range === undefined) response.writeHead(200, headers).end(bytes);
  else {
    const place = `bytes ${start}-${bytes.length - 1}/${bytes.length}`;
    response.writeHead(206, { ...headers, 'content-range': place }).end(part);
  }
};

async function writeCatalogue(url?: string): Promise<void> {
  const { port } = server.address() as AddressInfo;
  const file = {
    path: 'tiny.gguf',
    sizeBytes: bytes.length,
    sha256: createHash('sha256').update(bytes).digest('hex'),
    url: url ?? `http://127.0.0.1:${port}/tiny.gguf`,
  };
  const entry = {
    title: 'A tiny model',
    kind: 'language-model',
    licence: 'CC0-1.0',
    roles: { model: 'tiny.gguf' },
    files: [file],
  };
  await workspace.write('models/catalogue.json', JSON.stringify({ models: { tiny: entry } }));
}

function models(...args: readonly string[]): Promise<Run> {
  return runTiercel(['models', ...args], { environment });
}

async function stateOfTiny(): Promise<unknown> {
  const { stdout } = await models('list', '--json');
  return JSON.parse(stdout).models.find(({ name }: { readonly name: string }) => name === 'tiny')?.state;
}

function expectError({ exitCode, stdout, stderr }: Run, code: string, exit = 1): void {
  expect([exitCode, stdout]).toEqual([exit, '']);
  expect(stderr).toMatch(new RegExp(`^error ${code}: .*\\n$`));
}

describe('tiercel models', () => {
  it('lists, downloads and verifies a model of the user', async () => {
    const before = await stateOfTiny();
    const pulled = await models('pull', 'tiny');
    const after = await stateOfTiny();
    const again = await models('pull', 'tiny', '--json');
    const verified = await models('verify', 'tiny');

    expect([before, after]).toEqual(['missing', 'present']);
    expect([pulled.exitCode, pulled.stdout, pulled.stderr]).toEqual([
      0,
      expect.stringContaining('tiny is complete: 0.4 MiB in '),
      '',
    ]);
    expect(await readFile(workspace.path('models/tiny/tiny.gguf'))).toEqual(bytes);
    expect(JSON.parse(again.stdout)).toMatchObject({ model: { name: 'tiny', sizeBytes: bytes.length } });
    expect(ranges).toHaveLength(1);
    expect([verified.exitCode, verified.stdout]).toEqual([0, 'tiny: intact\n']);
  });

  it('goes on where the server cut the download', async () => {
    answer = (_, response) => {
      answer = serve;
      response.writeHead(200, { etag: '"1"', 'content-length': bytes.length });
      response.write(bytes.subarray(0, 150_000), () => response.destroy());
    };

    const { exitCode } = await models('pull', 'tiny');

    expect(exitCode).toBe(0);
    expect(ranges).toEqual([undefined, expect.stringMatching(/^bytes=[1-9]\d*-$/)]);
    expect(await readFile(workspace.path('models/tiny/tiny.gguf'))).toEqual(bytes);
  });

  it('keeps nothing of a file that is another one than the catalogue says', async () => {
    const others = Buffer.from(bytes).fill('x', 1000, 2000);
    answer = (_, response) => response.writeHead(200, { 'content-length': others.length }).end(others);

    const pulled = await models('pull', 'tiny');

    expectError(pulled, 'MODEL_DOWNLOAD_CHANGED');
    expect(await stateOfTiny()).toBe('missing');
  });

  it('tells what a server refuses', async () => {
    answer = (_, response) => response.writeHead(404).end();

    expectError(await models('pull', 'tiny'), 'MODEL_DOWNLOAD_REFUSED');
  });

  it('finds and mends a damaged file', async () => {
    await workspace.write('models/tiny/tiny.gguf', Buffer.from(bytes).fill('x', 1000, 1001));

    const listed = await stateOfTiny();
    const verified = await models('verify');
    const document = await models('verify', 'tiny', '--json');
    const pulled = await models('pull', 'tiny');

    expect(listed).toBe('present');
    expect(verified.exitCode).toBe(1);
    expect(verified.stdout).toMatch(/^tiny: tiny\.gguf .*sha256/m);
    expect(verified.stdout).toMatch(/^whisper-base: intact$/m);
    expect(verified.stderr).toMatch(/^error CLI_MODELS_DAMAGED: .*tiny.*"tiercel models pull"/);
    expect([document.exitCode, JSON.parse(document.stdout).models[0].isIntact]).toEqual([1, false]);
    expect(pulled.exitCode).toBe(0);
    expect(await readFile(workspace.path('models/tiny/tiny.gguf'))).toEqual(bytes);
  });

  it('downloads nothing where the node is offline', async () => {
    environment = { ...environment, MODELS_OFFLINE: 'true' };

    expectError(await models('pull', 'tiny'), 'MODEL_OFFLINE');
    expect(ranges).toEqual([]);
  });

  it('downloads only from hosts that somebody trusts', async () => {
    environment = { ...environment, MODELS_HOSTS: 'models.example.org, 127.0.0.1' };
    await writeCatalogue('https://models.example.org/tiny.gguf');
    const trusted = await stateOfTiny();
    environment = { ...environment, MODELS_HOSTS: '' };

    expectError(await models('list'), 'MODEL_CATALOGUE_INVALID', 2);
    expect(trusted).toBe('missing');
  });

  it('refuses a name that no catalogue has', async () => {
    expectError(await models('pull', 'huge'), 'MODEL_UNKNOWN', 2);
    expectError(await models('verify', 'huge'), 'MODEL_UNKNOWN', 2);
  });
});
