// What must not be in the repository: registry hosts, machine paths, broken links in pages, packages without a README.
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { root, workspaces } from './workspace.js';

const faults = [];
const tracked = execFileSync('git', ['ls-files', '-co', '--exclude-standard'], {
  cwd: root,
  encoding: 'utf8',
})
  .split('\n')
  .filter(Boolean);
const isText = (file) =>
  /\.(ts|js|json|md|yaml|yml|sh)$|^\.|\/\.ci\//.test(file) &&
  !file.startsWith('packages/starter-models/models/');

// Assembled, so that this file does not contain what it looks for.
const registry = new RegExp(['registry', 'npmjs', 'org'].join('\\.'));
const machine = new RegExp(`/${'work'}/|/${'root'}/`);

for (const file of tracked.filter(isText)) {
  if (!existsSync(path.join(root, file))) continue;
  const text = readFileSync(path.join(root, file), 'utf8');
  if (registry.test(text)) faults.push(`${file}: names a registry host`);
  if (machine.test(text)) faults.push(`${file}: names a path of one machine`);
  if (!file.endsWith('.md')) continue;
  for (const [, target] of text.matchAll(/\]\((?!https?:|#|mailto:)([^)#\s]+)(?:#[^)]*)?\)/g)) {
    if (!existsSync(path.join(root, path.dirname(file), target)))
      faults.push(`${file}: link to ${target} leads nowhere`);
  }
}

const lock = JSON.parse(readFileSync(path.join(root, 'package-lock.json'), 'utf8'));
for (const [name, entry] of Object.entries(lock.packages)) {
  if (typeof entry.resolved === 'string' && /^https?:/.test(entry.resolved))
    faults.push(`package-lock.json: ${name} carries an address`);
}

for (const { folder, layer } of workspaces()) {
  const wanted =
    layer === 'packages' || layer === 'plugins' || layer === 'kernel'
      ? ['README.md', 'CHANGELOG.md']
      : ['README.md'];
  for (const name of wanted) {
    if (!existsSync(path.join(root, folder, name))) faults.push(`${folder}: ${name} is missing`);
  }
}

if (faults.length > 0) console.error(faults.join('\n'));
process.exit(faults.length > 0 ? 1 : 0);
