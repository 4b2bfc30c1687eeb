// Importing a package starts nothing: no native code, no handle that keeps the process alive, no output, no child, no global.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { root, workspaces } from './workspace.js';

const probe = `
  process.dlopen = (module, file) => { throw new Error('loads native code: ' + file); };
  const before = new Set(Object.getOwnPropertyNames(globalThis));
  await import(process.argv[1]);
  const added = Object.getOwnPropertyNames(globalThis).filter((name) => !before.has(name));
  const busy = process.getActiveResourcesInfo().filter((name) => !/^(TTYWrap|PipeWrap|FSReqPromise|CloseReq)$/.test(name));
  if (busy.length > 0) throw new Error('left running: ' + busy.join(', '));
  if (added.length > 0) throw new Error('added globals: ' + added.join(', '));
`;

function check(file) {
  return new Promise((resolve) => {
    const args = ['--input-type=module', '-e', probe, pathToFileURL(file).href];
    const child = spawn(process.execPath, args, { cwd: root, timeout: 20_000 });
    let output = '';
    child.stdout.on('data', (data) => (output += data));
    child.stderr.on('data', (data) => (output += data));
    child.on('close', (code, signal) => {
      if (code === 0 && output === '') return resolve(undefined);
      const reason =
        /Error: (.*)/.exec(output)?.[1] ??
        (signal ? 'does not end by itself' : `printed: ${output.slice(0, 200)}`);
      resolve(reason);
    });
  });
}

const entries = workspaces()
  .filter(({ layer }) => layer !== 'benchmarks' && layer !== 'examples')
  // It imports @jest/globals, which only exists while jest runs.
  .filter(({ folder }) => folder !== 'packages/testkit')
  .map(({ folder }) => path.join(root, folder, 'dist/index.js'))
  .filter((file) => existsSync(file));
const faults = [];
const queue = [...entries];
const worker = async () => {
  for (let file = queue.shift(); file; file = queue.shift()) {
    const fault = await check(file);
    if (fault) faults.push(`${path.relative(root, path.dirname(path.dirname(file)))}: ${fault}`);
  }
};
await Promise.all([worker(), worker()]);
if (faults.length > 0) console.error(faults.join('\n'));
process.exit(faults.length > 0 ? 1 : 0);
