// Every error code belongs to one catalogue, is used by source code and is named by a test: none is dead or untried.
import { errorCatalogues } from './error-catalogues.js';
import { read, sources, workspaces } from './workspace.js';

/** Codes that no test can get to see, and why. */
const UNTESTABLE = new Set([
  // The reason of a deadline, caught where it arises; tests see what it is told as, AUTHORING_IMPORT_LATE.
  'AUTHORING_CHILD_TIMEOUT',
]);
const TEST = /\.test\.ts$|contract\.ts$|\.test\.support\.ts$|testing\.ts$/;

const faults = [];
const owners = new Map();
for (const catalogue of await errorCatalogues()) {
  for (const { code } of catalogue.codes) {
    if (owners.has(code)) faults.push(`${code} stands in ${owners.get(code)} and in ${catalogue.file}`);
    owners.set(code, catalogue.file);
  }
}

const code = workspaces()
  .flatMap(({ folder }) => sources(folder, /\.ts$/))
  .filter((file) => !/\.test\.ts$/.test(file));
const texts = new Map(code.map((file) => [file, read(file)]));
for (const [name, owner] of owners) {
  const isUsed = [...texts].some(([file, text]) => file !== owner && text.includes(`'${name}'`));
  if (!isUsed) faults.push(`${name} (${owner}) is never thrown`);
}
for (const [file, text] of texts) {
  if (/testing|contract|fake|\/test\/|\.test\./.test(file)) continue;
  for (const [, name] of text.matchAll(/throw new Error\(/g))
    faults.push(`${file}: throws a plain Error${name ?? ''}`);
}

const tests = workspaces()
  .filter(({ layer }) => layer !== 'benchmarks')
  .flatMap(({ folder }) => sources(folder, TEST));
const named = new Set(tests.flatMap((file) => read(file).match(/\b[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+\b/g) ?? []));
for (const [name, owner] of owners) {
  if (!named.has(name) && !UNTESTABLE.has(name)) faults.push(`${name} (${owner}) is named by no test`);
}
for (const name of UNTESTABLE) {
  if (!owners.has(name) || named.has(name))
    faults.push(`${name} no longer belongs on the list of this script`);
}
if (faults.length > 0) console.error(faults.join('\n'));
process.exit(faults.length > 0 ? 1 : 0);
