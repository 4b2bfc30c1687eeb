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
const { status } = spawnSync(process.execPath, [tsc, '--build'], { cwd: root, stdio: 'inherit' });
process.exit(status ?? 1);
