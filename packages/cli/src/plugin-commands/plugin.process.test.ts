import { mkdir, readdir, readFile, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { runTiercel, Workspace } from '../run-tiercel.test.support.js';

let workspace: Workspace;
beforeEach(async () => {
  workspace = await Workspace.open();
  await mkdir(workspace.path('node_modules'));
  await symlink(path.resolve('node_modules/@tiercel'), workspace.path('node_modules/@tiercel'), 'dir');
});
afterEach(() => workspace[Symbol.asyncDispose]());

const tiercel = (...args: readonly string[]) => runTiercel(args, { directory: workspace.directory });

const source = (
  version: string,
) => `import { defineCapability, definePlugin, provide } from '@tiercel/kernel';
  const Lamp = defineCapability()({ id: 'lamp', version: '1.0.0', methods: { turn: 'unary' } });
  export default definePlugin({
    name: '@acme/lamp', version: '${version}', provides: { lamp: provide(Lamp) },
    setup: () => ({ lamp: { turn: async () => true } }),
  });`;

async function writeLamp(version = '1.0.0'): Promise<void> {
  const manifest = { name: '@acme/lamp', version: '1.0.0', type: 'module', exports: './index.js' };
  await writeFile(workspace.path('package.json'), JSON.stringify(manifest));
  await writeFile(workspace.path('index.js'), source(version));
}

describe('tiercel plugin build', () => {
  it('writes the file of the plugin in this folder, and says when there was nothing to do', async () => {
    await writeLamp();

    const first = await tiercel('plugin', 'build');
    const second = await tiercel('plugin', 'build', '--check');

    expect(first).toEqual({ exitCode: 0, stdout: '@acme/lamp: wrote tiercel.plugin.json\n', stderr: '' });
    expect(second).toEqual({
      exitCode: 0,
      stdout: '@acme/lamp: tiercel.plugin.json is current\n',
      stderr: '',
    });
    expect(JSON.parse(await readFile(workspace.path('tiercel.plugin.json'), 'utf8'))).toMatchObject({
      name: '@acme/lamp',
      provides: { lamp: { capability: 'lamp' } },
    });
  });

  it('tells all that is wrong, and ends with 2', async () => {
    await writeLamp('2.0.0');

    const { exitCode, stdout, stderr } = await tiercel('plugin', 'build', '.', 'missing.js');

    expect([exitCode, stdout]).toEqual([2, '']);
    expect(stderr).toContain('@acme/lamp has 1 problem.\nAUTHORING_VERSION_DIFFERS');
    expect(stderr).toContain('missing.js has 1 problem.\nAUTHORING_TARGET_UNKNOWN');
    expect(await readdir(workspace.directory)).not.toContain('tiercel.plugin.json');
  });

  it('prints one JSON document when asked to', async () => {
    await writeLamp();

    const { stdout, stderr } = await tiercel('plugin', 'build', '--json');

    expect(stderr).toBe('');
    expect(JSON.parse(stdout)).toEqual({
      plugins: [{ plugin: '@acme/lamp', file: expect.any(String), state: 'written', problems: [] }],
    });
  });
});

describe('tiercel plugin new', () => {
  it('writes a package and says what to do with it', async () => {
    const { exitCode, stdout } = await tiercel('plugin', 'new', '@you/dice', '--capability', 'tool-provider');

    expect(exitCode).toBe(0);
    expect(stdout).toContain('@you/dice is in dice:\n  .gitignore\n  README.md\n');
    expect(stdout).toContain('Next:\n  cd dice\n  npm install\n  npm test');
    expect(await readdir(workspace.path('dice/src'))).toEqual(['dice-tools.ts', 'dice.test.ts', 'index.ts']);
  });

  it('names the members that are still to be written for a contract of another package', async () => {
    const contract = ['--capability', 'clock', '--contract-from', '@tiercel/capabilities/clock'];

    const { stdout } = await tiercel('plugin', 'new', 'sundial', ...contract);

    expect(stdout).toContain('until then its suite fails: nowMs, epochMs, timeZone, delay.');
  });

  it('refuses with all that is in the way, and ends with 2', async () => {
    await workspace.write('taken/note.txt', '');

    const args = ['plugin', 'new', 'Dice', '--capability', 'moon', '--directory', 'taken'];
    const { exitCode, stdout, stderr } = await tiercel(...args);

    expect([exitCode, stdout]).toEqual([2, '']);
    expect(stderr.match(/^AUTHORING_\w+$/gm)).toEqual([
      'AUTHORING_NAME_INVALID',
      'AUTHORING_DIRECTORY_TAKEN',
      'AUTHORING_CAPABILITY_UNKNOWN',
    ]);
  });

  it('wants a capability', async () => {
    const { exitCode, stderr } = await tiercel('plugin', 'new', 'dice');

    expect(exitCode).toBe(2);
    expect(stderr).toContain('tiercel plugin new --help');
  });
});
