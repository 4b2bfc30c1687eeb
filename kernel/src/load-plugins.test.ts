import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { loadManifest } from './load-manifest.js';
import { type LoadedPlugin, loadPlugins } from './load-plugins.js';
import type { Plugin } from './plugin.js';
import { acme, greeterPlugin } from './plugins.test.support.js';

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'tiercel-plugins-'));
});

afterAll(async () => {
  await rm(folder, { recursive: true });
});

/** A plugin written by hand, as an old or foreign package might be. */
const plain = (name: string) =>
  `export default { name: '${name}', version: '1.0.0', provides: {}, requires: {}, config: {}, needs: {}, setup: async () => ({}) };`;

async function write(name: string, text: string): Promise<void> {
  const file = path.join(folder, name);
  await mkdir(path.dirname(file), { recursive: true });
  await writeFile(file, text);
}

async function install(name: string, packageJson: object | string, files: Readonly<Record<string, string>>) {
  const text =
    typeof packageJson === 'string' ? packageJson : JSON.stringify({ type: 'module', ...packageJson });
  await write(`node_modules/${name}/package.json`, text);
  for (const [file, content] of Object.entries(files)) await write(`node_modules/${name}/${file}`, content);
}

async function load(use: string, given: readonly Plugin[] = []): Promise<LoadedPlugin | undefined> {
  const manifest = await loadManifest({ tier: 't', plugins: { it: { use } } }, { directory: folder });
  return (await loadPlugins(manifest, { given })).get('it');
}

const findingOf = (loaded: LoadedPlugin | undefined) =>
  loaded?.state === 'broken' ? loaded.finding : loaded;

describe('loadPlugins, given plugins', () => {
  it('matches them by the name of their package', async () => {
    const plugin = greeterPlugin('hello');

    expect(await load('@acme/hello', [plugin])).toEqual({ state: 'loaded', plugin });
  });

  it('prefers them to what is installed', async () => {
    await install('@acme/installed', { main: 'index.js' }, { 'index.js': plain('@acme/installed') });
    const plugin = acme('installed', { version: '9.0.0' });

    expect(await load('@acme/installed', [plugin])).toEqual({ state: 'loaded', plugin });
  });

  it.each([
    [
      'a requirement that is undefined',
      { ...acme('odd'), requires: { log: undefined } },
      'Requirement "log" names no',
    ],
    [
      'a provision without a capability',
      { ...acme('odd'), provides: { log: {} } },
      'its declaration cannot be read',
    ],
  ])('refuses %s', async (_title, plugin, finding) => {
    expect(findingOf(await load('@acme/odd', [plugin as never]))).toContain(finding);
  });

  it('leaves out entries whose "when" does not hold, and keeps those that cannot be decided', async () => {
    const manifest = await loadManifest({
      tier: 't',
      plugins: { a: { when: 'A' }, b: { when: '!A' }, c: { when: '((' }, d: { when: false } },
    });

    const loaded = await loadPlugins(manifest, { environment: { A: 'no' } });

    expect([...loaded.keys()]).toEqual(['b', 'c']);
  });
});

