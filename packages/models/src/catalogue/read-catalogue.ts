import { readFile, stat } from 'node:fs/promises';
import { parse } from 'yaml';
import { ModelError } from '../errors.js';
import type { CatalogueEntry } from './catalogue-entry.js';
import { type ParseCatalogueOptions, parseCatalogue } from './parse-catalogue.js';

const MAX_CATALOGUE_BYTES = 1_048_576;

/** Reads a catalogue file, YAML or JSON. Throws `MODEL_CATALOGUE_INVALID`, also when the file cannot be read. */
export async function readCatalogue(
  file: string,
  options: Omit<ParseCatalogueOptions, 'file'>,
): Promise<CatalogueEntry[]> {
  return parseCatalogue(await readYaml(file), { ...options, file });
}

async function readYaml(file: string): Promise<unknown> {
  try {
    const { size } = await stat(file);
    if (size > MAX_CATALOGUE_BYTES) throw new RangeError(`it has ${size} bytes, and 1 MiB is the limit`);
    return parse(await readFile(file, 'utf8'), { maxAliasCount: 100 });
  } catch (error) {
    const finding = error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error);
    throw new ModelError('MODEL_CATALOGUE_INVALID', { file, problems: [finding] }, { cause: error });
  }
}
