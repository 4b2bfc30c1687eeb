import { readFile, stat } from 'node:fs/promises';
import { createRequire } from 'node:module';
import path from 'node:path';
import { KernelError } from '../errors.js';
import type { Problem } from '../plan/problem.js';
import { problem } from '../plan/problems.js';
import type { Device, Manifest, Position } from './manifest.js';
import { readManifestShape } from './manifest-shape.js';
import { packageRoots } from './package-roots.js';
import { isRecord, type LocatedTree, parseYaml, show, treeOf } from './yaml-tree.js';

/** A manifest given as data instead of a file. Keys and values as in the YAML. */
export interface ManifestData {
  readonly tier: string;
  readonly extends?: string;
  readonly title?: string;
  readonly device?: Device;
  readonly requires?: readonly string[];
  readonly plugins: Readonly<Record<string, PluginEntryData | null>>;
  readonly bind?: Readonly<Record<string, string | readonly string[] | null>>;
}

export interface PluginEntryData {
  readonly use?: string;
  readonly version?: string;
  readonly when?: string | boolean;
  readonly placement?: string;
  readonly boot?: string | { readonly mode?: string; readonly timeoutMs?: number };
  readonly config?: Readonly<Record<string, unknown>>;
}

export interface LoadManifestOptions {
  /** Laid over the manifest as if it extended it: maps merge by key, `null` removes. */
  readonly overlay?: Partial<ManifestData> | undefined;
  /** Where packages and relative paths of a manifest given as data are looked up. Default: the working directory. */
  readonly directory?: string | undefined;
}

const maxExtends = 16;
const maxBytes = 1_048_576;
const dataSource = 'The manifest';

/**
 * Reads a manifest and everything it extends. Faults of its content are collected in `problems`;
 * only a file that cannot be read at all throws (`KERNEL_MANIFEST_UNREADABLE`).
 */
export async function loadManifest(
  from: string | ManifestData,
  options: LoadManifestOptions = {},
): Promise<Manifest> {
  const problems: Problem[] = [];
  const file = typeof from === 'string' ? path.resolve(from) : undefined;
  const directory = file ? path.dirname(file) : path.resolve(options.directory ?? '.');
  let tree: LocatedTree;
  if (file) {
    const parsed = parseYaml(await readManifest(file), shorten(file));
    tree = parsed.tree;
    problems.push(...parsed.problems);
  } else {
    tree = treeOf(from, dataSource);
  }
  tree = await withBases(tree, file ?? directory, directory, problems);
  if (options.overlay) tree = withOverlay(tree, treeOf(options.overlay, 'The overlay'), problems);
  const source = file ? shorten(file) : dataSource;
  return readManifestShape({ tree, source, directory, problems });
}

function withOverlay(tree: LocatedTree, overlay: LocatedTree, problems: Problem[]): LocatedTree {
  const target = isRecord(overlay.value) ? overlay.value['extends'] : undefined;
  if (target !== undefined) {
    const details = { target: show(target), finding: 'an overlay extends nothing but its manifest' };
    problems.push(problem('KERNEL_EXTENDS_INVALID', details, { at: overlay.at(['extends']) }));
  }
  return tree.merge(overlay);
}

/** Lays `tree` over the manifests that it extends, nearest last. */
async function withBases(
  tree: LocatedTree,
  file: string,
  directory: string,
  problems: Problem[],
): Promise<LocatedTree> {
  const chain = [tree];
  const seen = new Set([file]);
  let current = { tree, directory };
  while (isRecord(current.tree.value) && current.tree.value['extends'] !== undefined) {
    const target = current.tree.value['extends'];
    const at = current.tree.at(['extends']);
    const base = await loadBase(target, current.directory, seen, at, problems);
    if (!base) break;
    seen.add(base.file);
    chain.unshift(base.tree);
    current = { tree: base.tree, directory: path.dirname(base.file) };
  }
  return chain.reduce((below, above) => below.merge(above));
}

async function loadBase(
  target: unknown,
  directory: string,
  seen: ReadonlySet<string>,
  at: Position | undefined,
  problems: Problem[],
): Promise<{ file: string; tree: LocatedTree } | undefined> {
  const refuse = (finding: string): undefined => {
    problems.push(
      problem(
        'KERNEL_EXTENDS_INVALID',
        { target: typeof target === 'string' ? target : show(target), finding },
        { at },
      ),
    );
  };
  if (typeof target !== 'string' || target === '') return refuse('it is not the name of a file');
  const file = resolveBase(target, directory);
  if (!file) return refuse('no package here has such a file');
  if (seen.has(file)) return refuse('it extends itself, directly or through others');
  if (seen.size >= maxExtends) return refuse(`more than ${maxExtends} manifests extend each other`);
  try {
    const parsed = parseYaml(await readManifest(file), shorten(file));
    problems.push(...parsed.problems);
    return { file, tree: parsed.tree };
  } catch (error) {
    return refuse(String((error as KernelError).details['finding']));
  }
}

function resolveBase(target: string, directory: string): string | undefined {
  if (!target.startsWith('@')) return path.resolve(directory, target);
  for (const start of packageRoots(directory)) {
    try {
      return createRequire(path.join(start, 'manifest.yaml')).resolve(target);
    } catch {
      // Not from there.
    }
  }
  return undefined;
}

async function readManifest(file: string): Promise<string> {
  const refuse = (finding: string, cause?: unknown) =>
    new KernelError('KERNEL_MANIFEST_UNREADABLE', { file: shorten(file), finding }, { cause });
  try {
    const stats = await stat(file);
    // A pipe or a device might never come to an end.
    if (!stats.isFile()) throw refuse(stats.isDirectory() ? 'it is a directory' : 'it is not a plain file');
    if (stats.size > maxBytes) throw refuse(`it is larger than ${maxBytes} bytes`);
    return await readFile(file, 'utf8');
  } catch (error) {
    if (error instanceof KernelError) throw error;
    const { code } = error as NodeJS.ErrnoException;
    throw refuse(code === 'ENOENT' ? 'there is no such file' : `it cannot be opened (${code})`, error);
  }
}

/** The shorter of the absolute path and the one from the working directory, as a person would type it. */
function shorten(file: string): string {
  const relative = path.relative(process.cwd(), file);
  return relative.startsWith('..') ? file : relative;
}
