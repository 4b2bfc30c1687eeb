import { existsSync } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import { type Problem, packageEntry, pluginFileName } from '@tiercel/kernel';
import { problem } from '../problems.js';

/** A plugin whose file is to be written: a package, or a module that a manifest names by its path. */
export interface PluginTarget {
  /** What messages call it. */
  readonly title: string;
  readonly module: string;
  /** The file that is written. */
  readonly file: string;
  readonly directory: string;
  /** Absent for a module. */
  readonly package?: { readonly name: string; readonly version: string };
  readonly problems: readonly Problem[];
}

/** What `tiercel plugin build PATH` means. Without a `module` there is nothing to import. */
export async function findTarget(
  given: string,
  from: string,
): Promise<PluginTarget | Omit<PluginTarget, 'module'>> {
  const located = path.resolve(from, given);
  const stats = await stat(located).catch(() => undefined);
  if (stats?.isDirectory() && existsSync(path.join(located, 'package.json')))
    return findPackage(located, given);
  const directory = path.dirname(located);
  const file = path.join(directory, `${path.parse(located).name}.plugin.json`);
  const target = { title: given, file, directory };
  if (stats?.isFile() && /\.[cm]?js$/.test(located)) return { ...target, module: located, problems: [] };
  return { ...target, problems: [problem('AUTHORING_TARGET_UNKNOWN', { path: given })] };
}

async function findPackage(
  directory: string,
  given: string,
): Promise<PluginTarget | Omit<PluginTarget, 'module'>> {
  const target = { title: given, file: path.join(directory, pluginFileName), directory };
  const manifest = await readManifest(path.join(directory, 'package.json'));
  if (typeof manifest === 'string') {
    const details = { file: path.join(given, 'package.json'), finding: manifest };
    return { ...target, problems: [problem('AUTHORING_PACKAGE_UNREADABLE', details)] };
  }
  const { name, version, files, private: isPrivate } = manifest;
  const problems: Problem[] = [];
  if (!isPrivate && Array.isArray(files) && !files.some(names)) {
    problems.push(problem('AUTHORING_FILE_UNPUBLISHED', { file: pluginFileName }));
  }
  const found = { ...target, title: name, package: { name, version }, problems };
  const entry = packageEntry(manifest);
  const module = path.join(directory, entry);
  if (existsSync(module)) return { ...found, module };
  return { ...found, problems: [...problems, problem('AUTHORING_ENTRY_MISSING', { entry })] };
}

interface PackageManifest {
  readonly name: string;
  readonly version: string;
  readonly files?: unknown;
  readonly private?: unknown;
}

/** The content of a `package.json`, or what is wrong with it. */
async function readManifest(file: string): Promise<PackageManifest | string> {
  let value: unknown;
  try {
    value = JSON.parse(await readFile(file, 'utf8'));
  } catch (error) {
    return error instanceof SyntaxError ? 'it is not JSON' : 'it cannot be opened';
  }
  const { name, version } = Object(value) as Partial<PackageManifest>;
  if (typeof name !== 'string' || name === '') return 'it has no "name"';
  if (typeof version !== 'string' || version === '') return 'it has no "version"';
  return value as PackageManifest;
}

/** Whether an entry of "files" takes the plugin file along. */
function names(entry: unknown): boolean {
  return [pluginFileName, `./${pluginFileName}`, '*.json', '*', '.', './', '**'].includes(String(entry));
}
