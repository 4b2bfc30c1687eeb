import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';

/**
 * Cores that this process may really use: its affinity, or the CPU quota of its container where that is less
 * (cgroup v2 `cpu.max`, v1 `cpu.cfs_quota_us`). A part of a core does not count, but there is always one.
 */
export function usableCores(
  machine: { readonly cores?: number; readonly readFile?: (path: string) => string } = {},
): number {
  const cores = machine.cores ?? availableParallelism();
  const readFile = machine.readFile ?? ((path: string) => readFileSync(path, 'utf8'));
  const quota = cgroupCpus(readFile) ?? cores;
  return Math.max(1, Math.floor(Math.min(cores, quota)));
}

function cgroupCpus(readFile: (path: string) => string): number | undefined {
  return (
    ratio(attempt(readFile, '/sys/fs/cgroup/cpu.max')?.split(/\s+/)) ??
    ratio([
      attempt(readFile, '/sys/fs/cgroup/cpu/cpu.cfs_quota_us') ?? '',
      attempt(readFile, '/sys/fs/cgroup/cpu/cpu.cfs_period_us') ?? '',
    ])
  );
}

/** `max` and -1 mean "no quota". */
function ratio(values: readonly string[] | undefined): number | undefined {
  const quota = Number.parseInt(values?.[0] ?? '', 10);
  const period = Number.parseInt(values?.[1] ?? '', 10);
  return quota > 0 && period > 0 ? quota / period : undefined;
}

function attempt(readFile: (path: string) => string, path: string): string | undefined {
  try {
    return readFile(path);
  } catch {
    return undefined;
  }
}
