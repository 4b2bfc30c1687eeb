import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const home = fileURLToPath(new URL('../../templates', import.meta.url));
const common = 'common';

/** Files of a package that is to be: content by path. */
export type FileTree = ReadonlyMap<string, string>;

/** A small working provider of one capability. */
export interface Template {
  readonly description: string;
  /** Packages that its tests name and do not import. */
  readonly besides: readonly string[];
  /** Everything but what all packages have in common. */
  readonly files: FileTree;
}

/** Capabilities for which there is a working provider to start from. */
export async function templateNames(): Promise<readonly string[]> {
  const names = await readdir(home);
  return names.filter((name) => name !== common && existsSync(path.join(home, name, 'template.json'))).sort();
}

export async function readTemplate(capability: string): Promise<Template> {
  const files = new Map(await readTree(path.join(home, capability)));
  const { description, besides = [] } = JSON.parse(files.get('template.json') ?? '{}') as Template;
  files.delete('template.json');
  return { description, besides, files };
}

/** Files that every package has. */
export async function readCommonFiles(): Promise<FileTree> {
  const files = new Map(await readTree(path.join(home, common)));
  // npm leaves a .gitignore out of packages, so ours goes by another name.
  files.set('.gitignore', files.get('gitignore') ?? '');
  files.delete('gitignore');
  return files;
}

/** Names and versions of this package, in step with all others of the project. */
export async function readOwnVersion(): Promise<string> {
  const text = await readFile(path.join(home, '..', 'package.json'), 'utf8');
  return (JSON.parse(text) as { readonly version: string }).version;
}

async function readTree(directory: string): Promise<FileTree> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true });
  const files = entries
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => path.join(parentPath, name));
  const read = async (file: string): Promise<[string, string]> => [
    path.relative(directory, file).replaceAll(path.sep, '/'),
    await readFile(file, 'utf8'),
  ];
  return new Map(await Promise.all(files.sort().map(read)));
}
