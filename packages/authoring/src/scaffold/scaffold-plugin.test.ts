import { execFile } from 'node:child_process';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Workspace } from '../workspace.test.support.js';
import { type ScaffoldOptions, scaffoldPlugin } from './scaffold-plugin.js';
import { templateNames } from './templates.js';

const run = promisify(execFile);

let workspace: Workspace;
beforeEach(async () => {
  workspace = await Workspace.open();
});
afterEach(() => workspace[Symbol.asyncDispose]());

const scaffold = (options: Partial<ScaffoldOptions> = {}) =>
  scaffoldPlugin({ name: '@you/night-lamp', capability: 'clock', from: workspace.directory, ...options });

/** Codes of all that is in the way. */
async function refusals(options: Partial<ScaffoldOptions>): Promise<readonly string[]> {
  const error = await scaffold(options).catch((cause: unknown) => cause);
  expect(error).toMatchObject({ code: 'AUTHORING_SCAFFOLD_REFUSED' });
  const { details } = error as {
    readonly details: { readonly problems: readonly { readonly code: string }[] };
  };
  return details.problems.map(({ code }) => code);
}

const readJson = async (file: string) => JSON.parse(await readFile(file, 'utf8'));

describe('scaffoldPlugin', () => {
  it('has a working provider for every capability', async () => {
    const files = await readdir(path.resolve('packages/capabilities/src'), { recursive: true });
    // A capability has a suite; other folders hold what several of them share.
    const suites = files.filter((file) => path.basename(file) === 'testing.ts');

    expect(await templateNames()).toEqual(suites.map((file) => path.dirname(file)).sort());
  });

  it('writes a whole package into a folder of its own', async () => {
    const { directory, files, unwritten } = await scaffold();

    expect(directory).toBe(workspace.path('night-lamp'));
    expect(files).toEqual([
      '.gitignore',
      'README.md',
      'package.json',
      'src/errors.ts',
      'src/index.ts',
      'src/night-lamp.test.ts',
      'src/zoned-clock.ts',
      'tier.yaml',
      'tsconfig.json',
    ]);
    expect(unwritten).toEqual([]);
    expect((await readdir(directory, { recursive: true })).sort()).toEqual([...files, 'src'].sort());
  });

  it('leaves nothing of the template in it', async () => {
    for (const capability of await templateNames()) {
      const { directory, files } = await scaffold({ capability, directory: capability });

      const texts = await Promise.all(files.map((file) => readFile(path.join(directory, file), 'utf8')));
      expect(texts.join('\n')).not.toMatch(/plugin-name|capability-id|@acme|Description of the plugin/);
      expect(texts.join('\n')).toContain('@you/night-lamp');
    }
  });

  it('keeps a name apart from what it is made of', async () => {
    const { directory } = await scaffold({ name: '@you/plugin-name-two' });

    expect(await readFile(path.join(directory, 'src/index.ts'), 'utf8')).toContain(
      `name: '@you/plugin-name-two'`,
    );
  });

  it('depends on what its sources import, in exact versions', async () => {
    const { directory } = await scaffold({ capability: 'world-model' });

    const manifest = await readJson(path.join(directory, 'package.json'));
    const { version } = await readJson(path.resolve('packages/authoring/package.json'));
    expect(manifest.dependencies).toEqual({ '@tiercel/capabilities': version, '@tiercel/kernel': version });
    expect(manifest.devDependencies).toMatchObject({ '@tiercel/cli': version, '@tiercel/tiers': version });
  });

  it('tests and compiles with the tools of this project', async () => {
    const template = await readJson(path.resolve('packages/authoring/templates/common/package.json'));
    const root = await readJson(path.resolve('package.json'));

    expect(root.devDependencies).toMatchObject(template.devDependencies);
  });

  it('tells everything that is in the way at once, and writes nothing', async () => {
    await workspace.write('taken/note.txt', 'mine');

    const codes = await refusals({ name: 'Night Lamp', capability: 'moon', directory: 'taken' });

    expect(codes).toEqual([
      'AUTHORING_NAME_INVALID',
      'AUTHORING_DIRECTORY_TAKEN',
      'AUTHORING_CAPABILITY_UNKNOWN',
    ]);
    expect(await readdir(workspace.path('taken'))).toEqual(['note.txt']);
  });

  it('says why a folder cannot be made', async () => {
    await workspace.write('file', '');

    await expect(scaffold({ directory: 'file/inside' })).rejects.toMatchObject({
      code: 'AUTHORING_DIRECTORY_UNUSABLE',
    });
  });
});

