// What the scripts know about the folders of this repository.
import { readdirSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));

/** Every workspace: its folder (relative to the root), layer and package.json. */
export function workspaces() {
  const folders = ['kernel', 'benchmarks'];
  for (const layer of ['packages', 'plugins', 'examples']) {
    for (const name of readdirSync(path.join(root, layer)).sort()) folders.push(`${layer}/${name}`);
  }
  return folders.flatMap((folder) => {
    try {
      const manifest = JSON.parse(readFileSync(path.join(root, folder, 'package.json'), 'utf8'));
      return [{ folder, layer: folder.split('/')[0], manifest }];
    } catch {
      return [];
    }
  });
}

/** Source files of a folder, relative to the root, without `dist` and `node_modules`. */
export function sources(folder, pattern = /\.(ts|js)$/) {
  const found = [];
  const walk = (directory) => {
    for (const name of readdirSync(path.join(root, directory)).sort()) {
      if (name === 'node_modules' || name === 'dist') continue;
      const file = `${directory}/${name}`;
      if (statSync(path.join(root, file)).isDirectory()) walk(file);
      else if (pattern.test(name)) found.push(file);
    }
  };
  walk(folder);
  return found;
}

export function read(file) {
  return readFileSync(path.join(root, file), 'utf8');
}
