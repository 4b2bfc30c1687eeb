import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import type { Manifest, PluginEntry } from '../manifest/manifest.js';
import { packageRoots } from '../manifest/package-roots.js';
import { type Environment, evaluateWhen } from '../manifest/when.js';
import { isRecord } from '../manifest/yaml-tree.js';
import { nearest } from '../nearest.js';
import { declarationOf, type PluginDeclaration } from '../plugin/declaration.js';
import type { Plugin } from '../plugin/plugin.js';
import {
  type PluginFile,
  parsePluginFile,
  pluginFileName,
  pluginFileOf,
  readPluginFile,
} from '../plugin/plugin-file.js';

/** The plugin behind one manifest entry as far as it can be known without running it, or why there is none. */
export type FoundPlugin =
  /** An object that was handed over, or an installed package whose `module` is imported when the node starts. */
  | {
      readonly state: 'found';
      readonly declaration: PluginDeclaration;
      readonly given?: Plugin;
      readonly module?: string;
    }
  /** Known from a catalogue, but not installed. */
  | { readonly state: 'absent'; readonly declaration: PluginDeclaration }
  | { readonly state: 'unknown'; readonly near?: string | undefined }
  /** Here, but without a plugin file; `build` is what to name to the command that makes one. */
  | { readonly state: 'undeclared'; readonly build: string }
  | { readonly state: 'broken'; readonly finding: string };

/** Declarations of packages that may not be installed, by package name. */
export type Catalogue = Readonly<Record<string, PluginFile>>;

export interface FindOptions {
  /** Used before anything is looked up on disk. */
  readonly given?: readonly Plugin[] | undefined;
  readonly environment?: Environment | undefined;
  readonly catalogue?: Catalogue | undefined;
}

/**
 * Reads what the packages that a manifest names declare, in parallel. No plugin code is run: only the file beside
 * `package.json` is read, or, for a module given by path, the `.plugin.json` beside it. Entries whose `when` does not
 * hold are left out.
 */
export async function findPlugins(
  manifest: Manifest,
  { given = [], environment = {}, catalogue = {} }: FindOptions = {},
): Promise<ReadonlyMap<string, FoundPlugin>> {
  const objects = new Map(given.map((plugin) => [plugin.name, plugin]));
  const wanted = [...manifest.plugins.values()].filter((entry) => isActive(entry, environment));
  const found = await Promise.all(
    wanted.map(async ({ key, use }): Promise<[string, FoundPlugin]> => {
      const object = objects.get(use);
      if (object) return [key, admit(object)];
      try {
        const installed = await findInstalled(use, manifest.directory);
        if (installed) return [key, installed];
      } catch (error) {
        return [key, { state: 'broken', finding: findingOf(error) }];
      }
      const listed = Object.hasOwn(catalogue, use) ? catalogue[use] : undefined;
      if (listed) return [key, { state: 'absent', declaration: readPluginFile(listed) }];
      const beside = await packagesBeside(use, manifest.directory);
      const names = [...objects.keys(), ...beside, ...Object.keys(catalogue)];
      return [key, { state: 'unknown', near: nearest(use, names) }];
    }),
  );
  return new Map(found);
}

/** An entry whose `when` cannot be decided counts as wanted, so that its other faults are found too. */
export function isActive(entry: PluginEntry, environment: Environment): boolean {
  if (entry.when === undefined) return true;
  const result = evaluateWhen(entry.when, environment);
  return !result.ok || result.holds;
}

/** Takes an object for a plugin if its whole declaration can be read; foreign code may not have gone through `definePlugin`. */
function admit(value: unknown): FoundPlugin {
  if (!isPlugin(value)) return { state: 'broken', finding: 'it is not a plugin' };
  try {
    const declaration = declarationOf(value);
    const result = parsePluginFile(JSON.stringify(pluginFileOf(declaration)));
    if ('findings' in result) return { state: 'broken', finding: result.findings.join('; ') };
    return { state: 'found', declaration, given: value };
  } catch (error) {
    return { state: 'broken', finding: `its declaration cannot be read: ${findingOf(error)}` };
  }
}

/** Whether a value has the members of a plugin; it may come from another copy of the kernel. */
export function isPlugin(value: unknown): value is Plugin {
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

/** The first line of what went wrong, without a full stop. */
export function findingOf(error: unknown): string {
  const text = error instanceof Error ? error.message || error.name : String(error);
  return (text.split('\n')[0] ?? text).replace(/\.$/, '');
}

async function findInstalled(use: string, directory: string): Promise<FoundPlugin | undefined> {
  if (/^[./]/.test(use)) {
    const module = path.resolve(directory, use);
    if (!existsSync(module)) return undefined;
    return await declared(module, module.replace(/\.[^./\\]+$/, '.plugin.json'), use);
  }
  const home = findPackage(use, directory);
  if (home === undefined) return undefined;
  const module = await entryPoint(home);
  return await declared(module, path.join(home, pluginFileName), path.relative(process.cwd(), home) || '.');
}

async function declared(module: string, file: string, build: string): Promise<FoundPlugin> {
  if (!existsSync(file)) return { state: 'undeclared', build };
  const result = parsePluginFile(await readFile(file, 'utf8'));
  if ('declaration' in result) return { state: 'found', module, declaration: result.declaration };
  return { state: 'broken', finding: `${path.basename(file)}: ${result.findings.join('; ')}` };
}

/** The module that an `import` of an installed package would load; `undefined` where it is not installed. */
export async function findModule(name: string, directory: string): Promise<string | undefined> {
  const home = findPackage(name, directory);
  return home === undefined ? undefined : await entryPoint(home);
}

function findPackage(name: string, directory: string): string | undefined {
  for (const folder of packageFolders(directory)) {
    const home = path.join(folder, name);
    if (existsSync(path.join(home, 'package.json'))) return home;
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

async function entryPoint(home: string): Promise<string> {
  const manifest: unknown = JSON.parse(await readFile(path.join(home, 'package.json'), 'utf8'));
  return path.join(home, packageEntry(manifest));
}

/**
 * The file that an `import` of a package would load, below its folder, from the content of its `package.json`. Read here
 * because Node offers no way to resolve an import from another folder than one's own; understands the `exports` forms that
 * name one ES module entry.
 */
export function packageEntry(manifest: unknown): string {
  if (!isRecord(manifest)) return 'index.js';
  const { exports, main } = manifest;
  const root = isRecord(exports) && '.' in exports ? exports['.'] : exports;
  return conditionTarget(root) ?? (typeof main === 'string' ? main : 'index.js');
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
