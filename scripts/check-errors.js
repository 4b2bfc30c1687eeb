// Every error code belongs to one catalogue and is used by source code: none is dead.
import { errorCatalogues } from './error-catalogues.js';
import { read, sources, workspaces } from './workspace.js';

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
if (faults.length > 0) console.error(faults.join('\n'));
process.exit(faults.length > 0 ? 1 : 0);
