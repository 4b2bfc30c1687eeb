// Runs jest with native ES modules. Started inside a workspace (`npm test -w plugins/x`) it stays in that folder.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const folder = path.relative(root, process.cwd());
const inside = folder && !folder.startsWith('..') ? [`${folder}/`] : [];
const jest = path.join(root, 'node_modules/jest/bin/jest.js');
// What nodes under test keep is not the business of whoever runs the tests.
const dataDirectory = mkdtempSync(path.join(tmpdir(), 'tiercel-data-'));
const { status } = spawnSync(
  process.execPath,
  [
    '--experimental-vm-modules',
    '--disable-warning=ExperimentalWarning',
    jest,
    '--rootDir',
    root,
    ...inside,
    ...process.argv.slice(2),
  ],
  { cwd: root, stdio: 'inherit', env: { ...process.env, DATA_DIR: dataDirectory } },
);
rmSync(dataDirectory, { recursive: true, force: true });
process.exit(status ?? 1);
