// npm run check: everything that can be judged without running the product. Goes on after a failure and lists them all.
import { spawnSync } from 'node:child_process';
import { root } from './workspace.js';

const steps = [
  ['format and lint', 'npx', ['biome', 'check', '--error-on-warnings']],
  ['types', 'npx', ['tsc', '--build']],
  ['import directions', 'node', ['scripts/check-arrows.js']],
  ['size of the kernel', 'node', ['scripts/check-kernel-size.js']],
  ['importing starts nothing', 'node', ['scripts/check-imports.js']],
  ['plugin files are current', 'node', ['scripts/build-plugin-files.js', '--check']],
  ['error catalogues', 'node', ['scripts/check-errors.js']],
  ['dead exports and dependencies', 'npx', ['knip', '--no-progress']],
  ['generated pages are current', 'node', ['scripts/generate-docs.js', '--check']],
  ['files of the repository', 'node', ['scripts/check-files.js']],
];

const failed = [];
for (const [title, command, args] of steps) {
  const started = performance.now();
  const { status, stdout, stderr } = spawnSync(command, args, { cwd: root, encoding: 'utf8' });
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  console.log(`${status === 0 ? 'ok    ' : 'FAILED'} ${title} (${seconds} s)`);
  if (status === 0) continue;
  failed.push(title);
  console.log(`${stdout}${stderr}`.trimEnd());
}
if (failed.length > 0)
  console.log(`\n${failed.length} of ${steps.length} checks failed: ${failed.join(', ')}.`);
process.exit(failed.length > 0 ? 1 : 0);
