import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { openDeadline, raceSignal } from './deadline.js';
import { declarationOf } from './declaration.js';
import type { Manifest, PluginEntry } from './manifest.js';
import { packageRoots } from './package-roots.js';
import type { Plugin } from './plugin.js';
import { nearest } from './problems.js';
import { type Environment, evaluateWhen } from './when.js';
import { isRecord } from './yaml-tree.js';

/** The plugin behind one manifest entry, or why there is none. */
export type LoadedPlugin =
  | { readonly state: 'loaded'; readonly plugin: Plugin }
  | { readonly state: 'unknown'; readonly near?: string | undefined }
  | { readonly state: 'broken'; readonly finding: string };

/** For modules that wait for something at their top level. */
const importTimeoutMs = 30_000;

/**
 * Imports the packages that a manifest names, in parallel; importing a plugin starts nothing.
 * Entries whose `when` does not hold are left out. `given` plugins are used before anything is looked up on disk.
 */
export async function loadPlugins(
  manifest: Manifest,
  options: {
    readonly given?: readonly Plugin[] | undefined;
    readonly environment?: Environment | undefined;
  } = {},
): Promise<ReadonlyMap<string, LoadedPlugin>> {
  const given = new Map(options.given?.map((plugin) => [plugin.name, plugin]));
  const environment = options.environment ?? {};
  const wanted = [...manifest.plugins.values()].filter((entry) => isActive(entry, environment));
  const loaded = await Promise.all(
    wanted.map(async (entry): Promise<[string, LoadedPlugin]> => {
      const plugin = given.get(entry.use);
      if (plugin) return [entry.key, admit(plugin)];
      const found = await importPlugin(entry.use, manifest.directory);
      if (found.state !== 'unknown') return [entry.key, found];
      const names = [...given.keys(), ...(await packagesBeside(entry.use, manifest.directory))];
      return [entry.key, { state: 'unknown', near: nearest(entry.use, names) }];
    }),
  );
  return new Map(loaded);
}

/** An entry whose `when` cannot be decided counts as wanted, so that its other faults are found too. */
export function isActive(entry: PluginEntry, environment: Environment): boolean {
  if (entry.when === undefined) return true;
  const result = evaluateWhen(entry.when, environment);
  return !result.ok || result.holds;
}

async function importPlugin(use: string, directory: string): Promise<LoadedPlugin> {
  try {
    const file = await findModule(use, directory);
    if (!file) return { state: 'unknown' };
    using deadline = openDeadline(undefined, importTimeoutMs, () => {
      return new Error(`it was not imported within ${importTimeoutMs} ms`);
    });
    const module: unknown = await raceSignal(import(pathToFileURL(file).href), deadline.signal);
    return admit(isRecord(module) ? module['default'] : undefined);
  } catch (error) {
    return { state: 'broken', finding: findingOf(error) };
  }
}

/** Takes a value for a plugin if its whole declaration can be read; foreign code may not have gone through `definePlugin`. */
function admit(value: unknown): LoadedPlugin {
  if (!isPlugin(value)) return { state: 'broken', finding: 'its default export is not a plugin' };
  try {
    declarationOf(value);
    return { state: 'loaded', plugin: value };
  } catch (error) {
    return { state: 'broken', finding: `its declaration cannot be read: ${findingOf(error)}` };
  }
}

function findingOf(error: unknown): string {
  const text = error instanceof Error ? error.message || error.name : String(error);
  return (text.split('\n')[0] ?? text).replace(/\.$/, '');
}

/** The module file of `use`. */
async function findModule(use: string, directory: string): Promise<string | undefined> {
  if (/^[./]/.test(use)) {
    const file = path.resolve(directory, use);
    return existsSync(file) ? file : undefined;
  }
  for (const folder of packageFolders(directory)) {
    const home = path.join(folder, use);
    const manifestFile = path.join(home, 'package.json');
    if (existsSync(manifestFile)) return await entryPoint(home, manifestFile);
  }
  return undefined;
}

function* packageFolders(directory: string): Generator<string> {
  for (const start of packageRoots(directory)) {
    for (let folder = start; ; folder = path.dirname(folder)) {
      yield path.join(folder, 'node_modules');
      if (path.dirname(folder) === folder) break;
    }
  }
}

/** Installed packages of the same scope: one of them may be meant. */
async function packagesBeside(use: string, directory: string): Promise<readonly string[]> {
  const scope = /^@[^/]+(?=\/)/.exec(use)?.[0];
  if (scope === undefined) return [];
  const listings = [...new Set(packageFolders(directory))].map((folder) =>
    readdir(path.join(folder, scope)).catch(() => []),
  );
  return (await Promise.all(listings)).flat().map((name) => `${scope}/${name}`);
}

/**
 * The entry file that an `import` of the package would load. Read here because Node offers no way to resolve an
 * import from another folder than one's own; understands the `exports` forms that name one ES module entry.
 */
async function entryPoint(home: string, manifestFile: string): Promise<string> {
  const manifest: unknown = JSON.parse(await readFile(manifestFile, 'utf8'));
  if (!isRecord(manifest)) return path.join(home, 'index.js');
  const { exports, main } = manifest;
  const root = isRecord(exports) && '.' in exports ? exports['.'] : exports;
  return path.join(home, conditionTarget(root) ?? (typeof main === 'string' ? main : 'index.js'));
}

function conditionTarget(value: unknown): string | undefined {
  if (typeof value === 'string') return value;
  if (Array.isArray(value)) return conditionTarget(value[0]);
  if (!isRecord(value)) return undefined;
  for (const [condition, target] of Object.entries(value)) {
    if (!['node', 'import', 'module', 'default'].includes(condition)) continue;
    const found = conditionTarget(target);
    if (found !== undefined) return found;
  }
  return undefined;
}

function isPlugin(value: unknown): value is Plugin {
  return (
    isRecord(value) &&
    typeof value['name'] === 'string' &&
    typeof value['version'] === 'string' &&
    typeof value['setup'] === 'function' &&
    isRecord(value['provides']) &&
    isRecord(value['requires']) &&
    isRecord(value['config'])
  );
}