describe('loadPlugins, installed packages', () => {
  it.each([
    ['exports as a text', { exports: './x.js' }],
    ['exports with a main entry', { exports: { '.': './x.js' } }],
    ['exports with conditions', { exports: { types: './x.d.ts', default: './x.js' } }],
    [
      'exports with nested conditions',
      { exports: { '.': { node: { import: './x.js' }, default: './y.js' } } },
    ],
    ['exports with alternatives', { exports: { '.': [{ import: './x.js' }, './y.js'] } }],
    ['other entries beside the main one', { exports: { './testing': './y.js', '.': { import: './x.js' } } }],
    ['main', { main: 'x.js' }],
    ['main as a path', { main: './x.js', exports: null }],
  ])('understands %s', async (title, packageJson) => {
    const name = `@acme/form-${title.replaceAll(' ', '-')}`;
    await install(name, packageJson, { 'x.js': plain(name) });

    expect(await load(name)).toMatchObject({ state: 'loaded', plugin: { name, version: '1.0.0' } });
  });

  it('takes index.js when a package names no entry', async () => {
    await install('@acme/bare', {}, { 'index.js': plain('@acme/bare') });

    expect(await load('@acme/bare')).toMatchObject({ state: 'loaded' });
  });

  it('looks in every folder above the manifest', async () => {
    await install('@acme/above', {}, { 'index.js': plain('@acme/above') });
    const manifest = await loadManifest(
      { tier: 't', plugins: { it: { use: '@acme/above' } } },
      { directory: path.join(folder, 'far/below') },
    );

    expect((await loadPlugins(manifest)).get('it')).toMatchObject({ state: 'loaded' });
  });

  it('accepts a plugin that was made by another copy of the kernel', async () => {
    await install(
      '@acme/copy',
      {},
      {
        'index.js': `
        const Greeter = { id: 'greeter', version: '1.3.0', key: Symbol.for('tiercel:greeter@1'), methods: { greet: 'unary' } };
        export default { name: '@acme/copy', version: '1.0.0', provides: { greeter: { capability: Greeter, features: {} } },
          requires: {}, config: {}, needs: {}, setup: async () => ({ greeter: { greet: async () => 'Hi.' } }) };`,
      },
    );

    const loaded = await load('@acme/copy');

    expect(loaded?.state === 'loaded' && loaded.plugin.provides['greeter']?.capability.key).toBe(
      Symbol.for('tiercel:greeter@1'),
    );
  });

  it.each([
    ['that throws', "throw new Error('no disk.\\nsecond line');", 'no disk'],
    ['that throws no error', "throw 'nothing';", 'nothing'],
    ['that throws an error without words', 'throw new RangeError();', 'RangeError'],
    ['without a default export', 'export const plugin = 1;', 'its default export is not a plugin'],
    ['whose default export is something else', 'export default 5;', 'its default export is not a plugin'],
    [
      'whose plugin requires nothing real',
      plain('x').replace('requires: {}', 'requires: { log: undefined }'),
      'its declaration cannot be read: Requirement "log" names no capability',
    ],
  ])('reports a module %s', async (title, code, finding) => {
    const name = `@acme/broken-${title.replaceAll(' ', '-')}`;
    await install(name, {}, { 'index.js': code });

    expect(findingOf(await load(name))).toMatch(new RegExp(`^${finding}`));
  });

  it('reports a module that is not JavaScript', async () => {
    await install('@acme/syntax', {}, { 'index.js': 'export default {{{' });

    expect(await load('@acme/syntax')).toMatchObject({ state: 'broken' });
  });

  it('reports a package without its entry', async () => {
    await install('@acme/hollow', { exports: './gone.js' }, {});

    expect(await load('@acme/hollow')).toMatchObject({ state: 'broken' });
  });

  it('reports a broken package.json', async () => {
    await install('@acme/torn', '{ "name": ', {});

    expect(await load('@acme/torn')).toMatchObject({ state: 'broken' });
  });

  it('does not wait forever for a module that waits at its top level', async () => {
    await install('@acme/waiting', {}, { 'index.js': 'await new Promise(() => undefined);' });
    jest.useFakeTimers({ doNotFake: ['nextTick', 'queueMicrotask', 'setImmediate'] });

    try {
      const loading = load('@acme/waiting');
      while (jest.getTimerCount() === 0) await new Promise((resolve) => setImmediate(resolve));
      await jest.advanceTimersByTimeAsync(30_000);

      expect(await loading).toEqual({ state: 'broken', finding: 'it was not imported within 30000 ms' });
    } finally {
      jest.useRealTimers();
    }
  });

  it('reports each broken package alone', async () => {
    await install('@acme/good', {}, { 'index.js': plain('@acme/good') });
    await install('@acme/bad', {}, { 'index.js': 'throw 1;' });
    const plugins = { good: { use: '@acme/good' }, bad: { use: '@acme/bad' }, gone: { use: '@acme/gone' } };

    const loaded = await loadPlugins(await loadManifest({ tier: 't', plugins }, { directory: folder }));

    expect([...loaded].map(([key, { state }]) => [key, state])).toEqual([
      ['good', 'loaded'],
      ['bad', 'broken'],
      ['gone', 'unknown'],
    ]);
  });
});

describe('loadPlugins, names', () => {
  it('suggests an installed package of the same scope', async () => {
    await install('@acme/lamp-ceiling', {}, { 'index.js': plain('@acme/lamp-ceiling') });

    expect(await load('@acme/lamp-cieling')).toEqual({ state: 'unknown', near: '@acme/lamp-ceiling' });
  });

  it('suggests a given plugin', async () => {
    expect(await load('@acme/hallo', [greeterPlugin('hello')])).toEqual({
      state: 'unknown',
      near: '@acme/hello',
    });
  });

  it.each(['nothing-like-it', '@nobody/nothing', '@nobody', ''])('suggests nothing for "%s"', async (use) => {
    const manifest = await loadManifest({ tier: 't', plugins: { it: {} } }, { directory: folder });
    const entry = { ...manifest.plugins.get('it'), use } as never;

    const loaded = await loadPlugins({ ...manifest, plugins: new Map([['it', entry]]) });

    expect(loaded.get('it')?.state).not.toBe('loaded');
  });
});

describe('loadPlugins, paths', () => {
  it('reads a path from the folder of the manifest', async () => {
    await write('mine/lamp.mjs', plain('@mine/lamp'));

    expect(await load('./mine/lamp.mjs')).toMatchObject({ state: 'loaded', plugin: { name: '@mine/lamp' } });
    expect(await load(path.join(folder, 'mine/lamp.mjs'))).toMatchObject({ state: 'loaded' });
  });

  it('knows no module where there is none', async () => {
    expect(await load('./mine/gone.mjs')).toEqual({ state: 'unknown', near: undefined });
  });
});
