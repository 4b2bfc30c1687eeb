import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { boot } from '../boot.js';
import { planManifest } from '../plan/plan-manifest.js';
import { declarationOf } from '../plugin/declaration.js';
import { pluginFileOf } from '../plugin/plugin-file.js';
import { acme, Diary, Greeter, greeterPlugin } from '../plugins.test.support.js';
import type { Placement, PlacementHost } from './placement.js';
import type { NodeEvent } from './plugin-status.js';

let folder: string;

/** Installs a package whose code must never be run here. */
async function install(name: string, files: Readonly<Record<string, string>>): Promise<void> {
  const home = path.join(folder, 'node_modules', name);
  await mkdir(home, { recursive: true });
  const all = { 'package.json': JSON.stringify({ name, type: 'module', exports: './index.js' }), ...files };
  for (const [file, text] of Object.entries(all)) await writeFile(path.join(home, file), text);
}

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'tiercel-placement-'));
  const far = acme('far', { provides: [Greeter], requires: { diary: Diary } });
  await install('@acme/far', {
    'index.js': 'process.exit(99);',
    'tiercel.plugin.json': JSON.stringify(pluginFileOf(declarationOf(far))),
  });
});

afterAll(async () => {
  await rm(folder, { recursive: true });
});

const lines: string[] = [];
const diary = acme('diary', {
  provides: [Diary],
  setup: () => ({ diary: { write: (line: string) => void lines.push(line) } }),
});

const manifest = {
  tier: 'test',
  plugins: { far: { use: '@acme/far', placement: 'process' }, diary: { use: '@acme/diary' } },
};

/** Stands in with a greeter that writes down, in the diary of the node, whom it greets. */
function spying(hosts: PlacementHost[] = []): Placement {
  return {
    name: 'process',
    place: (planned, host) => {
      hosts.push(host);
      const [ref] = planned.deps[0]?.providers ?? [];
      return acme('stand-in', {
        provides: [Greeter],
        setup: ({ own }) => {
          own(() => void lines.push('released'));
          const write = (line: string) => (ref && (host.provider(ref) as Diary | undefined))?.write(line);
          const greet = async (name: string) => {
            write(name);
            return `far ${name}`;
          };
          return { greeter: { greet } };
        },
      });
    },
  };
}

describe('a plugin in another placement', () => {
  it('is stood in for, and its own code is never loaded', async () => {
    lines.length = 0;
    const options = { directory: folder, plugins: [diary], environment: {}, placements: [spying()] };

    const node = await boot({ manifest, ...options });
    const answer = await node.get(Greeter).greet('Ada');
    await node.stop();

    expect([answer, lines]).toEqual(['far Ada', ['Ada', 'released']]);
    expect(node.describe().plugins).toMatchObject([{ placement: 'inline' }, { placement: 'process' }]);
  });

  it('can see the providers, the plans and the changes of the node', async () => {
    const hosts: PlacementHost[] = [];
    const heard: NodeEvent[] = [];
    const options = { directory: folder, plugins: [diary], environment: {}, placements: [spying(hosts)] };
    const node = await boot({ manifest, ...options });
    const [host] = hosts;
    const ref = { plugin: 'diary', provider: 'diary', capability: 'diary', version: '1.0.0' };

    host?.subscribe((event) => heard.push(event));
    const before = host?.provider(ref);
    const planned = host?.planned('diary');
    await node.stop();

    expect([typeof before, host?.provider(ref)]).toEqual(['object', undefined]);
    expect(planned).toMatchObject({ key: 'diary', source: 'given' });
    expect(host?.planned('nobody')).toBeUndefined();
    expect(heard.at(-1)).toMatchObject({ type: 'node-stopped' });
  });

  it('is looked up as a package when it was not handed over', async () => {
    await install('@tiercel/placement-process', {
      'index.js': `export default { name: 'process', place: () => ({ name: 's', version: '1.0.0', provides: {}, requires: {},
        config: {}, needs: {}, setup: async () => ({ greeter: { greet: async () => 'from the package' } }) }) };`,
    });

    await using node = await boot({ manifest, directory: folder, plugins: [diary], environment: {} });

    expect(await node.get(Greeter).greet('Ada')).toBe('from the package');
  });

  it('sends what it calls to the present generation of a provider', async () => {
    lines.length = 0;
    const options = { directory: folder, plugins: [diary], environment: {}, placements: [spying()] };
    await using node = await boot({ manifest, ...options, replaceable: true });
    const louder = acme('diary', {
      provides: [Diary],
      setup: () => ({ diary: { write: (line: string) => void lines.push(line.toUpperCase()) } }),
    });

    await node.get(Greeter).greet('Ada');
    await node.replace('diary', louder);
    await node.get(Greeter).greet('Ada');

    expect(lines).toEqual(['Ada', 'ADA']);
  });

  it('counts against the device with a child of its own', async () => {
    const { plan } = await planManifest({
      manifest: { ...manifest, device: { memoryMiB: 60 } },
      directory: folder,
      plugins: [diary],
      environment: {},
      placements: [spying()],
    });

    expect(plan.problems.map(({ code, message }) => [code, message])).toEqual([
      [
        'KERNEL_DEVICE_TOO_SMALL',
        'The plugins need 110 MiB of memory, and the device has 60 MiB: 50 MiB too little.',
      ],
    ]);
  });

  it('cannot be an object that was handed over', async () => {
    const { plan } = await planManifest({
      manifest: { tier: 'test', plugins: { hello: { use: '@acme/hello', placement: 'process' } } },
      plugins: [greeterPlugin('hello')],
      environment: {},
      placements: [spying()],
    });

    expect(plan.problems.map(({ code }) => code)).toEqual(['KERNEL_PLACEMENT_IMPOSSIBLE']);
  });
});
