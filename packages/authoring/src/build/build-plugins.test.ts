import { readdir } from 'node:fs/promises';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { planManifest } from '@tiercel/kernel';
import { lampPlugin, Workspace } from '../workspace.test.support.js';
import { type BuildOptions, buildPlugins } from './build-plugins.js';

let workspace: Workspace;
beforeEach(async () => {
  workspace = await Workspace.open();
});
afterEach(() => workspace[Symbol.asyncDispose]());

const build = async (options: BuildOptions = {}, target = '.') => {
  const [result] = await buildPlugins([target], { directory: workspace.directory, ...options });
  return result;
};

/** Codes of all that is wrong with a package. */
const codesOf = async (source: string, manifest?: object, options?: BuildOptions) => {
  await workspace.writePackage(source, manifest);
  return (await build(options))?.problems.map(({ code }) => code);
};

const lampFile = {
  name: '@acme/lamp',
  version: '1.2.0',
  provides: {
    lamp: {
      capability: 'lamp',
      version: '1.0.0',
      methods: { turn: 'unary' },
      features: { colours: 3 },
      composes: false,
    },
  },
  requires: {},
  config: {},
  needs: {},
};

describe('buildPlugins', () => {
  it('writes what a package declares beside its package.json', async () => {
    await workspace.writePackage(lampPlugin());

    const result = await build();

    const text = await workspace.read('tiercel.plugin.json');
    const $schema = './node_modules/@tiercel/kernel/plugin.schema.json';
    expect(text).toBe(`${JSON.stringify({ $schema, ...lampFile }, undefined, 2)}\n`);
    expect(result).toEqual({
      plugin: '@acme/lamp',
      file: workspace.path('tiercel.plugin.json'),
      state: 'written',
      declaration: lampFile,
      problems: [],
    });
  });

  it('leaves a file alone that says the same, however it is laid out', async () => {
    await workspace.writePackage(lampPlugin());
    const compact = JSON.stringify({ $schema: 'https://acme.example/schema.json', ...lampFile });
    await workspace.write('tiercel.plugin.json', compact);

    const result = await build();

    expect(result?.state).toBe('current');
    expect(await workspace.read('tiercel.plugin.json')).toBe(compact);
  });

  it('keeps the schema that the author chose when the rest changes', async () => {
    await workspace.writePackage(lampPlugin());
    await workspace.write('tiercel.plugin.json', {
      $schema: '../schema.json',
      ...lampFile,
      version: '1.1.0',
    });

    const result = await build();

    expect(result?.state).toBe('written');
    expect(JSON.parse(await workspace.read('tiercel.plugin.json'))).toEqual({
      $schema: '../schema.json',
      ...lampFile,
    });
  });

  it('writes the file of a module beside it, where planning finds it', async () => {
    await workspace.write('dist/lamp.js', lampPlugin({ name: `'lamp'` }));

    const result = await build({}, 'dist/lamp.js');
    const { plan } = await planManifest({
      manifest: { tier: 'test', plugins: { lamp: { use: './dist/lamp.js' } } },
      directory: workspace.directory,
    });

    expect(result).toMatchObject({ plugin: 'dist/lamp.js', state: 'written' });
    expect(plan.problems).toEqual([]);
    expect(await readdir(workspace.path('dist'))).toEqual(['lamp.js', 'lamp.plugin.json']);
  });

  it('answers for several plugins in the order of their paths, and writes those that are sound', async () => {
    await workspace.write('a.js', lampPlugin());
    await workspace.write('b.js', 'export default 1;');
    await workspace.write('c.js', lampPlugin());

    const results = await buildPlugins(['a.js', 'b.js', 'c.js'], { directory: workspace.directory });

    expect(results.map(({ plugin, state }) => [plugin, state])).toEqual([
      ['a.js', 'written'],
      ['b.js', 'refused'],
      ['c.js', 'written'],
    ]);
  });

  it('checks without writing, and names what the file says otherwise', async () => {
    await workspace.writePackage(lampPlugin());
    const stale = JSON.stringify({ ...lampFile, version: '1.1.0', needs: { memoryMiB: 4 } });
    await workspace.write('tiercel.plugin.json', stale);

    const result = await build({ isCheck: true });

    expect(result).toMatchObject({ state: 'refused', problems: [{ code: 'AUTHORING_FILE_STALE' }] });
    expect(result?.problems[0]?.message).toContain('version, needs.memoryMiB');
    expect(await workspace.read('tiercel.plugin.json')).toBe(stale);
  });

  it('tells everything at once, and writes nothing', async () => {
    const source = lampPlugin(
      {
        version: `'1.3.0'`,
        requires: '{ desk: undefined }',
        config: `{
          key: { doc: 'Key', format: String, default: 'hunter2', sensitive: true },
          since: { doc: 'Since', format: 'record', default: new Date(0) },
        }`,
      },
      `console.log('lamp here'); globalThis.lamps = 1; setInterval(() => 0, 1000); process.on('SIGINT', () => 0);`,
    );

    const codes = await codesOf(source, { files: ['index.js'] });

    expect(codes).toEqual([
      'AUTHORING_FILE_UNPUBLISHED',
      'AUTHORING_IMPORT_RUNNING',
      'AUTHORING_IMPORT_GLOBALS',
      'AUTHORING_IMPORT_LISTENERS',
      'AUTHORING_CAPABILITY_ABSENT',
      'AUTHORING_VALUE_NOT_JSON',
      'AUTHORING_SECRET_DEFAULT',
      'AUTHORING_IMPORT_OUTPUT',
    ]);
    expect(await readdir(workspace.directory)).not.toContain('tiercel.plugin.json');
  });

  it('gives up with the reason of its signal, and leaves no process behind', async () => {
    const controller = new AbortController();
    await workspace.writePackage('await new Promise((done) => setTimeout(done, 600_000));');
    const building = build({ signal: controller.signal });

    controller.abort(new Error('enough'));

    await expect(building).rejects.toThrow('enough');
  });
});

