import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { boot } from './boot.js';
import type { ManifestData } from './manifest/load-manifest.js';
import { Node } from './node/node.js';
import type { NodeEvent } from './node/plugin-status.js';
import { type PlanOptions, planManifest } from './plan/plan-manifest.js';
import { declarationOf } from './plugin/declaration.js';
import { definePlugin, provide } from './plugin/plugin.js';
import { pluginFileOf } from './plugin/plugin-file.js';
import { supply } from './plugin/supply.js';
import {
  acme,
  bootOf,
  errorOf,
  Greeter,
  greeter,
  greeterPlugin,
  manifestFor,
} from './plugins.test.support.js';

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'tiercel-boot-'));
  await mkdir(path.join(folder, 'node_modules/@acme/lamp'), { recursive: true });
  await writeFile(
    path.join(folder, 'node_modules/@acme/lamp/package.json'),
    '{ "name": "@acme/lamp", "version": "1.2.3", "type": "module", "exports": "./index.js" }',
  );
  await writeFile(
    path.join(folder, 'node_modules/@acme/lamp/index.js'),
    `const Greeter = { id: 'greeter', version: '1.2.0', key: Symbol.for('tiercel:greeter@1'), methods: { greet: 'unary' } };
     export default { name: '@acme/lamp', version: '1.2.3', provides: { it: { capability: Greeter, features: {} } },
       requires: {}, config: { word: { doc: 'Word', format: String, default: 'Hello', env: 'WORD' } }, needs: {},
       setup: async ({ config }) => ({ it: { greet: async (name) => config.word + ' ' + name } }) };`,
  );
  await writeFile(
    path.join(folder, 'node_modules/@acme/lamp/tiercel.plugin.json'),
    JSON.stringify({
      name: '@acme/lamp',
      version: '1.2.3',
      provides: {
        it: {
          capability: 'greeter',
          version: '1.2.0',
          methods: { greet: 'unary' },
          features: {},
          composes: false,
        },
      },
      requires: {},
      config: { word: { doc: 'Word', format: 'text', default: 'Hello', env: 'WORD' } },
      needs: {},
    }),
  );
  await writeFile(
    path.join(folder, 'tier.yaml'),
    "tier: test\nrequires: [greeter]\nplugins:\n  lamp: { use: '@acme/lamp', version: ^1.2, config: { word: Hi } }\n",
  );
});

afterAll(async () => {
  await rm(folder, { recursive: true });
});

