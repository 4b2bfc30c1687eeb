// Writes the data files that follow from code: what each plugin declares, the catalogue of all of them, and the JSON Schemas.
// With --check it writes nothing and fails when a file is out of date.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { root, workspaces } from './workspace.js';

const built = (file) => import(pathToFileURL(path.join(root, file)).href);
const { formatProblems, loadManifest, manifestSchema, pluginFileSchema } =
  await built('kernel/dist/index.js');
const { buildPlugins } = await built('packages/authoring/dist/index.js');

const isCheck = process.argv.includes('--check');
const stale = [];

function keep(file, data) {
  const text = `${JSON.stringify(data, undefined, 2)}\n`;
  const target = path.join(root, file);
  if (existsSync(target) && readFileSync(target, 'utf8') === text) return;
  stale.push(file);
  if (!isCheck) writeFileSync(target, text);
}

/** Plugins of the examples: packages with a plugin as default export, and the modules that a manifest names by path. */
async function examplePlugins(folder) {
  if (existsSync(path.join(root, folder, 'dist/index.js'))) return [folder];
  const manifest = path.join(root, folder, 'tier.yaml');
  if (!existsSync(manifest)) return [];
  const { plugins } = await loadManifest(manifest);
  return [...plugins.values()]
    .filter(({ use }) => use.startsWith('.'))
    .map(({ use }) => path.join(folder, use));
}

const all = workspaces();
const shipped = all.filter(({ layer }) => layer === 'plugins').map(({ folder }) => folder);
const examples = all.filter(({ layer }) => layer === 'examples').map(({ folder }) => folder);
const others = (await Promise.all(examples.map(examplePlugins))).flat();

keep('kernel/plugin.schema.json', {
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  title: 'Tiercel plugin declaration',
  ...pluginFileSchema(),
});
keep('packages/tiers/tier.schema.json', manifestSchema());

const builds = await buildPlugins([...shipped, ...others], { directory: root, isCheck });
const refused = builds.filter(({ state }) => state === 'refused');
for (const { plugin, problems } of refused) console.error(formatProblems(plugin, problems));

const declarations = builds.slice(0, shipped.length).map(({ declaration }) => declaration);
if (declarations.every(Boolean)) {
  keep('packages/tiers/catalogue.json', Object.fromEntries(declarations.map((entry) => [entry.name, entry])));
}

if (isCheck && stale.length > 0) {
  console.error(`${stale.join(', ')} differ from the code. Run "npm run build".`);
}
process.exit(refused.length > 0 || (isCheck && stale.length > 0) ? 1 : 0);
