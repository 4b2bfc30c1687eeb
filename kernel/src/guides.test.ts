import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { transform } from '@swc/core';

const run = promisify(execFile);
const root = fileURLToPath(new URL('../../', import.meta.url));

interface Block {
  readonly name: string;
  readonly text: string;
  /** What the page says that it prints. */
  readonly prints: string | undefined;
}

/** The blocks of a guide that begin with the name of a file. */
async function blocksOf(guide: string): Promise<readonly Block[]> {
  const page = await readFile(path.join(root, 'docs/guides', guide), 'utf8');
  const blocks = page.matchAll(
    /```(?:ts|yaml)\n(?:\/\/|#) (\S+)\n([\s\S]*?)```\n(?:\n```text\n([\s\S]*?)```)?/g,
  );
  return [...blocks].map(([, name = '', text = '', prints]) => ({ name, text, prints }));
}

const program = await blocksOf('use-the-kernel.md');
const quotes = await blocksOf('write-a-capability.md');

const builtName = (name: string) => name.replace(/\.ts$/, '.js');

async function build({ name, text }: Block): Promise<string> {
  if (!name.endsWith('.ts')) return text;
  const parser = { syntax: 'typescript', explicitResourceManagement: true } as const;
  return (await transform(text, { jsc: { target: 'es2022', parser } })).code;
}

describe('use-the-kernel.md', () => {
  const programs = program.flatMap(({ name, prints }) =>
    prints === undefined ? [] : [[name, prints] as const],
  );
  let folder: string;

  beforeAll(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'tiercel-guide-'));
    await symlink(path.join(root, 'node_modules'), path.join(folder, 'node_modules'));
    await writeFile(path.join(folder, 'package.json'), '{ "type": "module" }');
    for (const block of program) {
      await writeFile(path.join(folder, builtName(block.name)), await build(block));
    }
  });

  afterAll(async () => {
    await rm(folder, { recursive: true });
  });

  it.each(programs)('says what %s prints', async (name, prints) => {
    const { stdout, stderr } = await run(process.execPath, [builtName(name)], { cwd: folder, env: {} });

    expect({ stdout, stderr }).toEqual({ stdout: prints, stderr: '' });
  });
});

describe('write-a-capability.md', () => {
  const lines = (text: string) => text.split('\n').map((line) => line.trim());

  it.each(quotes.map((quote) => [quote.name, quote] as const))(
    'quotes %s as it is',
    async (name, { text }) => {
      const file = lines(await readFile(path.join(root, name), 'utf8')).join('\n');

      const parts = text.split('// …\n').map((part) => lines(part).join('\n').trim());

      expect(parts.filter((part) => !file.includes(part))).toEqual([]);
    },
  );

  it('shows what the example prints', async () => {
    const page = await readFile(path.join(root, 'docs/guides/write-a-capability.md'), 'utf8');
    const example = await readFile(path.join(root, 'examples/04-own-capability/README.md'), 'utf8');
    const [, printed = ''] = /```console\n\$ npm start.*\n([\s\S]*?)```/.exec(page) ?? [];

    expect(printed).not.toBe('');
    expect(example).toContain(printed);
  });
});