describe('boot', () => {
  it('starts what a manifest file names', async () => {
    await using node = await boot({ manifest: path.join(folder, 'tier.yaml'), environment: {} });

    expect(await node.get(Greeter).greet('Ada')).toBe('Hi Ada');
    expect(node.plan.tier).toBe('test');
  });

  it('lays an overlay over the file, and the environment over both', async () => {
    const overlay = { plugins: { lamp: { config: { word: 'Ciao' } } } };
    const manifest = path.join(folder, 'tier.yaml');

    await using laid = await boot({ manifest, overlay, environment: {} });
    await using told = await boot({ manifest, overlay, environment: { WORD: 'Salve' } });

    expect(await laid.get(Greeter).greet('Ada')).toBe('Ciao Ada');
    expect(await told.get(Greeter).greet('Ada')).toBe('Salve Ada');
  });

  it('reads the real environment when none is given', async () => {
    process.env['WORD'] = 'Grüezi';
    try {
      await using node = await boot({ manifest: path.join(folder, 'tier.yaml') });

      expect(await node.get(Greeter).greet('Ada')).toBe('Grüezi Ada');
    } finally {
      delete process.env['WORD'];
    }
  });

  it('looks for packages from the folder that is given with data', async () => {
    await using node = await boot({
      manifest: { tier: 'test', plugins: { lamp: { use: '@acme/lamp' } } },
      directory: folder,
      environment: {},
    });

    expect(await node.get(Greeter).greet('Ada')).toBe('Hello Ada');
  });

  it('starts a node without plugins', async () => {
    await using node = await boot({ manifest: { tier: 'empty', plugins: {} }, environment: {} });

    expect([node.state, node.plugins]).toEqual(['ready', []]);
  });

  it('throws every problem of a plan at once, readable as text and as data', async () => {
    const error = await errorOf(() =>
      boot({ manifest: { tier: 'test', requires: ['clock'], plugins: { gone: {} } }, environment: {} }),
    );

    expect(error).toMatchObject({
      code: 'KERNEL_PLAN_INVALID',
      details: { problems: [{ code: 'KERNEL_PLUGIN_UNKNOWN' }, { code: 'KERNEL_NOTHING_PROMISED' }] },
    });
    expect(error.message.split('\n').slice(0, 2)).toEqual([
      'The manifest has 2 problems.',
      'The manifest KERNEL_PLUGIN_UNKNOWN',
    ]);
  });

  it('hands warnings of the plan to the listener', async () => {
    const events: NodeEvent[] = [];
    const lamp = definePlugin({
      name: '@acme/lamp',
      version: '1.0.0',
      provides: {},
      config: { level: { doc: 'Level', format: 'nat', default: 1, env: 'LEVEL', aliases: ['GLOW'] } },
      setup: () => ({}),
    });

    await using _node = await boot({
      manifest: { tier: 'test', plugins: { lamp: { use: '@acme/lamp' } } },
      plugins: [lamp],
      environment: { GLOW: '2' },
      onEvent: (event) => events.push(event),
    });

    expect(events[0]).toEqual({ type: 'warning', message: 'Environment variable GLOW is now called LEVEL.' });
  });

  it('lets two nodes live side by side, and shares nothing between them', async () => {
    class Mine {}
    const seen: unknown[] = [];
    const owner = acme('owner', { setup: ({ resolve }) => void seen.push(resolve(Mine)) });

    await using first = await bootOf([owner]);
    await using second = await bootOf([owner]);
    await first.stop();

    expect(seen[0]).not.toBe(seen[1]);
    expect(second.state).toBe('ready');
  });
});

