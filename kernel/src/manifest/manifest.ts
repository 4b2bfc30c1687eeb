import type { Problem } from '../plan/problem.js';

/** Where a value stands. Lines and columns count from 1. A manifest given as an object has the name of its caller as file and line 0. */
export interface Position {
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

export type PlacementName = 'inline' | 'process';

export interface PluginEntry {
  /** Name of the plugin on this node. */
  readonly key: string;
  /** npm package, or the path of a module when it starts with `.` or `/`. */
  readonly use: string;
  /** Accepted versions of the package (semver range). */
  readonly version?: string | undefined;
  readonly when?: string | undefined;
  readonly placement: PlacementName;
  /** `required`: the node does not start without it. `degrade`: it does, and says what is missing. */
  readonly boot: 'required' | 'degrade';
  /** Longest setup. */
  readonly timeoutMs: number;
  readonly config: Readonly<Record<string, unknown>>;
}

export interface Device {
  readonly cores?: number;
  readonly memoryMiB?: number;
  readonly diskMiB?: number;
  /** Such as `cuda`, `vulkan` or `metal`. */
  readonly accelerator?: string;
}

/** A tier manifest after `extends`, checked for shape. Faults found on the way are in `problems`; what could be read is here. */
export interface Manifest {
  /** File name, or what the caller called the object. */
  readonly source: string;
  /** Folder from which packages and relative paths are resolved. */
  readonly directory: string;
  readonly tier: string;
  readonly title?: string | undefined;
  readonly device: Device;
  /** Capability ids that this deployment promises, each with an optional `@range`. */
  readonly requires: readonly string[];
  /** In the order of the file; extended entries first. */
  readonly plugins: ReadonlyMap<string, PluginEntry>;
  readonly bind: ReadonlyMap<string, readonly string[]>;
  readonly problems: readonly Problem[];
  /** Position of the value at this path, else of the closest value around it. An item of a list may be named by its value. */
  at(...path: readonly (string | number)[]): Position | undefined;
}