describe('scaffoldPlugin for a contract of another package', () => {
  const token = `import { defineCapability } from '@tiercel/kernel';
    export const Doorbell = defineCapability()({ id: 'doorbell', version: '1.0.0', methods: {
      melody: 'fact', ring: 'unary', visitors: 'stream-out', learn: 'stream-in', talk: 'duplex', mute: 'notify',
      count: 'local' } });`;
  const types = `import type { Capability } from '@tiercel/kernel';
    export interface Doorbell {
      readonly melody: string;
      ring(visitor: string): Promise<string>;
      visitors(): AsyncIterable<string>;
      learn(melody: AsyncIterable<number>): Promise<void>;
      talk(words: AsyncIterable<string>): AsyncIterable<string>;
      mute(): void;
      count(): number;
    }
    export declare const Doorbell: Capability<Doorbell>;`;

  beforeEach(async () => {
    await workspace.write('node_modules/@acme/contracts/package.json', {
      name: '@acme/contracts',
      version: '2.3.4',
      type: 'module',
      exports: {
        './doorbell': { types: './doorbell.d.ts', import: './doorbell.js' },
        './doorbell/testing': { types: './testing.d.ts', import: './testing.js' },
        './lamp': { import: './lamp.js' },
      },
    });
    const write = (name: string, text: string) =>
      workspace.write(`node_modules/@acme/contracts/${name}`, text);
    await write('doorbell.js', token);
    await write('doorbell.d.ts', types);
    await write('testing.js', `import '@jest/globals'; export function describeDoorbellContract() {}`);
    await write(
      'testing.d.ts',
      `import type { Doorbell } from './doorbell.js'; export declare function describeDoorbellContract(
        title: string, open: () => Promise<{ provider: Doorbell; close(): Promise<void> }>): void;`,
    );
    await write('lamp.js', 'export const Lamp = 1;');
  });

  const doorbell = { name: '@you/loud', capability: 'doorbell', contractFrom: '@acme/contracts/doorbell' };

  it('leaves the members of the provider to be written, and runs the suite of the contract', async () => {
    const { directory, files, unwritten } = await scaffold(doorbell);

    expect(unwritten).toEqual(['melody', 'ring', 'visitors', 'learn', 'talk', 'mute', 'count']);
    expect(files).toEqual(expect.arrayContaining(['src/loud-doorbell.ts', 'src/loud.test.ts']));
    expect(await readFile(path.join(directory, 'src/loud.test.ts'), 'utf8')).toContain(
      "import { describeDoorbellContract } from '@acme/contracts/doorbell/testing';",
    );
    expect((await readJson(path.join(directory, 'package.json'))).dependencies).toMatchObject({
      '@acme/contracts': '2.3.4',
    });
  });

  it('compiles as it is', async () => {
    const { directory } = await scaffold(doorbell);

    const tsc = path.resolve('node_modules/typescript/bin/tsc');
    const { stdout } = await run(process.execPath, [tsc, '--noEmit'], { cwd: directory });

    expect(stdout).toBe('');
  });

  it('writes a test of its own where the contract has no suite', async () => {
    const manifest = workspace.path('node_modules/@acme/contracts/package.json');
    const { exports, ...rest } = await readJson(manifest);
    await writeFile(manifest, JSON.stringify({ ...rest, exports: { './doorbell': exports['./doorbell'] } }));

    const { directory } = await scaffold(doorbell);

    const test = await readFile(path.join(directory, 'src/loud.test.ts'), 'utf8');
    expect(test).toContain('expect(test.node.has(Doorbell)).toBe(true)');
  });

  it.each([
    ['that is not installed', '@acme/elsewhere', 'AUTHORING_CONTRACT_UNREADABLE'],
    ['without such a capability', '@acme/contracts/lamp', 'AUTHORING_CONTRACT_ABSENT'],
  ])('refuses a package %s', async (_, contractFrom, code) => {
    expect(await refusals({ ...doorbell, contractFrom })).toEqual([code]);
  });
});
