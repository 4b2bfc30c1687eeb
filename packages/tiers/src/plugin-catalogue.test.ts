import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { loadManifest, parsePluginFile, planManifest } from '@tiercel/kernel';
import { pluginCatalogue, tierNames, tierPath } from './index.js';

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(path.join(tmpdir(), 'tiercel-tiers-'));
});
afterEach(() => rm(directory, { recursive: true }));

describe('pluginCatalogue', () => {
  it('holds a sound declaration of each plugin, under the name of its package', async () => {
    const entries = Object.entries(await pluginCatalogue());

    const parsed = entries.map(([name, file]) => [name, parsePluginFile(JSON.stringify(file))]);

    expect(parsed).toEqual(
      entries.map(([name]) => [name, { declaration: expect.objectContaining({ name }) }]),
    );
  });

  it('knows every plugin of the shipped tiers', async () => {
    const manifests = await Promise.all(tierNames.map((name) => loadManifest(tierPath(name) ?? '')));
    const used = new Set(manifests.flatMap(({ plugins }) => [...plugins.values()].map(({ use }) => use)));

    expect(Object.keys(await pluginCatalogue())).toEqual(expect.arrayContaining([...used]));
  });

  it('lets a tier be planned whose plugins are nowhere to be found', async () => {
    const catalogue = await pluginCatalogue();
    // Packages are also looked up beside the kernel, where this project keeps its own; under another name they are nowhere.
    const file = catalogue['@tiercel/clock-system'];
    const elsewhere = file && { '@elsewhere/clock': { ...file, name: '@elsewhere/clock' } };

    const { plan } = await planManifest({
      manifest: { tier: 'far', requires: ['clock'], plugins: { clock: { use: '@elsewhere/clock' } } },
      catalogue: elsewhere,
      directory,
      environment: {},
    });

    expect(plan.problems).toEqual([]);
    expect(plan.install).toEqual([{ package: '@elsewhere/clock', version: file?.version }]);
  });
});
