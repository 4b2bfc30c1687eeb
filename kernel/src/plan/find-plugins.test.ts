import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { loadManifest } from '../manifest/load-manifest.js';
import { declarationOf } from '../plugin/declaration.js';
import { pluginFileOf } from '../plugin/plugin-file.js';
import { acme, found, greeterPlugin } from '../plugins.test.support.js';
import { type FindOptions, type FoundPlugin, findPlugins } from './find-plugins.js';

let folder: string;
const file = 'tiercel.plugin.json';

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'tiercel-plugins-'));
});

afterAll(async () => {
  await rm(folder, { recursive: true });
});

/** What a plugin file says of a plugin that provides and takes nothing. */
const bare = (name: string) => JSON.stringify(pluginFileOf(declarationOf({ ...acme('bare'), name })));

/** A module that must never be run. */
const trap = 'process.exit(99);';

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

async function find(use: string, options: FindOptions = {}): Promise<FoundPlugin | undefined> {
  const manifest = await loadManifest({ tier: 't', plugins: { it: { use } } }, { directory: folder });
  return (await findPlugins(manifest, options)).get('it');
}

const findingOf = (result: FoundPlugin | undefined) => (result?.state === 'broken' ? result.finding : result);

describe('findPlugins, given plugins', () => {
  it('matches them by the name of their package', async () => {
    const plugin = greeterPlugin('hello');

    expect(await find('@acme/hello', { given: [plugin] })).toEqual(found(plugin));
  });

  it('prefers them to what is installed', async () => {
    await install('@acme/installed', {}, { 'index.js': trap, [file]: bare('@acme/installed') });
    const plugin = acme('installed', { version: '9.0.0' });

    expect(await find('@acme/installed', { given: [plugin] })).toEqual(found(plugin));
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
    [
      'a configuration key without its meaning',
      { ...acme('odd'), config: { level: { format: 'nat', default: -1 } } },
      'config.level.doc is missing, not a text',
    ],
    [
      'a configuration key of no known format',
      { ...acme('odd'), config: { level: { doc: 'Level', format: 'natural', default: 1 } } },
      'config.level.format is "natural", not the name of a format or a list of values',
    ],
    ['something else', { name: '@acme/odd' }, 'it is not a plugin'],
  ])('refuses %s', async (_title, plugin, finding) => {
    expect(findingOf(await find('@acme/odd', { given: [plugin as never] }))).toContain(finding);
  });

  it('leaves out entries whose "when" does not hold, and keeps those that cannot be decided', async () => {
    const manifest = await loadManifest({
      tier: 't',
      plugins: { a: { when: 'A' }, b: { when: '!A' }, c: { when: '((' }, d: { when: false } },
    });

    const all = await findPlugins(manifest, { environment: { A: 'no' } });

    expect([...all.keys()]).toEqual(['b', 'c']);
  });
});

