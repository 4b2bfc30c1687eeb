import { exec } from 'node:child_process';
import { mkdir, readFile, realpath, symlink } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { bin, Workspace } from './run-tiercel.test.support.js';

type Step =
  | { readonly title: string; readonly file: string; readonly content: string }
  | { readonly title: string; readonly command: string; readonly output: readonly string[] };

/** The page from top to bottom: files that it shows, and commands with what it says that they print. */
function stepsOf(page: string): readonly Step[] {
  return [...page.matchAll(/```(yaml|js|console)\n([\s\S]*?)```\n/g)].flatMap(
    ([, kind, block = '']): Step[] => {
      if (kind !== 'console') {
        const [first = '', ...lines] = block.split('\n');
        const file = first.replace(/^(#|\/\/) /, '');
        // The line with the name stays, so that the lines that messages speak of are those of the page.
        return [{ title: `writes ${file}`, file, content: [first, ...lines].join('\n') }];
      }
      return block
        .split(/^\$ /m)
        .slice(1)
        .map((part): Step => {
          const [command = '', ...output] = part.trimEnd().split('\n');
          return { title: command, command, output };
        });
    },
  );
}

/** `…` stands for anything: on a line of its own for any number of lines. */
function patternOf(lines: readonly string[]): RegExp {
  const literal = (line: string) => line.replace(/[.*+?^${}()|[\]\\]/g, '\\$&').replaceAll('…', '.*');
  const parts = lines.map((line) => (line === '…' ? '(?:.*\n)*?' : `${literal(line)}\n`));
  return new RegExp(`^${parts.join('')}$`);
}

const pages = [
  'manifests',
  'add-a-tool',
  'use-a-remote-model',
  'serve-tools',
  'safety',
  'world-model',
  'discovery',
];
const guides = await Promise.all(
  pages.map(async (page) => [page, stepsOf(await readFile(`docs/guides/${page}.md`, 'utf8'))] as const),
);

describe.each(guides)('the guide %s', (_page, steps) => {
  let workspace: Workspace;
  let tiers: string;
  beforeAll(async () => {
    workspace = await Workspace.open();
    tiers = await realpath('packages/tiers');
    await mkdir(workspace.path('node_modules'));
    await symlink(path.resolve('node_modules/@tiercel'), workspace.path('node_modules/@tiercel'), 'dir');
  });
  afterAll(() => workspace[Symbol.asyncDispose]());

  /** What a command prints, notes included, with paths as they are where packages are installed. */
  function outputOf(command: string): Promise<string> {
    const line = command.replace('npx tiercel', `'${process.execPath}' '${bin}'`);
    return new Promise((resolve) => {
      exec(`{ ${line}; } 2>&1`, { cwd: workspace.directory }, (_error, stdout) => {
        resolve(stdout.replaceAll(tiers, 'node_modules/@tiercel/tiers'));
      });
    });
  }

  it.each(steps.map((step) => [step.title, step] as const))('%s', async (_title, step) => {
    if ('file' in step) {
      await workspace.write(step.file, step.content);
      return;
    }

    const output = await outputOf(step.command);

    expect(output).toMatch(patternOf(step.output));
  });
});
