import { totalmem } from 'node:os';
import { describe, expect, it } from '@jest/globals';
import { measureMachine, usableCores, usableMemoryMiB } from './machine.js';

const files = (contents: Readonly<Record<string, string>>) => (path: string) => {
  const content = contents[path];
  if (content === undefined) throw new Error(`There is no ${path}.`);
  return content;
};

describe('usableCores', () => {
  it('is the number of cores where no quota is set', () => {
    const readFile = files({ '/sys/fs/cgroup/cpu.max': 'max 100000\n' });

    expect(usableCores({ cores: 8, readFile })).toBe(8);
    expect(usableCores({ cores: 8, readFile: files({}) })).toBe(8);
  });

  it('is the CPU quota of the container where that is smaller', () => {
    expect(usableCores({ cores: 8, readFile: files({ '/sys/fs/cgroup/cpu.max': '250000 100000\n' }) })).toBe(
      2,
    );
    expect(usableCores({ cores: 2, readFile: files({ '/sys/fs/cgroup/cpu.max': '800000 100000\n' }) })).toBe(
      2,
    );
  });

  it('reads the quota of older kernels', () => {
    const readFile = files({
      '/sys/fs/cgroup/cpu/cpu.cfs_quota_us': '300000\n',
      '/sys/fs/cgroup/cpu/cpu.cfs_period_us': '100000\n',
    });

    expect(usableCores({ cores: 8, readFile })).toBe(3);
  });

  it('is at least 1', () => {
    expect(usableCores({ cores: 4, readFile: files({ '/sys/fs/cgroup/cpu.max': '20000 100000' }) })).toBe(1);
  });
});

describe('usableMemoryMiB', () => {
  const memoryBytes = 8_192 * 2 ** 20;
  const v2 = '/sys/fs/cgroup/memory.max';
  const v1 = '/sys/fs/cgroup/memory/memory.limit_in_bytes';

  it.each<[string, Readonly<Record<string, string>>]>([
    ['no limit is known', {}],
    ['the container has none', { [v2]: 'max\n' }],
    ['an older kernel says none by a number beyond all memory', { [v1]: '9223372036854771712\n' }],
    ['the limit is larger', { [v2]: `${2 ** 40}\n` }],
    ['the limit cannot be read', { [v2]: 'nonsense', [v1]: '' }],
    ['the limit is nothing', { [v2]: '0', [v1]: '-1' }],
  ])('is all of it where %s', (_title, contents) => {
    expect(usableMemoryMiB({ memoryBytes, readFile: files(contents) })).toBe(8_192);
  });

  it.each<[string, Readonly<Record<string, string>>]>([
    ['its container', { [v2]: `${512 * 2 ** 20}\n` }],
    ['a container of an older kernel', { [v1]: `${512 * 2 ** 20}\n` }],
    ['the smaller of two', { [v2]: `${600 * 2 ** 20}`, [v1]: `${512 * 2 ** 20}` }],
  ])('is the limit of %s', (_title, contents) => {
    expect(usableMemoryMiB({ memoryBytes, readFile: files(contents) })).toBe(512);
  });

  it('counts whole MiB', () => {
    expect(usableMemoryMiB({ memoryBytes: 2 ** 21 - 1, readFile: files({}) })).toBe(1);
  });
});

describe('measureMachine', () => {
  it('measures the machine that it runs on', () => {
    const machine = measureMachine();

    expect(machine.cores).toBeGreaterThanOrEqual(1);
    expect(machine.memoryMiB).toBeGreaterThan(0);
    expect(machine.memoryMiB).toBeLessThanOrEqual(Math.floor(totalmem() / 2 ** 20));
    expect(machine.diskMiB).toBeGreaterThan(0);
    expect(machine.accelerators).toEqual(expect.any(Array));
  });

  it('knows nothing of a disk where there is no folder', () => {
    expect(measureMachine('/nowhere/at/all')).not.toHaveProperty('diskMiB');
  });
});
