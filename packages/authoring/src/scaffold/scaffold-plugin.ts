import { existsSync } from 'node:fs';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Problem } from '@tiercel/kernel';
import { AuthoringError } from '../errors.js';
import { problem } from '../problems.js';
import { type FoundContract, findContract } from './find-contract.js';
import { keyOf, nameFinding } from './name-finding.js';
import { providerSkeleton } from './provider-skeleton.js';
import {
  type FileTree,
  readCommonFiles,
  readOwnVersion,
  readTemplate,
  type Template,
  templateNames,
} from './templates.js';

export interface ScaffoldOptions {
  /** Of the package that is to be. */
  readonly name: string;
  /** Id of the capability that it provides. */
  readonly capability: string;
  /** Folder to make. Default: the name without its scope. */
  readonly directory?: string | undefined;
  /** Installed package, or an entry of one, that exports the capability. Default: `@tiercel/capabilities`. */
  readonly contractFrom?: string | undefined;
  /** From where relative paths and packages count. Default: the working directory. */
  readonly from?: string | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface ScaffoldedPlugin {
  readonly name: string;
  readonly directory: string;
  /** Relative to the directory, in order. */
  readonly files: readonly string[];
  /** Members of a foreign contract that are still to be written; none where the provider works. */
  readonly unwritten: readonly string[];
}

/**
 * Writes a package with a small working provider of a capability, its contract suite and a manifest that runs it. For a
 * contract of another package the members of the provider are left to be written. Throws `AUTHORING_SCAFFOLD_REFUSED`
 * with all that is in the way; then nothing was written.
 */
export async function scaffoldPlugin(options: ScaffoldOptions): Promise<ScaffoldedPlugin> {
  const { name, capability, contractFrom } = options;
  const from = path.resolve(options.from ?? '.');
  const key = keyOf(name);
  const directory = path.resolve(from, options.directory ?? key);
  const problems: Problem[] = [];

  const finding = nameFinding(name);
  if (finding !== undefined) problems.push(problem('AUTHORING_NAME_INVALID', { name, finding }));
  if (existsSync(directory) && (finding === undefined || options.directory !== undefined)) {
    problems.push(problem('AUTHORING_DIRECTORY_TAKEN', { directory }));
  }
  let contract: FoundContract | undefined;
  if (contractFrom !== undefined) {
    const { signal } = options;
    const found = await findContract({ specifier: contractFrom, capability, directory: from, signal });
    if ('code' in found) problems.push(found);
    else contract = found;
  } else {
    const known = await templateNames();
    if (!known.includes(capability)) {
      problems.push(problem('AUTHORING_CAPABILITY_UNKNOWN', { capability, known }));
    }
  }
  if (problems.length > 0) throw new AuthoringError('AUTHORING_SCAFFOLD_REFUSED', { name, problems });

  const template = contract ? providerSkeleton(name, contract) : await readTemplate(capability);
  const files = new Map(
    [...(await readCommonFiles()), ...template.files].map(([file, text]) => [
      file.replaceAll('plugin-name', key),
      filled(text, { name, capability, description: template.description }),
    ]),
  );
  const needed = dependenciesOf(template, contract, await readOwnVersion());
  files.set('package.json', withDependencies(files.get('package.json') ?? '', needed));
  await writeTree(directory, files);
  return {
    name,
    directory,
    files: [...files.keys()].sort(),
    unwritten: Object.keys(contract?.methods ?? {}),
  };
}

/** The templates are sound sources about a package with a name of its own, which is exchanged here. */
function filled(
  text: string,
  { name, capability, description }: { name: string; capability: string; description: string },
): string {
  const words = new Map([
    ['@acme/plugin-name', name],
    ['plugin-name', keyOf(name)],
    ['capability-id', capability],
    ['Description of the plugin.', description],
  ]);
  return text.replace(new RegExp([...words.keys()].join('|'), 'g'), (word) => words.get(word) ?? word);
}

interface Dependencies {
  readonly dependencies: Readonly<Record<string, string>>;
  readonly devDependencies: Readonly<Record<string, string>>;
}

/** What the sources import, in the exact versions that this was made with. */
function dependenciesOf(
  { files, besides }: Template,
  contract: FoundContract | undefined,
  version: string,
): Dependencies {
  const own = new Set<string>();
  const testing = new Set(['@tiercel/cli', '@tiercel/tiers', ...besides]);
  for (const [file, text] of files) {
    for (const [, name = ''] of text.matchAll(/from '(@[^/']+\/[^/']+|[^./'@][^/']*)/g)) {
      if (name.startsWith('node:') || name === '@jest/globals') continue;
      (file.endsWith('.test.ts') ? testing : own).add(name);
    }
  }
  const versionOf = (name: string) => (name === contract?.package.name ? contract.package.version : version);
  const pick = (names: Iterable<string>) =>
    Object.fromEntries([...names].sort().map((name) => [name, versionOf(name)]));
  return { dependencies: pick(own), devDependencies: pick([...testing].filter((name) => !own.has(name))) };
}

function withDependencies(text: string, { dependencies, devDependencies }: Dependencies): string {
  const manifest = JSON.parse(text) as Dependencies;
  const development = Object.entries({ ...manifest.devDependencies, ...devDependencies });
  const sorted = Object.fromEntries(development.sort(([a], [b]) => (a < b ? -1 : 1)));
  return `${JSON.stringify({ ...manifest, dependencies, devDependencies: sorted }, undefined, 2)}\n`;
}

/** Writes all files into a folder that is new, or leaves no folder. */
async function writeTree(directory: string, files: FileTree): Promise<void> {
  try {
    await mkdir(path.dirname(directory), { recursive: true });
    await mkdir(directory);
  } catch (cause) {
    const reason = (cause as NodeJS.ErrnoException).code ?? String(cause);
    throw new AuthoringError('AUTHORING_DIRECTORY_UNUSABLE', { directory, reason }, { cause });
  }
  try {
    for (const [file, text] of files) {
      await mkdir(path.join(directory, path.dirname(file)), { recursive: true });
      await writeFile(path.join(directory, file), text);
    }
  } catch (error) {
    await rm(directory, { recursive: true, force: true });
    throw error;
  }
}
