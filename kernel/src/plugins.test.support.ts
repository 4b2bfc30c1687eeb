/** Small capabilities and plugins that the kernel's own tests plan and boot. */
import { boot } from './boot.js';
import type { ManifestData, PluginEntryData } from './manifest/load-manifest.js';
import type { Manifest } from './manifest/manifest.js';
import { readManifestShape } from './manifest/manifest-shape.js';
import type { Environment } from './manifest/when.js';
import { parseYaml } from './manifest/yaml-tree.js';
import type { Node, StartOptions } from './node/node.js';
import { type FoundPlugin, findPlugins } from './plan/find-plugins.js';
import { type Plan, plan } from './plan/plan.js';
import { formatPosition, type Problem } from './plan/problem.js';
import { type Capability, defineCapability } from './plugin/capability.js';
import { declarationOf } from './plugin/declaration.js';
import { definePlugin, type ErasedSetupContext, type Plugin, provide } from './plugin/plugin.js';
import type { Requirements } from './plugin/requirement.js';

export interface Greeter {
  greet(name: string): Promise<string>;
}
export const Greeter = defineCapability<Greeter>()({
  id: 'greeter',
  version: '1.2.0',
  methods: { greet: 'unary' },
});

/** The same contract one major version later. */
export const NewGreeter = defineCapability<Greeter>()({
  id: 'greeter',
  version: '2.0.0',
  methods: { greet: 'unary' },
});

/** Can only be read in its own process. */
export interface Stopwatch {
  nowMs(): number;
}
export const Stopwatch = defineCapability<Stopwatch>()({
  id: 'stopwatch',
  version: '1.0.0',
  methods: { nowMs: 'local' },
});

/** Several of these act as one that asks each in turn. */
export interface Oracle {
  answers(): Promise<readonly string[]>;
}
export const Oracle = defineCapability<Oracle>()({
  id: 'oracle',
  version: '1.0.0',
  methods: { answers: 'unary' },
  compose: (oracles) => ({
    answers: async () => {
      const all: string[] = [];
      for (const { plugin, provider } of oracles) all.push(`${plugin}: ${await provider.answers()}`);
      return all;
    },
  }),
});

/** Each consumer gets a diary that signs with its name. */
export interface Diary {
  write(line: string): void;
}
export const Diary = defineCapability<Diary>()({
  id: 'diary',
  version: '1.0.0',
  methods: { write: 'notify' },
  view: (diary, { plugin }) => ({ write: (line) => diary.write(`${plugin}: ${line}`) }),
});

/** A capability that says nothing about its provider: for graphs. */
export function marker(id: string): Capability<object> {
  return defineCapability<object>()({ id, version: '1.0.0', methods: {} });
}

export const greeter: Greeter = { greet: async (name) => `Hello ${name}.` };

interface Wish {
  readonly provides?: readonly { readonly id: string }[];
  readonly requires?: Requirements;
  readonly version?: string;
  readonly setup?: (context: ErasedSetupContext) => unknown;
}

/** A plugin `@acme/<name>` whose `setup` may do anything; without one it returns an empty object per capability. */
export function acme(name: string, wish: Wish = {}): Plugin {
  const provides = Object.fromEntries(
    (wish.provides ?? []).map((capability) => [capability.id, provide(capability as Capability<object>)]),
  );
  return definePlugin({
    name: `@acme/${name}`,
    version: wish.version ?? '1.0.0',
    provides: provides as never,
    requires: wish.requires ?? {},
    setup: async (context) => {
      const returned = await wish.setup?.(context as unknown as ErasedSetupContext);
      return (returned ?? Object.fromEntries(Object.keys(provides).map((key) => [key, {}]))) as never;
    },
  });
}

export function greeterPlugin(name: string, version = '1.0.0'): Plugin {
  return acme(name, { version, provides: [Greeter], setup: () => ({ greeter }) });
}

/** A manifest from YAML text, as if it stood in `tier.yaml`. */
export function manifestOf(text: string): Manifest {
  const { tree, problems } = parseYaml(text, 'tier.yaml');
  return readManifestShape({ tree, source: 'tier.yaml', directory: '/nowhere', problems });
}

/** Plans YAML text with plugins that are given, never looked up. */
export async function planOf(
  text: string,
  plugins: readonly Plugin[] = [],
  environment: Environment = {},
): Promise<Plan> {
  const manifest = manifestOf(text);
  return plan({
    manifest,
    plugins: await findPlugins(manifest, { given: plugins, environment }),
    environment,
  });
}

/** What `findPlugins` says of an object that was handed over. */
export function found(plugin: Plugin): FoundPlugin {
  return { state: 'found', declaration: declarationOf(plugin), given: plugin };
}

/** The same as if its package were installed. */
export function installed(plugin: Plugin): FoundPlugin {
  return { state: 'found', declaration: declarationOf(plugin), module: '/nowhere/index.js' };
}

/** A problem as `line:column CODE`, for comparing many at once. */
export function brief({ at, code }: Problem): string {
  return `${at ? formatPosition(at).replace('tier.yaml:', '') : 'nowhere'} ${code}`;
}

/** A promise and the functions that settle it. */
export interface Deferred<T = void> {
  readonly promise: Promise<T>;
  readonly resolve: (value: T) => void;
  readonly reject: (error: unknown) => void;
}

export function deferred<T = void>(): Deferred<T> {
  let resolve: (value: T) => void = () => undefined;
  let reject: (error: unknown) => void = () => undefined;
  const promise = new Promise<T>((onValue, onError) => {
    resolve = onValue;
    reject = onError;
  });
  return { promise, resolve, reject };
}

/** The error that `work` throws or rejects with. */
export async function errorOf(work: () => unknown): Promise<Error & { readonly code?: string }> {
  try {
    await work();
  } catch (error) {
    return error as Error;
  }
  throw new Error('Nothing was thrown.');
}

type Entry = PluginEntryData | null;

/** A manifest with an entry for each of these `@acme/…` plugins, named by what follows the scope. */
export function manifestFor(
  plugins: readonly Plugin[],
  entries: Readonly<Record<string, Entry>> = {},
): ManifestData {
  const all = plugins.map(({ name }): [string, Entry] => {
    const key = name.slice('@acme/'.length);
    return [key, { use: name, ...entries[key] }];
  });
  return { tier: 'test', plugins: Object.fromEntries(all) };
}

/** Boots plugin objects, each under its short name. Nothing is read from disk or from the real environment. */
export async function bootOf(
  plugins: readonly Plugin[],
  options: StartOptions & {
    readonly entries?: Readonly<Record<string, Entry>>;
    readonly bind?: NonNullable<ManifestData['bind']>;
    readonly requires?: readonly string[];
  } = {},
): Promise<Node> {
  const { entries, bind, requires = [], ...start } = options;
  const manifest = { ...manifestFor(plugins, entries), requires, ...(bind && { bind }) };
  return await boot({ manifest, plugins, environment: {}, machine: null, ...start });
}
