import semver from 'semver';
import type { Device, Manifest, PluginEntry } from './manifest.js';
import type { Problem } from './problem.js';
import { nearest, problem } from './problems.js';
import { isRecord, type LocatedTree, type Path, REMOVED, show, UNREADABLE } from './yaml-tree.js';

const topKeys = ['extends', 'tier', 'title', 'device', 'requires', 'plugins', 'bind'] as const;
const entryKeys = ['use', 'version', 'when', 'placement', 'boot', 'config'] as const;
const deviceKeys = ['cores', 'memoryMiB'] as const;
const bootKeys = ['mode', 'timeoutMs'] as const;

const defaultTimeoutMs = 60_000;

/** Turns a merged tree into a manifest, and reports every value that has the wrong shape. */
export function readShape(from: {
  readonly tree: LocatedTree;
  readonly source: string;
  readonly directory: string;
  readonly problems: readonly Problem[];
}): Manifest {
  const reader = new ShapeReader(from.tree);
  const manifest = reader.read();
  return {
    ...manifest,
    source: from.source,
    directory: from.directory,
    problems: from.tree.value === UNREADABLE ? from.problems : [...from.problems, ...reader.problems],
    at: (...path) => from.tree.at(path),
  };
}

class ShapeReader {
  readonly problems: Problem[] = [];
  readonly #tree: LocatedTree;

  constructor(tree: LocatedTree) {
    this.#tree = tree;
  }

  read(): Omit<Manifest, 'source' | 'directory' | 'problems' | 'at'> {
    const root = this.#record(this.#tree.value ?? {}, [], 'a tier manifest', topKeys);
    return {
      tier: this.#text(root['tier'], ['tier'], true) ?? 'unnamed',
      title: this.#text(root['title'], ['title'], false),
      device: this.#device(root['device']),
      requires: this.#texts(root['requires'], ['requires']),
      plugins: this.#plugins(root['plugins']),
      bind: this.#bind(root['bind']),
    };
  }

  #plugins(value: unknown): Map<string, PluginEntry> {
    const entries = new Map<string, PluginEntry>();
    if (value === undefined) this.#wrong(['plugins'], 'a map of plugins', value);
    for (const [key, entry] of Object.entries(this.#record(value ?? {}, ['plugins'], '"plugins"'))) {
      entries.set(key, this.#entry(key, entry === REMOVED ? undefined : entry));
    }
    return entries;
  }

  #entry(key: string, value: unknown): PluginEntry {
    const path = ['plugins', key];
    const entry = this.#record(value ?? {}, path, `plugin ${key}`, entryKeys);
    const version = this.#text(entry['version'], [...path, 'version'], false);
    if (version !== undefined && semver.validRange(version) === null) {
      this.#wrong([...path, 'version'], 'a version range such as ^1.2', version);
    }
    const when = entry['when'];
    return {
      key,
      use: this.#text(entry['use'], [...path, 'use'], false) ?? `@tiercel/${key}`,
      version: semver.validRange(version) === null ? undefined : version,
      when:
        typeof when === 'boolean'
          ? when
            ? "'' == ''"
            : "'' != ''"
          : this.#text(when, [...path, 'when'], false),
      placement: this.#choice(entry['placement'], [...path, 'placement'], ['inline', 'process'], 'inline'),
      ...this.#boot(entry['boot'], [...path, 'boot']),
      config: this.#record(entry['config'] ?? {}, [...path, 'config'], `the configuration of ${key}`),
    };
  }

  #boot(value: unknown, path: Path): Pick<PluginEntry, 'boot' | 'timeoutMs'> {
    const modes = ['required', 'degrade'] as const;
    if (!isRecord(value))
      return { boot: this.#choice(value, path, modes, 'required'), timeoutMs: defaultTimeoutMs };
    const record = this.#record(value, path, '"boot"', bootKeys);
    return {
      boot: this.#choice(record['mode'], [...path, 'mode'], modes, 'required'),
      timeoutMs: this.#count(record['timeoutMs'], [...path, 'timeoutMs']) ?? defaultTimeoutMs,
    };
  }

  #device(value: unknown): Device {
    const device = this.#record(value ?? {}, ['device'], '"device"', deviceKeys);
    const cores = this.#count(device['cores'], ['device', 'cores']);
    const memoryMiB = this.#count(device['memoryMiB'], ['device', 'memoryMiB']);
    return { ...(cores !== undefined && { cores }), ...(memoryMiB !== undefined && { memoryMiB }) };
  }

  #bind(value: unknown): Map<string, readonly string[]> {
    const bindings = new Map<string, readonly string[]>();
    for (const [capability, names] of Object.entries(this.#record(value ?? {}, ['bind'], '"bind"'))) {
      const path = ['bind', capability];
      const list = typeof names === 'string' ? [names] : this.#texts(names, path);
      if (list.length > 0) bindings.set(capability, [...new Set(list)]);
      else if (names === undefined || (Array.isArray(names) && names.length === 0)) {
        this.#wrong(path, 'the name of a plugin', names);
      }
    }
    return bindings;
  }

  #record(value: unknown, path: Path, within: string, known?: readonly string[]): Record<string, unknown> {
    if (!isRecord(value)) {
      this.#wrong(path, 'a map', value);
      return {};
    }
    for (const key of Object.keys(value)) {
      if (!known || known.includes(key)) continue;
      const near = nearest(key, known);
      this.problems.push(
        problem('KERNEL_KEY_UNKNOWN', { key, within, known, near }, { at: this.#tree.at([...path, key]) }),
      );
    }
    return value;
  }

  #text(value: unknown, path: Path, isNeeded: boolean): string | undefined {
    if (typeof value === 'string' && value.trim() !== '') return value;
    // YAML reads `version: 2` as a number; as text it is what was meant.
    if (typeof value === 'number' && path.at(-1) === 'version') return String(value);
    if (value !== undefined || isNeeded) this.#wrong(path, 'a text', value);
    return undefined;
  }

  #texts(value: unknown, path: Path): readonly string[] {
    if (value === undefined) return [];
    if (Array.isArray(value) && value.every((item): item is string => typeof item === 'string')) return value;
    this.#wrong(path, 'a list of names', value);
    return [];
  }

  #choice<const C extends string>(value: unknown, path: Path, choices: readonly C[], otherwise: C): C {
    if (value === undefined) return otherwise;
    const choice = choices.find((candidate) => candidate === value);
    if (choice === undefined) this.#wrong(path, choices.map((name) => `"${name}"`).join(' or '), value);
    return choice ?? otherwise;
  }

  #count(value: unknown, path: Path): number | undefined {
    if (value === undefined) return undefined;
    if (typeof value === 'number' && Number.isInteger(value) && value > 0) return value;
    this.#wrong(path, 'a whole number above 0', value);
    return undefined;
  }

  #wrong(path: Path, expected: string, value: unknown): void {
    const name = path.length === 0 ? 'The manifest' : path.join('.');
    this.problems.push(
      problem(
        'KERNEL_VALUE_WRONG',
        { path: name, expected, found: show(value) },
        { at: this.#tree.at(path) },
      ),
    );
  }
}