describe('planManifest', () => {
  it('plans without starting anything, and returns what Node.start takes', async () => {
    const planned = await planManifest({
      manifest: { tier: 'test', plugins: { hello: { use: '@acme/hello' }, gone: { when: 'GONE' } } },
      plugins: [greeterPlugin('hello')],
      environment: {},
    });

    expect(planned.plan.plugins.map(({ key }) => key)).toEqual(['hello']);
    await using node = await Node.start(planned);
    expect(node.get(Greeter)).toBe(greeter);
  });

  it('returns problems instead of throwing them', async () => {
    const planned = await planManifest({
      manifest: { tier: 'test', plugins: { gone: {} } },
      environment: {},
    });

    expect(planned.plan.problems).toHaveLength(1);
    await expect(Node.start(planned)).rejects.toMatchObject({ code: 'KERNEL_PLAN_INVALID' });
  });

  describe('on a machine that is too small', () => {
    const heavy = { ...acme('heavy'), needs: { memoryMiB: 1_000, cores: 2, accelerator: 'cuda' } };
    const machine = { cores: 1, memoryMiB: 512, accelerators: [] };
    const lacks = [
      'The plugins need 1,050 MiB of memory, and the machine has 512 MiB: 538 MiB too little.',
      'The plugins need 2 cores, and the machine has 1 core: 1 core too little.',
      'The machine has no accelerator of the kind that heavy needs.',
    ];
    const planFor = async (options: Partial<PlanOptions>, device?: ManifestData['device']) => {
      const manifest = { ...manifestFor([heavy]), ...(device && { device }) };
      return (await planManifest({ manifest, plugins: [heavy], environment: {}, ...options })).plan;
    };

    it('has problems where the manifest declares no device', async () => {
      const { problems, warnings } = await planFor({ machine });

      expect(problems.map(({ code, message }) => [code, message])).toEqual(
        lacks.map((message) => ['KERNEL_DEVICE_TOO_SMALL', message]),
      );
      expect(warnings).toEqual([]);
    });

    it('only warns where the device that is declared is large enough', async () => {
      const device = { cores: 2, memoryMiB: 2_048, accelerator: 'cuda' };

      const { problems, warnings, fit } = await planFor({ machine }, device);

      expect(problems).toEqual([]);
      expect(warnings).toEqual(lacks);
      expect(fit.map(({ resource, against, spare }) => [resource, against, spare])).toEqual([
        ['memory', 'device', 998],
        ['cores', 'device', 0],
      ]);
    });

    it('says nothing of a machine that it was told not to look at', async () => {
      expect(await planFor({ machine: null })).toMatchObject({ problems: [], warnings: [], fit: [] });
    });
  });

  it('measures the machine where none is given', async () => {
    const { plan } = await planManifest({ manifest: manifestFor([]), environment: {} });

    expect(plan.fit).toMatchObject([{ resource: 'memory', against: 'machine', needed: 50, fits: true }]);
  });

  it('plans with packages that are not installed, and says how to install them', async () => {
    const heavy = (name: string) =>
      pluginFileOf(declarationOf(acme(name, { version: '3.1.0', provides: [Greeter] })));
    const manifest = {
      tier: 'test',
      requires: ['greeter'],
      plugins: { heavy: { use: '@acme/heavy' }, spare: { use: '@acme/spare', boot: 'degrade' } },
      bind: { greeter: 'heavy' },
    };
    const catalogue = { '@acme/heavy': heavy('heavy'), '@acme/spare': heavy('spare') };

    const planned = await planManifest({ manifest, catalogue, environment: {} });

    expect(planned.plan.problems).toEqual([]);
    expect(planned.plan.install).toEqual([
      { package: '@acme/heavy', version: '3.1.0' },
      { package: '@acme/spare', version: '3.1.0' },
    ]);
    await expect(Node.start(planned)).rejects.toMatchObject({
      code: 'KERNEL_PACKAGES_MISSING',
      message: expect.stringContaining('"npm install @acme/heavy@3.1.0 @acme/spare@3.1.0"'),
    });
  });

  it('lets a node start without a missing package that it may be without', async () => {
    const catalogue = { '@acme/heavy': pluginFileOf(declarationOf(acme('heavy', { version: '3.1.0' }))) };
    const manifest = { tier: 'test', plugins: { heavy: { use: '@acme/heavy', boot: 'degrade' } } };

    await using node = await boot({ manifest, catalogue, environment: {} });

    expect(node.plugins).toMatchObject([
      { state: 'failed', reason: expect.stringContaining('npm install @acme/heavy@3.1.0') },
    ]);
  });
});