describe('findPlugins, installed packages', () => {
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
  ])('understands %s, and runs no code', async (title, packageJson) => {
    const name = `@acme/form-${title.replaceAll(' ', '-')}`;
    await install(name, packageJson, { 'x.js': trap, [file]: bare(name) });

    expect(await find(name)).toMatchObject({
      state: 'found',
      declaration: { name, version: '1.0.0' },
      module: path.join(folder, 'node_modules', name, 'x.js'),
    });
  });

  it('takes index.js when a package names no entry', async () => {
    await install('@acme/bare', {}, { [file]: bare('@acme/bare') });

    expect(await find('@acme/bare')).toMatchObject({
      state: 'found',
      module: path.join(folder, 'node_modules/@acme/bare/index.js'),
    });
  });

  it('looks in every folder above the manifest', async () => {
    await install('@acme/above', {}, { [file]: bare('@acme/above') });
    const manifest = await loadManifest(
      { tier: 't', plugins: { it: { use: '@acme/above' } } },
      { directory: path.join(folder, 'far/below') },
    );

    expect((await findPlugins(manifest)).get('it')).toMatchObject({ state: 'found' });
  });

  it('tells of a package that says nothing about itself, and how to make it', async () => {
    await install('@acme/silent', {}, { 'index.js': trap });

    expect(await find('@acme/silent')).toEqual({
      state: 'undeclared',
      build: path.relative(process.cwd(), path.join(folder, 'node_modules/@acme/silent')),
    });
  });

  it('tells all that is wrong with a plugin file', async () => {
    await install('@acme/wrong', {}, { [file]: '{ "name": "@acme/wrong", "provides": [] }' });

    expect(findingOf(await find('@acme/wrong'))).toBe(
      'tiercel.plugin.json: version is missing, not a text; provides is a list, not a map; ' +
        'requires is missing, not a map; config is missing, not a map; needs is missing, not a map',
    );
  });

  it('tells of a plugin file that is not JSON', async () => {
    await install('@acme/torn-file', {}, { [file]: '{{' });

    expect(findingOf(await find('@acme/torn-file'))).toBe('tiercel.plugin.json: it is not JSON');
  });

  it('reports a broken package.json', async () => {
    await install('@acme/torn', '{ "name": ', {});

    expect(await find('@acme/torn')).toMatchObject({ state: 'broken' });
  });

  it('reports each package alone', async () => {
    await install('@acme/good', {}, { [file]: bare('@acme/good') });
    await install('@acme/bad', {}, { [file]: '1' });
    const plugins = { good: { use: '@acme/good' }, bad: { use: '@acme/bad' }, gone: { use: '@acme/gone' } };

    const all = await findPlugins(await loadManifest({ tier: 't', plugins }, { directory: folder }));

    expect([...all].map(([key, { state }]) => [key, state])).toEqual([
      ['good', 'found'],
      ['bad', 'broken'],
      ['gone', 'unknown'],
    ]);
  });
});

describe('findPlugins, catalogue', () => {
  const catalogue = { '@acme/heavy': pluginFileOf(declarationOf(acme('heavy', { version: '3.1.0' }))) };

  it('knows packages that are not installed', async () => {
    expect(await find('@acme/heavy', { catalogue })).toMatchObject({
      state: 'absent',
      declaration: { name: '@acme/heavy', version: '3.1.0' },
    });
  });

  it('counts less than what is installed', async () => {
    await install('@acme/heavy', {}, { [file]: bare('@acme/heavy') });

    expect(await find('@acme/heavy', { catalogue })).toMatchObject({
      state: 'found',
      declaration: { version: '1.0.0' },
    });
  });

  it('has names to suggest', async () => {
    expect(await find('@acme/heavi', { catalogue })).toEqual({ state: 'unknown', near: '@acme/heavy' });
  });
});

describe('findPlugins, names', () => {
  it('suggests an installed package of the same scope', async () => {
    await install('@acme/lamp-ceiling', {}, { [file]: bare('@acme/lamp-ceiling') });

    expect(await find('@acme/lamp-cieling')).toEqual({ state: 'unknown', near: '@acme/lamp-ceiling' });
  });

  it('suggests a given plugin', async () => {
    expect(await find('@acme/hallo', { given: [greeterPlugin('hello')] })).toEqual({
      state: 'unknown',
      near: '@acme/hello',
    });
  });

  it.each(['nothing-like-it', '@nobody/nothing', '@nobody', ''])('suggests nothing for "%s"', async (use) => {
    const manifest = await loadManifest({ tier: 't', plugins: { it: {} } }, { directory: folder });
    const entry = { ...manifest.plugins.get('it'), use } as never;

    const all = await findPlugins({ ...manifest, plugins: new Map([['it', entry]]) });

    expect(all.get('it')?.state).not.toBe('found');
  });
});

describe('findPlugins, paths', () => {
  it('reads the plugin file beside a module, from the folder of the manifest', async () => {
    await write('mine/lamp.mjs', trap);
    await write('mine/lamp.plugin.json', bare('@mine/lamp'));

    const module = path.join(folder, 'mine/lamp.mjs');
    expect(await find('./mine/lamp.mjs')).toMatchObject({ state: 'found', module });
    expect(await find(module)).toMatchObject({ state: 'found', declaration: { name: '@mine/lamp' } });
  });

  it('tells of a module without a plugin file', async () => {
    await write('mine/chair.mjs', trap);

    expect(await find('./mine/chair.mjs')).toEqual({ state: 'undeclared', build: './mine/chair.mjs' });
  });

  it('knows no module where there is none', async () => {
    expect(await find('./mine/gone.mjs')).toEqual({ state: 'unknown', near: undefined });
  });
});
