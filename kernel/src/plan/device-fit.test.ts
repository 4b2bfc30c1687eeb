import { describe, expect, it } from '@jest/globals';
import type { Device } from '../manifest/manifest.js';
import type { Needs } from '../plugin/plugin.js';
import { manifestOf } from '../plugins.test.support.js';
import { fitOf } from './device-fit.js';
import type { Machine } from './machine.js';

const machine: Machine = { cores: 4, memoryMiB: 4_096, diskMiB: 10_000, accelerators: ['vulkan'] };

/** What plugins take, each on a line with its needs; `moved` are in child processes. */
function fit(
  needs: Readonly<Record<string, Needs>>,
  device: Device,
  measured: Machine | null = machine,
  moved: readonly string[] = [],
) {
  const lines = Object.keys(needs).map(
    (key) => `  ${key}: ${moved.includes(key) ? '{ placement: process }' : ''}`,
  );
  const { plugins } = manifestOf(['tier: t', 'plugins:', ...lines].join('\n'));
  const tenants = [...plugins.values()].map((entry) => ({
    entry,
    needs: needs[entry.key] ?? {},
  }));
  return fitOf(tenants, device, measured ?? undefined);
}

describe('fitOf', () => {
  it('adds up memory and disk, largest first, with the kernel itself and each child process', () => {
    const needs = { small: { memoryMiB: 10, diskMiB: 5 }, large: { memoryMiB: 300, diskMiB: 700 } };

    expect(fit(needs, { memoryMiB: 500, diskMiB: 600 }, machine, ['small'])).toEqual([
      {
        resource: 'memory',
        unit: 'MiB',
        against: 'device',
        needed: 420,
        available: 500,
        spare: 80,
        fits: true,
        by: [
          { plugin: 'large', amount: 300 },
          { plugin: 'the child of small', amount: 60 },
          { plugin: 'the kernel', amount: 50 },
          { plugin: 'small', amount: 10 },
        ],
      },
      {
        resource: 'disk',
        unit: 'MiB',
        against: 'device',
        needed: 705,
        available: 600,
        spare: -105,
        fits: false,
        by: [
          { plugin: 'large', amount: 700 },
          { plugin: 'small', amount: 5 },
        ],
      },
    ]);
  });

  it('shares cores, so that the largest wish counts', () => {
    const rows = fit({ a: { cores: 3 }, b: { cores: 2 } }, { cores: 3 });

    expect(rows.find(({ resource }) => resource === 'cores')).toMatchObject({
      needed: 3,
      available: 3,
      spare: 0,
      fits: true,
      by: [
        { plugin: 'a', amount: 3 },
        { plugin: 'b', amount: 2 },
      ],
    });
  });

  it('fits exactly, and not with one less', () => {
    const of = (memoryMiB: number) => fit({ a: { memoryMiB: 100 } }, { memoryMiB })[0];

    expect([of(150)?.fits, of(149)?.fits, of(149)?.spare]).toEqual([true, false, -1]);
  });

  it('compares with the machine where the device says nothing', () => {
    const rows = fit({ a: { memoryMiB: 100, diskMiB: 100, cores: 2 } }, { cores: 2 });

    expect(rows.map(({ resource, against, available }) => [resource, against, available])).toEqual([
      ['memory', 'machine', 4_096],
      ['disk', 'machine', 10_000],
      ['cores', 'device', 2],
    ]);
  });

  it('says nothing of what neither a device nor a machine is known for', () => {
    const needs = { a: { memoryMiB: 1_000_000, diskMiB: 1, cores: 99, accelerator: 'cuda' } };

    expect(fitOf([], {}, undefined)).toEqual([]);
    expect(fit(needs, { cores: 100 }, null).map(({ resource }) => resource)).toEqual(['cores']);
  });

  it.each<[string, Device, boolean]>([
    ['the device has it', { accelerator: 'cuda' }, true],
    ['the device has another', { accelerator: 'metal' }, false],
    ['the machine has another', {}, false],
  ])('judges an accelerator where %s', (_title, device, fits) => {
    const lack = fit({ a: { accelerator: 'cuda' }, b: {} }, device).find(
      ({ resource }) => resource === 'accelerator',
    );

    expect(lack?.fits ?? true).toBe(fits);
    if (!fits) expect(lack?.by).toEqual([{ plugin: 'a', amount: 1 }]);
  });

  it('finds the accelerators of the machine where the device names none', () => {
    expect(fit({ a: { accelerator: 'vulkan' } }, { cores: 1 }).map(({ resource }) => resource)).toEqual([
      'memory',
    ]);
  });
});
