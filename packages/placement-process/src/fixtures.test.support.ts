/** Boots nodes whose plugins lie in `fixtures/`: plain modules that a child can import. */
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import {
  type BootOptions,
  boot,
  declarationOf,
  defineCapability,
  type ManifestData,
  type Node,
  type Plugin,
  type PluginEntryData,
  pluginFileOf,
} from '@tiercel/kernel';
import type { ChildFacts } from './index.js';
import { createProcessPlacement, type ProcessPlacementOptions } from './process-placement.js';

const fixtures = fileURLToPath(new URL('../fixtures/', import.meta.url));
const modules = fileURLToPath(new URL('../../../node_modules', import.meta.url));

interface Options {
  readonly signal?: AbortSignal;
  readonly failAt?: number;
  readonly stopAt?: number;
  readonly progress?: (part: unknown) => void;
}

export interface Seen {
  readonly produced: number;
  readonly closed: number;
  readonly notes: readonly unknown[];
  readonly aborts: readonly unknown[];
  readonly ended: readonly string[];
}

export interface Probe {
  readonly info: { readonly pid: number; readonly greeting: string };
  echo(...values: unknown[]): Promise<unknown>;
  fail(kind: string): Promise<unknown>;
  wait(options?: Options): Promise<void>;
  count(upTo: number, options?: Options): AsyncIterable<unknown>;
  events(options: Options): AsyncIterable<string>;
  sum(numbers: AsyncIterable<number>, options?: Options): Promise<number>;
  double(numbers: AsyncIterable<number>, options?: Options): AsyncIterable<number>;
  note(text: string, fields?: Readonly<Record<string, unknown>>): void;
  seen(): Promise<Seen>;
  act(what: string): Promise<unknown>;
}
const methods = {
  info: 'fact',
  echo: 'unary',
  fail: 'unary',
  wait: 'unary',
  count: 'stream-out',
  events: 'stream-out',
  sum: 'stream-in',
  double: 'duplex',
  note: 'notify',
  seen: 'unary',
  act: 'unary',
} as const;
export const Probe = defineCapability<Probe>()({ id: 'probe', version: '1.0.0', methods });
/** The same contract once more, for one that stands before the other. */
export const Relay = defineCapability<Probe>()({ id: 'relay', version: '1.0.0', methods });

export interface Report {
  tell(what?: string): Promise<unknown>;
}
export const Report = defineCapability<Report>()({
  id: 'report',
  version: '1.0.0',
  methods: { tell: 'unary' },
});

export interface Oracle {
  readonly name: string;
  answer(): Promise<readonly string[]>;
}
export const Oracle = defineCapability<Oracle>()({
  id: 'oracle',
  version: '1.0.0',
  methods: { name: 'fact', answer: 'unary' },
  compose: ([first]) => first?.provider as Oracle,
});

export interface Diary {
  write(line: string): void;
  lines(): Promise<readonly string[]>;
}
export const Diary = defineCapability<Diary>()({
  id: 'diary',
  version: '1.0.0',
  methods: { write: 'notify', lines: 'unary' },
});

export interface Ticker {
  pid(): number;
  later(): Promise<number>;
}
export const Ticker = defineCapability<Ticker>()({
  id: 'ticker',
  version: '1.0.0',
  methods: { pid: 'local', later: 'unary' },
});

let folder: string | undefined;

/** A folder with every fixture and what it declares, from which packages of this repository can be imported. */
export async function fixtureFolder(): Promise<string> {
  if (folder !== undefined) return folder;
  folder = mkdtempSync(path.join(os.tmpdir(), 'tiercel-placement-'));
  cpSync(fixtures, folder, { recursive: true });
  symlinkSync(modules, path.join(folder, 'node_modules'), 'dir');
  writeFileSync(path.join(folder, 'package.json'), '{ "type": "module" }');
  for (const name of readdirSync(fixtures)) {
    if (name === 'contracts.js' || name === 'parent.js') continue;
    const loaded: { default: Plugin } = await import(pathToFileURL(path.join(fixtures, name)).href);
    const file = pluginFileOf(declarationOf(loaded.default));
    const stated = name === 'unlike.js' ? { ...file, version: '2.0.0' } : file;
    writeFileSync(path.join(folder, name.replace('.js', '.plugin.json')), JSON.stringify(stated));
  }
  return folder;
}

export function removeFixtureFolder(): void {
  if (folder !== undefined) rmSync(folder, { recursive: true, force: true });
  folder = undefined;
}

/** A manifest entry for a fixture that runs in a process of its own. */
export function placed(fixture: string, entry: PluginEntryData = {}): PluginEntryData {
  return { use: `./${fixture}.js`, placement: 'process', ...entry };
}

export function inline(fixture: string, entry: PluginEntryData = {}): PluginEntryData {
  return { use: `./${fixture}.js`, ...entry };
}

export interface FixtureOptions extends Omit<BootOptions, 'manifest' | 'directory'> {
  readonly placement?: ProcessPlacementOptions;
  readonly bind?: NonNullable<ManifestData['bind']>;
}

export async function bootFixtures(
  plugins: Readonly<Record<string, PluginEntryData>>,
  { placement, bind, ...options }: FixtureOptions = {},
): Promise<Node> {
  const restart = { firstMs: 5, longestMs: 20, steadyAfterMs: 0 };
  return await boot({
    manifest: { tier: 'test', plugins, ...(bind && { bind }) },
    directory: await fixtureFolder(),
    environment: {},
    placements: [createProcessPlacement({ restart, onOutput: () => undefined, ...placement })],
    ...options,
  });
}

/** What the node tells about the process of a plugin. */
export function factsOf(node: Node, plugin: string): ChildFacts {
  const found = node.describe().plugins.find((status) => status.plugin === plugin);
  return found?.facts as unknown as ChildFacts;
}

/** Settles when the plugin is in this state. */
export async function untilState(node: Node, plugin: string, state: string): Promise<void> {
  await new Promise<void>((resolve) => {
    const check = () => node.plugins.some((status) => status.plugin === plugin && status.state === state);
    if (check()) return resolve();
    const leave = node.subscribe(() => {
      if (!check()) return;
      leave();
      resolve();
    });
  });
}

/** Whether a process runs; one that has ended and was not yet collected by its parent does not. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return process.platform !== 'linux' || !/\) Z /.test(readFileSync(`/proc/${pid}/stat`, 'latin1'));
  } catch {
    return false;
  }
}

/** Settles when there is no such process any more; the test's own deadline bounds it. */
export async function untilGone(pid: number): Promise<void> {
  while (isAlive(pid)) await new Promise((resolve) => setImmediate(resolve));
}

export async function collect<T>(source: AsyncIterable<T>): Promise<T[]> {
  const items: T[] = [];
  for await (const item of source) items.push(item);
  return items;
}

export async function errorOf(work: () => Promise<unknown>): Promise<Error & { readonly code?: string }> {
  try {
    await work();
  } catch (error) {
    return error as Error;
  }
  throw new Error('Nothing was thrown.');
}
