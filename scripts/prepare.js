// Builds after `npm ci`. An install without development tools (`--omit=dev`) has no compiler and keeps the `dist` it has.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { root } from './workspace.js';

const tsc = path.join(root, 'node_modules/typescript/bin/tsc');
if (!existsSync(tsc)) {
  console.log('TypeScript is not installed, so nothing was built. Install without --omit=dev to build.');
  process.exit(0);
}
for (const args of [[tsc, '--build'], ['scripts/build-plugin-files.js']]) {
  const { status } = spawnSync(process.execPath, args, { cwd: root, stdio: 'inherit' });
  if (status !== 0) process.exit(status ?? 1);
}
