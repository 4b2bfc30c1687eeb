import { readFile } from 'node:fs/promises';
import type { Catalogue } from '@tiercel/kernel';

let reading: Promise<Catalogue> | undefined;

/**
 * What every plugin of this project declares, by package name: with it a tier can be planned whose plugins are not
 * installed. Read at the first call, then kept.
 */
export function pluginCatalogue(): Promise<Catalogue> {
  reading ??= read();
  return reading;
}

async function read(): Promise<Catalogue> {
  // Written by the build of this project from what the plugins declare.
  return JSON.parse(await readFile(new URL('../catalogue.json', import.meta.url), 'utf8')) as Catalogue;
}
