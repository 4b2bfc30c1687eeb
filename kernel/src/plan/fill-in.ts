import { readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import type { Manifest } from '../manifest/manifest.js';
import { type Environment, variableOf } from '../manifest/when.js';
import { isRecord } from '../manifest/yaml-tree.js';
import type { PluginDeclaration } from '../plugin/declaration.js';
import { findingOf } from './find-plugins.js';

/** Texts of the files that configuration refers to, by absolute path; or why one cannot be read. */
export type ConfigFiles = ReadonlyMap<string, { readonly text: string } | { readonly finding: string }>;

/** Where values that stand in a manifest only by reference come from. */
export interface FillSources {
  readonly environment: Environment;
  readonly files: ConfigFiles;
  /** Folder from which relative paths are read. */
  readonly directory: string;
}

export interface Filled {
  readonly value: unknown;
  /** Whether it is a text that was put together, and so has to be read like one from the environment. */
  readonly isText: boolean;
  /** Whether a file took part: its content is never shown. */
  readonly isSecret: boolean;
  readonly findings: readonly string[];
}

/** `${env:NAME}`, `${env:NAME:-otherwise}` and `${file:PATH}`; a second `$` in front keeps it as it is. Nothing else is special. */
const reference = /(\$?)\$\{(?:env:([A-Za-z_][A-Za-z0-9_]*)(?::-([^}]*))?|file:([^}]+))\}/g;

const maxFileBytes = 65_536;

/** Fills references into every text of a configuration value. */
export function fillIn(value: unknown, { environment, files, directory }: FillSources): Filled {
  const findings: string[] = [];
  let isSecret = false;
  const fillText = (text: string) =>
    text.replace(reference, (whole, isKept: string, name?: string, otherwise?: string, file?: string) => {
      if (isKept !== '') return whole.slice(1);
      if (file !== undefined) {
        isSecret = true;
        const read = files.get(path.resolve(directory, file)) ?? { finding: 'it was not read' };
        if ('text' in read) return read.text;
        findings.push(`file ${file} cannot be used: ${read.finding}`);
        return '';
      }
      const found = variableOf(environment, name ?? '');
      if (found !== undefined && found !== '') return found;
      if (otherwise === undefined) findings.push(`environment variable ${name} is not set`);
      return otherwise ?? '';
    });
  const fill = (item: unknown): unknown => {
    if (typeof item === 'string') return fillText(item);
    if (Array.isArray(item)) return item.map(fill);
    if (!isRecord(item)) return item;
    return Object.fromEntries(Object.entries(item).map(([key, inner]) => [key, fill(inner)]));
  };
  if (!textsOf(value).some((text) => text.includes('${'))) {
    return { value, isText: false, isSecret, findings };
  }
  return { value: fill(value), isText: typeof value === 'string', isSecret, findings };
}

/** Reads every file that the configuration of these plugins refers to: `${file:…}`, and `NAME_FILE` of sensitive keys. */
export async function readConfigFiles(
  manifest: Manifest,
  declarations: Iterable<PluginDeclaration>,
  environment: Environment,
): Promise<ConfigFiles> {
  const wanted = new Set<string>();
  for (const { config } of manifest.plugins.values()) {
    for (const text of textsOf(config)) {
      for (const [, , , , file] of text.matchAll(reference)) {
        if (file !== undefined) wanted.add(path.resolve(manifest.directory, file));
      }
    }
  }
  for (const { config } of declarations) {
    for (const { env, sensitive } of Object.values(config)) {
      const file = sensitive && env !== undefined ? variableOf(environment, `${env}_FILE`)?.trim() : '';
      if (file) wanted.add(path.resolve(file));
    }
  }
  return new Map(await Promise.all([...wanted].map(async (file) => [file, await readOne(file)] as const)));
}

async function readOne(file: string): Promise<{ readonly text: string } | { readonly finding: string }> {
  try {
    const stats = await stat(file);
    // A pipe or a device might never come to an end.
    if (!stats.isFile())
      return { finding: stats.isDirectory() ? 'it is a directory' : 'it is not a plain file' };
    if (stats.size > maxFileBytes) return { finding: `it is larger than ${maxFileBytes} bytes` };
    return { text: (await readFile(file, 'utf8')).replace(/\r?\n$/, '') };
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    return { finding: code === 'ENOENT' ? 'there is no such file' : findingOf(error) };
  }
}

function textsOf(value: unknown): readonly string[] {
  if (typeof value === 'string') return [value];
  if (Array.isArray(value)) return value.flatMap(textsOf);
  return isRecord(value) ? Object.values(value).flatMap(textsOf) : [];
}
