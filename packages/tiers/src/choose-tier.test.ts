import { describe, expect, it } from '@jest/globals';
import { loadManifest, type Machine } from '@tiercel/kernel';
import { chooseTier, tierDevices } from './choose-tier.js';
import { tierNames, tierPath } from './tiers.js';

const machine = (cores: number, memoryGiB: number, accelerators: readonly string[] = []): Machine => ({
  cores,
  memoryMiB: Math.floor(memoryGiB * 1024),
  accelerators,
});

describe('chooseTier', () => {
  it.each([
    ['a small box', machine(2, 8), 'edge'],
    ['a small box with many cores', machine(16, 8), 'edge'],
    ['less than a small box', machine(1, 1), 'edge'],
    ['a middle machine', machine(8, 16), 'mid'],
    ['a middle machine whose graphics keep some memory', machine(8, 14.2), 'mid'],
    ['much memory and two cores', machine(2, 24), 'mid'],
    ['much memory and one core', machine(1, 24), 'edge'],
    ['a large machine', machine(64, 256, ['cuda']), 'mid'],
    ['a small box with an accelerator', machine(4, 8, ['cuda']), 'edge'],
  ])('gives %s %j: %s', (_title, measured, tier) => {
    expect(chooseTier(measured).tier).toBe(tier);
  });

  it.each([
    [machine(8, 16), '16,384 MiB of memory are enough for it'],
    [
      machine(2, 24),
      '24,576 MiB of memory are enough for it; with 2 cores instead of 8 long answers take their time',
    ],
    [
      machine(4, 16, ['cuda', 'vulkan']),
      '16,384 MiB of memory are enough for it; with 4 cores instead of 8 long answers take their time, unless cuda or vulkan helps',
    ],
    [
      machine(4, 8),
      '8,192 MiB of memory are too few for mid, which is made for 16,384; RUN_LOCAL_LLM=true adds a language model all the same',
    ],
    [
      machine(1, 16),
      '16,384 MiB of memory are enough for mid, but one core has no time for a language model',
    ],
    [
      machine(32, 64),
      '65,536 MiB of memory are enough for it; core, which would fit, has no ears and no voice, so it is only taken by name',
    ],
  ])('says why it chose for %j', (measured, sentence) => {
    expect(chooseTier(measured).reasons.join('; ')).toBe(sentence);
  });

  it('warns of a machine that is too small for every tier', () => {
    expect(chooseTier(machine(2, 4)).reasons).toContain('even edge may be too large for it');
  });

  it('knows the devices that the shipped tiers declare', async () => {
    for (const name of tierNames) {
      const { device } = await loadManifest(tierPath(name) ?? '');
      expect(tierDevices[name]).toEqual(device);
    }
  });
});
