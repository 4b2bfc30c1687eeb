// Imports point one way: examples and benchmarks → plugins → packages → kernel. A plugin never imports a plugin.
import { read, sources, workspaces } from './workspace.js';

const rank = { kernel: 0, packages: 1, plugins: 2, examples: 3, benchmarks: 3 };
const all = workspaces();
const byName = new Map(all.map((workspace) => [workspace.manifest.name, workspace]));
const faults = [];

for (const { folder, layer, manifest } of all) {
  const declared = {
    ...manifest.dependencies,
    ...manifest.devDependencies,
    ...manifest.peerDependencies,
    ...manifest.optionalDependencies,
  };
  for (const file of sources(folder)) {
    // Template text may show an import; only real ones count, and they start a line or stand in import().
    for (const match of read(file).matchAll(
      /^(?:import|export)\b[^'"`;]*?from\s*'([^']+)'|^import\s*'([^']+)'|\bimport\(\s*'([^']+)'\s*\)/gm,
    )) {
      const specifier = match[1] ?? match[2] ?? match[3] ?? '';
      if (specifier.startsWith('node:')) continue;
      if (specifier.startsWith('.')) {
        const depth = file.split('/').length - 1 - folder.split('/').length;
        if (specifier.split('/').filter((part) => part === '..').length > depth)
          faults.push(`${file}: ${specifier} leaves its package`);
        continue;
      }
      const name = specifier
        .split('/')
        .slice(0, specifier.startsWith('@') ? 2 : 1)
        .join('/');
      const isTest = /\.test\.(support\.)?ts$|testing\.ts$|\/testing\//.test(file);
      if (
        name !== manifest.name &&
        !(name in declared) &&
        !(isTest && ['@jest/globals', 'fast-check'].includes(name))
      ) {
        faults.push(`${file}: ${name} is not in ${folder}/package.json`);
      }
      const target = byName.get(name);
      if (!target || target.folder === folder) continue;
      const isAllowed =
        rank[target.layer] < rank[layer] || (layer === 'packages' && target.layer === 'packages');
      if (!isAllowed) faults.push(`${file}: ${layer} may not import ${name} (${target.layer})`);
    }
  }
}

for (const { folder, layer, manifest } of all) {
  for (const name of Object.keys(manifest.dependencies ?? {})) {
    const target = byName.get(name);
    if (target && layer === 'plugins' && target.layer === 'plugins')
      faults.push(`${folder} depends on the plugin ${name}`);
    if (target && layer === 'kernel') faults.push(`the kernel depends on ${name}`);
  }
}

const voice = /\b(speech|voice|audio|whisper|piper|llama|microphone|transcript|assistant)\b/i;
for (const file of sources('kernel').filter((name) => !name.endsWith('.test.ts'))) {
  for (const [index, line] of read(file).split('\n').entries()) {
    if (voice.test(line)) faults.push(`${file}:${index + 1}: the kernel knows nothing about voice`);
  }
}

if (faults.length > 0) console.error(faults.join('\n'));
process.exit(faults.length > 0 ? 1 : 0);
