import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { boot, planManifest } from './boot.js';
import { Node } from './node.js';
import { definePlugin, provide } from './plugin.js';
import type { NodeEvent } from './plugin-status.js';
import { acme, bootOf, errorOf, Greeter, greeter, greeterPlugin } from './plugins.test.support.js';
import { supply } from './supply.js';

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
  it('plans without starting anything, and returns the plugins for Node.start', async () => {
    const { plan, plugins } = await planManifest({
      manifest: { tier: 'test', plugins: { hello: { use: '@acme/hello' }, gone: { when: 'GONE' } } },
      plugins: [greeterPlugin('hello')],
      environment: {},
    });

    expect([...plugins.keys()]).toEqual(['hello']);
    await using node = await Node.start(plan, plugins);
    expect(node.get(Greeter)).toBe(greeter);
  });

  it('returns problems instead of throwing them', async () => {
    const { plan } = await planManifest({
      manifest: { tier: 'test', plugins: { gone: {} } },
      environment: {},
    });

    expect(plan.problems).toHaveLength(1);
    await expect(Node.start(plan, new Map())).rejects.toMatchObject({ code: 'KERNEL_PLAN_INVALID' });
  });

  it('makes a plan that cannot start without its plugin objects', async () => {
    const { plan } = await planManifest({
      manifest: { tier: 'test', plugins: { hello: { use: '@acme/hello' } } },
      plugins: [greeterPlugin('hello')],
      environment: {},
    });

    await expect(Node.start(plan, new Map())).rejects.toMatchObject({
      code: 'KERNEL_PLUGIN_NOT_GIVEN',
      details: { plugin: 'hello' },
    });
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