describe('the code of an installed plugin', () => {
  const packageJson = (name: string) => `{ "name": "@acme/${name}", "version": "1.0.0", "type": "module" }`;

  async function bootInstalled(
    name: string,
    code: string,
    declared = acme(name),
  ): Promise<Error | undefined> {
    const home = path.join(folder, 'node_modules/@acme', name);
    await mkdir(home, { recursive: true });
    await writeFile(path.join(home, 'package.json'), packageJson(name));
    await writeFile(path.join(home, 'index.js'), code);
    await writeFile(
      path.join(home, 'tiercel.plugin.json'),
      JSON.stringify(pluginFileOf(declarationOf(declared))),
    );
    const manifest = { tier: 'test', plugins: { it: { use: `@acme/${name}` } } };
    const error = await errorOf(() => boot({ manifest, directory: folder, environment: {} }));
    return error.cause as Error;
  }

  it.each([
    ['throws', "throw new Error('no disk.\\nsecond line');", 'no disk'],
    ['throws-none', "throw 'nothing';", 'nothing'],
    ['throws-empty', 'throw new RangeError();', 'RangeError'],
    ['syntax', 'export default {{{', 'Unexpected token'],
    ['no-default', 'export const plugin = 1;', 'its default export is not a plugin'],
    ['other-default', 'export default 5;', 'its default export is not a plugin'],
  ])('is refused when it %s', async (name, code, finding) => {
    expect(await bootInstalled(name, code)).toMatchObject({
      code: 'KERNEL_PLUGIN_IMPORT_FAILED',
      message: expect.stringContaining(finding),
    });
  });

  it('is refused when it is something else than its file says', async () => {
    const code = `export default { name: '@acme/changed', version: '1.0.1', provides: {}, requires: {},
      config: { word: { doc: 'Word', format: String, default: '' } }, needs: {}, setup: async () => ({}) };`;

    expect(await bootInstalled('changed', code)).toMatchObject({
      code: 'KERNEL_PLUGIN_MISMATCH',
      details: { paths: ['version', 'config.word'] },
    });
  });

  it('is imported for all before the setup of any runs', async () => {
    const log: string[] = [];
    const early = acme('early', { setup: () => void log.push('set up') });
    const manifest = {
      tier: 'test',
      plugins: { early: { use: '@acme/early' }, late: { use: '@acme/changed' } },
    };

    await errorOf(() => boot({ manifest, plugins: [early], directory: folder, environment: {} }));

    expect(log).toEqual([]);
  });

  it('is not waited for without end', async () => {
    jest.useFakeTimers({ doNotFake: ['nextTick', 'queueMicrotask', 'setImmediate'] });
    try {
      const booting = bootInstalled('waiting', 'await new Promise(() => undefined);');
      while (jest.getTimerCount() < 2) await new Promise((resolve) => setImmediate(resolve));
      await jest.advanceTimersByTimeAsync(30_000);

      expect(await booting).toMatchObject({
        code: 'KERNEL_PLUGIN_IMPORT_FAILED',
        cause: { code: 'KERNEL_IMPORT_TIMEOUT' },
      });
    } finally {
      jest.useRealTimers();
    }
  });
});

describe('supply', () => {
  it('makes a plugin out of an object, which stays with the caller', async () => {
    let isClosed = false;
    const mine = {
      ...greeter,
      [Symbol.dispose]: () => {
        isClosed = true;
      },
    };
    const node = await boot({
      manifest: { tier: 'test', plugins: { hello: null } },
      plugins: [supply('@tiercel/hello', Greeter, mine)],
      environment: {},
    });

    expect(node.get(Greeter)).toBe(mine);
    await node.stop();
    expect(isClosed).toBe(false);
  });

  it('refuses an object that lacks a member', async () => {
    const error = await errorOf(() =>
      boot({
        manifest: { tier: 'test', plugins: { hello: null } },
        plugins: [supply('@tiercel/hello', Greeter, {} as Greeter)],
        environment: {},
      }),
    );

    expect(error.cause).toMatchObject({ code: 'KERNEL_PROVIDER_INCOMPLETE' });
  });
});

describe('definePlugin', () => {
  it('gives what is left out its empty form, and freezes the plugin', () => {
    const plugin = definePlugin({
      name: '@acme/bare',
      version: '1.0.0',
      provides: { greeter: provide(Greeter, { languages: ['en'] }) },
      setup: () => ({ greeter }),
    });

    expect(plugin).toMatchObject({ requires: {}, config: {}, needs: {} });
    expect(plugin.provides['greeter']?.features).toEqual({ languages: ['en'] });
    expect(Object.isFrozen(plugin)).toBe(true);
  });

  it('turns a setup that throws at once into one that rejects', async () => {
    const plugin = definePlugin({
      name: '@acme/hasty',
      version: '1.0.0',
      provides: {},
      setup: () => {
        throw new Error('at once');
      },
    });

    await expect(plugin.setup({} as never)).rejects.toThrow('at once');
  });
});
