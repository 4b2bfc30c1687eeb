import { readFile } from 'node:fs/promises';
import { describe, expect, it } from '@jest/globals';
import { loadManifest, type Plan, planManifest } from '@tiercel/kernel';
import { tierNames, tierPath } from './index.js';

async function planned(name: string, environment: Readonly<Record<string, string>>): Promise<Plan> {
  return (await planManifest({ manifest: tierPath(name) ?? '', environment, machine: null })).plan;
}

function providersOf({ bindings }: Plan, capability: string): readonly string[] {
  return (bindings.get(capability) ?? []).map(({ plugin }) => plugin);
}

describe('shipped tiers', () => {
  it.each(tierNames)('%s is a well-formed manifest that carries its own name', async (name) => {
    const manifest = await loadManifest(tierPath(name) ?? '');

    expect(manifest.problems).toEqual([]);
    expect(manifest.tier).toBe(name);
  });

  it('knows no other tier', () => {
    expect(tierPath('huge')).toBeUndefined();
    expect(tierPath('../../package')).toBeUndefined();
    expect(tierPath('base')).toBeUndefined();
  });

  it('mid and edge promise a spoken conversation, core does not', async () => {
    const promises = async (name: string) => (await loadManifest(tierPath(name) ?? '')).requires;

    expect(await promises('mid')).toEqual(
      expect.arrayContaining(['assistant', 'speech-to-text', 'language-model']),
    );
    expect(await promises('edge')).toContain('speech-to-text');
    expect(await promises('core')).not.toContain('speech-to-text');
  });

  it('edge loads a language model only where RUN_LOCAL_LLM asks for it', async () => {
    const manifest = await loadManifest(tierPath('edge') ?? '');

    expect(manifest.plugins.get('llm-local')).toMatchObject({ when: 'RUN_LOCAL_LLM', boot: 'degrade' });
  });

  it('edge asks the model of a core first, and its own where it has one', async () => {
    const alone = await planned('edge', {});
    const both = await planned('edge', { RUN_LOCAL_LLM: 'true' });

    expect(providersOf(alone, 'language-model')).toEqual(['llm-remote']);
    expect(providersOf(both, 'language-model')).toEqual(['llm-remote', 'llm-local']);
    expect([...alone.problems, ...both.problems]).toEqual([]);
  });

  it.each([
    [{}, false],
    [{ TOOL_SERVER_URL: 'http://core:8001' }, true],
    [{ TOOL_EXECUTION_MODE: 'local' }, false],
    [{ TOOL_EXECUTION_MODE: 'remote' }, true],
    [{ TOOL_EXECUTION_MODE: 'auto' }, true],
  ])('edge with %j uses the tools of a core: %p', async (environment, isUsed) => {
    const plan = await planned('edge', environment);

    expect(plan.plugins.some(({ key }) => key === 'tool-remote-proxy')).toBe(isUsed);
  });

  it('only core listens, and only edge calls', async () => {
    const network = ['gateway', 'llm-remote', 'tool-remote-proxy'];
    const all = { TOOL_SERVER_URL: 'http://core:8001' };

    const found = await Promise.all(
      tierNames.map(async (name) => {
        const keys = (await planned(name, all)).plugins.map(({ key }) => key);
        return [name, network.filter((plugin) => keys.includes(plugin))];
      }),
    );

    expect(Object.fromEntries(found)).toEqual({
      edge: ['llm-remote', 'tool-remote-proxy'],
      mid: [],
      core: ['gateway'],
    });
  });

  it('every plugin of a tier is a package of this project', async () => {
    const plugins = new Set<string>();
    for (const name of tierNames) {
      for (const entry of (await loadManifest(tierPath(name) ?? '')).plugins.values()) plugins.add(entry.use);
    }

    for (const plugin of plugins) {
      const file = new URL(
        `../../../plugins/${plugin.replace('@tiercel/', '')}/package.json`,
        import.meta.url,
      );
      expect(JSON.parse(await readFile(file, 'utf8')).name).toBe(plugin);
    }
  });
});