describe('a package that cannot be built', () => {
  it('is none', async () => {
    expect((await build())?.problems).toMatchObject([{ code: 'AUTHORING_TARGET_UNKNOWN' }]);
  });

  it('has a package.json that is not JSON', async () => {
    await workspace.write('package.json', '{');

    expect((await build())?.problems).toMatchObject([
      { code: 'AUTHORING_PACKAGE_UNREADABLE', message: 'package.json cannot be used: it is not JSON.' },
    ]);
  });

  it('has no version', async () => {
    expect(await codesOf(lampPlugin(), { version: undefined })).toEqual(['AUTHORING_PACKAGE_UNREADABLE']);
  });

  it('has not been compiled', async () => {
    expect(await codesOf(lampPlugin(), { exports: { '.': { default: './dist/index.js' } } })).toEqual([
      'AUTHORING_ENTRY_MISSING',
    ]);
  });

  it('calls itself otherwise than its package.json does', async () => {
    expect(await codesOf(lampPlugin(), { name: '@acme/lamps', version: '1.2.1' })).toEqual([
      'AUTHORING_NAME_DIFFERS',
      'AUTHORING_VERSION_DIFFERS',
    ]);
  });
});

describe('a module that does something when it is imported', () => {
  it('fails', async () => {
    expect(await codesOf(`import 'no-such-package';`)).toEqual(['AUTHORING_IMPORT_FAILED']);
  });

  it('ends the process', async () => {
    expect(await codesOf(lampPlugin({}, 'process.exit(7);'))).toEqual(['AUTHORING_IMPORT_ENDED']);
  });

  it('waits for what never comes', async () => {
    const codes = await codesOf(lampPlugin({}, 'await new Promise(() => undefined);'));

    expect(codes).toEqual(['AUTHORING_IMPORT_ENDED']);
  });

  it('takes too long, and is stopped', async () => {
    const source = lampPlugin({}, 'for (;;);');

    expect(await codesOf(source, {}, { importTimeoutMs: 400 })).toEqual(['AUTHORING_IMPORT_LATE']);
  });

  it('loads native code, also if it takes the failure well', async () => {
    const load = `import { createRequire } from 'node:module';
      try { createRequire(import.meta.url)('./engine.node'); } catch {}`;
    await workspace.write('engine.node', 'not really');

    const codes = await codesOf(lampPlugin({}, load));

    expect(codes).toEqual(['AUTHORING_IMPORT_NATIVE']);
  });

  it('is told why its native code is not loaded', async () => {
    const load = `import { createRequire } from 'node:module';
      try { createRequire(import.meta.url)('./engine.node'); } catch (error) { console.log(error.code); }`;
    await workspace.write('engine.node', 'not really');
    await workspace.writePackage(lampPlugin({}, load));

    const result = await build();

    expect(result?.problems).toMatchObject([
      { code: 'AUTHORING_IMPORT_NATIVE' },
      {
        code: 'AUTHORING_IMPORT_OUTPUT',
        message: 'Importing it prints: "AUTHORING_NATIVE_REFUSED"',
      },
    ]);
  });

  it('opens a server', async () => {
    const serve = `import { createServer } from 'node:net'; createServer().listen(0);`;

    expect(await codesOf(lampPlugin({}, serve))).toEqual(['AUTHORING_IMPORT_RUNNING']);
  });

  it('starts another process', async () => {
    const start = `import { spawn } from 'node:child_process';
      spawn(process.execPath, ['--version'], { stdio: 'ignore' });`;

    expect(await codesOf(lampPlugin({}, start))).toEqual(['AUTHORING_IMPORT_RUNNING']);
  });

  it('writes to standard error', async () => {
    await workspace.writePackage(lampPlugin({}, `console.error('beware');`));

    expect((await build())?.problems).toMatchObject([
      { code: 'AUTHORING_IMPORT_OUTPUT', message: 'Importing it prints: "beware"' },
    ]);
  });
});
