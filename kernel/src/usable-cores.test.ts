import { describe, expect, it } from '@jest/globals';
import { usableCores } from './usable-cores.js';

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
