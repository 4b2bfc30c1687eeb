import { readFile } from 'node:fs/promises';
import { describe, expect, it } from '@jest/globals';
import { loadManifest } from '@tiercel/kernel';
import { tierNames, tierPath } from './index.js';

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
