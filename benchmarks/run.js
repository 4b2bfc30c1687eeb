// npm run -s bench -- NAME [--json]
import { readdirSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { print } from './harness.js';

const here = path.dirname(fileURLToPath(import.meta.url));
const names = readdirSync(here)
  .filter((file) => file.endsWith('.js') && !['run.js', 'harness.js'].includes(file))
  .map((file) => file.slice(0, -3));

const args = process.argv.slice(2);
const json = args.includes('--json');
const [name] = args.filter((arg) => !arg.startsWith('--'));
if (!names.includes(name)) {
  console.error(`Usage: npm run -s bench -- NAME [--json], where NAME is one of ${names.join(', ')}.`);
  process.exit(2);
}
const { measure } = await import(pathToFileURL(path.join(here, `${name}.js`)).href);
const outcome = await measure();
print({ name, ...outcome }, { json });
process.exit(outcome.goals.every(({ met }) => met) ? 0 : 1);
