import { existsSync, readdirSync, readFileSync, statfsSync } from 'node:fs';
import { availableParallelism, totalmem } from 'node:os';

/** What this process may use of the machine that it runs on. */
export interface Machine {
  readonly cores: number;
  /** Whole memory, or the limit of the container where that is less. */
  readonly memoryMiB: number;
  /** Free space where data is kept. */
  readonly diskMiB?: number;
  /** Kinds that device files or the platform speak of; whether a driver works shows only when it is used. */
  readonly accelerators: readonly string[];
}

type ReadFile = (path: string) => string;

const readText: ReadFile = (path) => readFileSync(path, 'utf8');

/**
 * Measures the machine, limits of a container included.
 * @param dataDirectory folder whose disk counts; default: the working directory
 */
export function measureMachine(dataDirectory = process.cwd()): Machine {
  return {
    cores: usableCores(),
    memoryMiB: usableMemoryMiB(),
    ...attempt(() => {
      const { bavail, bsize } = statfsSync(dataDirectory);
      return { diskMiB: Math.floor((bavail * bsize) / 2 ** 20) };
    }),
    accelerators: [
      ...(existsSync('/dev/nvidia0') ? ['cuda'] : []),
      ...(attempt(() => readdirSync('/dev/dri'))?.some((name) => name.startsWith('renderD'))
        ? ['vulkan']
        : []),
      ...(process.platform === 'darwin' && process.arch === 'arm64' ? ['metal'] : []),
    ],
  };
}

/**
 * Cores that this process may really use: its affinity, or the CPU quota of its container where that is less
 * (cgroup v2 `cpu.max`, v1 `cpu.cfs_quota_us`). A part of a core does not count, but there is always one.
 */
export function usableCores(machine: { readonly cores?: number; readonly readFile?: ReadFile } = {}): number {
  const cores = machine.cores ?? availableParallelism();
  const readFile = machine.readFile ?? readText;
  const quota =
    ratio(attempt(() => readFile('/sys/fs/cgroup/cpu.max'))?.split(/\s+/)) ??
    ratio([
      attempt(() => readFile('/sys/fs/cgroup/cpu/cpu.cfs_quota_us')) ?? '',
      attempt(() => readFile('/sys/fs/cgroup/cpu/cpu.cfs_period_us')) ?? '',
    ]) ??
    cores;
  return Math.max(1, Math.floor(Math.min(cores, quota)));
}

/** Memory that this process may really use: all of it, or the limit of its container (cgroup v2 `memory.max`, v1 `memory.limit_in_bytes`). */
export function usableMemoryMiB(
  machine: { readonly memoryBytes?: number; readonly readFile?: ReadFile } = {},
): number {
  const readFile = machine.readFile ?? readText;
  const limits = ['/sys/fs/cgroup/memory.max', '/sys/fs/cgroup/memory/memory.limit_in_bytes'].map((file) =>
    Number.parseInt(attempt(() => readFile(file)) ?? '', 10),
  );
  const bytes = Math.min(machine.memoryBytes ?? totalmem(), ...limits.filter((limit) => limit > 0));
  return Math.floor(bytes / 2 ** 20);
}

/** `max` and -1 mean "no quota". */
function ratio(values: readonly string[] | undefined): number | undefined {
  const quota = Number.parseInt(values?.[0] ?? '', 10);
  const period = Number.parseInt(values?.[1] ?? '', 10);
  return quota > 0 && period > 0 ? quota / period : undefined;
}

function attempt<T>(work: () => T): T | undefined {
  try {
    return work();
  } catch {
    return undefined;
  }
}
