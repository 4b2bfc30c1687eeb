import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import {
  differingPaths,
  type PluginDeclaration,
  type PluginFile,
  type Problem,
  parsePluginFile,
  pluginFileOf,
} from '@tiercel/kernel';
import { problem } from '../problems.js';
import { inspectModule } from './inspect-module.js';
import { findTarget, type PluginTarget } from './plugin-target.js';

export interface BuildOptions {
  /** From where relative paths count. Default: the working directory. */
  readonly directory?: string | undefined;
  /** Writes nothing; a file that is not current is then a problem. */
  readonly isCheck?: boolean | undefined;
  /** Longest import of one plugin. Default: 30,000. */
  readonly importTimeoutMs?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface PluginBuild {
  /** Name of the package, or the path of the module as it was given. */
  readonly plugin: string;
  /** Path of the plugin file. */
  readonly file: string;
  /** `refused`: there are problems, and nothing was written. */
  readonly state: 'written' | 'current' | 'refused';
  /** What the file says; absent when the plugin has problems of its own. */
  readonly declaration?: PluginFile;
  readonly problems: readonly Problem[];
}

const defaultImportTimeoutMs = 30_000;
/** Imports at once: each is a process. */
const maxImports = 2;

/**
 * Writes what plugins declare into their files, so that planning never has to run them. Each path is the folder of a
 * package or a built module. Every plugin is judged to the end and all that is wrong is told at once; those without
 * problems are written even if others have some.
 */
export async function buildPlugins(
  paths: readonly string[],
  options: BuildOptions = {},
): Promise<readonly PluginBuild[]> {
  const builds: PluginBuild[] = [];
  const waiting = [...paths.entries()];
  const work = async () => {
    for (let next = waiting.shift(); next; next = waiting.shift()) {
      const [index, given] = next;
      builds[index] = await buildPlugin(given, options);
    }
  };
  await Promise.all(Array.from({ length: maxImports }, work));
  return builds;
}

async function buildPlugin(given: string, options: BuildOptions): Promise<PluginBuild> {
  const { importTimeoutMs = defaultImportTimeoutMs, signal, isCheck = false } = options;
  const target = await findTarget(given, path.resolve(options.directory ?? '.'));
  const { title: plugin, file, directory } = target;
  if (!('module' in target)) return { plugin, file, state: 'refused', problems: target.problems };
  const { file: declaration, problems: own } = await inspectModule(target.module, {
    directory,
    timeoutMs: importTimeoutMs,
    signal,
  });
  const problems = [...target.problems, ...own, ...(declaration ? mismatches(target, declaration) : [])];
  if (!declaration || problems.length > 0) return { plugin, file, state: 'refused', problems };

  const present = existsSync(file) ? await readFile(file, 'utf8') : '';
  const $schema = schemaOf(present);
  const known = parsePluginFile(present);
  const said = parsePluginFile(JSON.stringify(declaration));
  const isCurrent =
    'declaration' in known && 'declaration' in said && isSame(known.declaration, said.declaration);
  // How the file is laid out, and where its schema lies, is the author's affair.
  if (isCurrent && $schema !== undefined) return { plugin, file, state: 'current', declaration, problems };
  if (isCheck) {
    const paths =
      'declaration' in known && 'declaration' in said
        ? differingPaths(known.declaration, said.declaration)
        : [];
    const stale = problem('AUTHORING_FILE_STALE', { file: path.basename(file), paths });
    return { plugin, file, state: 'refused', declaration, problems: [stale] };
  }
  const content = { $schema: $schema ?? schemaPath(directory), ...declaration };
  await writeFile(file, `${JSON.stringify(content, undefined, 2)}\n`);
  return { plugin, file, state: 'written', declaration, problems };
}

function* mismatches({ package: home }: PluginTarget, { name, version }: PluginFile): Generator<Problem> {
  if (!home) return;
  if (name !== home.name) yield problem('AUTHORING_NAME_DIFFERS', { declared: name, package: home.name });
  if (version !== home.version) {
    yield problem('AUTHORING_VERSION_DIFFERS', { declared: version, package: home.version });
  }
}

/** The order of providers and requirements counts, so this is stricter than having no differing paths. */
function isSame(one: PluginDeclaration, other: PluginDeclaration): boolean {
  return JSON.stringify(pluginFileOf(one)) === JSON.stringify(pluginFileOf(other));
}

/** The schema that a file names already. */
function schemaOf(text: string): string | undefined {
  try {
    const { $schema } = Object(JSON.parse(text)) as { readonly $schema?: unknown };
    return typeof $schema === 'string' ? $schema : undefined;
  } catch {
    return undefined;
  }
}

const schemaFile = 'node_modules/@tiercel/kernel/plugin.schema.json';

/** Path of the schema from `directory`: that of the nearest kernel above it. */
function schemaPath(directory: string): string {
  let up = '.';
  for (let folder = directory; path.dirname(folder) !== folder; folder = path.dirname(folder)) {
    if (existsSync(path.join(folder, schemaFile))) return `${up}/${schemaFile}`;
    up = up === '.' ? '..' : `${up}/..`;
  }
  return `./${schemaFile}`;
}
