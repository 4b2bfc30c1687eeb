import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, symlink } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { type Folders, openFolders, SECRET } from './folders.test.support.js';
import { Jail } from './jail.js';
import { readText } from './read-text.js';

const run = promisify(execFile);
let folders: Folders;

beforeEach(async () => {
  folders = await openFolders();
  await folders.write('notes/today.txt', 'buy milk');
});
afterEach(() => folders[Symbol.asyncDispose]());

async function read(jail: Jail, file: string): Promise<string> {
  const page = await readText(jail, file, { offset: 0, maxBytes: 1_000 });
  return 'finding' in page ? page.finding : page.text;
}

/** In another process, so that it comes between any two steps of ours. */
const swapForever = `
  const { renameSync, symlinkSync, rmSync } = require('node:fs');
  for (;;) {
    renameSync('swapped', 'away');
    symlinkSync(process.argv[1], 'swapped');
    rmSync('swapped');
    renameSync('away', 'swapped');
  }
`;

const refused = { code: 'FILES_PATH_REFUSED' };

// Each way of naming an open file: as Linux shows it, and as on systems that show nothing.
describe.each([
  ['which shows what is open', {}],
  ['which does not show what is open', { openFiles: '' }],
])('Jail on a system %s', (_, options) => {
  it('opens what lies inside, however it is written', async () => {
    const jail = new Jail(folders.inside, options);

    expect(await read(jail, 'notes/today.txt')).toBe('buy milk');
    expect(await read(jail, './notes//today.txt')).toBe('buy milk');
  });

  it('follows links that stay inside', async () => {
    await symlink('notes/today.txt', path.join(folders.inside, 'latest'));

    expect(await read(new Jail(folders.inside, options), 'latest')).toBe('buy milk');
  });

  it('refuses links that lead out, to files and to folders', async () => {
    const jail = new Jail(folders.inside, options);
    await symlink(path.join(folders.outside, 'secret.txt'), path.join(folders.inside, 'file'));
    await symlink('../inside-not', path.join(folders.inside, 'folder'));
    await symlink('folder', path.join(folders.inside, 'second'));

    await expect(read(jail, 'file')).rejects.toMatchObject(refused);
    await expect(read(jail, 'folder/secret.txt')).rejects.toMatchObject(refused);
    await expect(read(jail, 'second/secret.txt')).rejects.toMatchObject(refused);
  });

  it.each([
    '../inside-not/secret.txt',
    'notes/../../inside-not/secret.txt',
    'notes/..',
    '..',
    '/etc/passwd',
    '//etc/passwd',
    'C:\\Windows\\win.ini',
    'c:secret',
    '\\\\server\\share',
    'notes/today.txt\0.png',
    '\0',
    `${'a/'.repeat(65)}b`,
    'a'.repeat(1_025),
  ])('refuses %j', async (file) => {
    await expect(read(new Jail(folders.inside, options), file)).rejects.toMatchObject(refused);
  });

  it.each([
    '$(cat ../inside-not/secret.txt)',
    '`id`',
    '; id',
    '-o ProxyCommand=id',
    '--',
    'a\nb',
    '%2e%2e/x',
    '~',
  ])('takes %j for a name, and there is none like it', async (file) => {
    expect(await read(new Jail(folders.inside, options), file)).toBe('there is nothing of this name');
  });

  it('never shows the outside, whatever is asked for', async () => {
    const jail = new Jail(folders.inside, { ...options, showsHidden: true });
    await symlink('..', path.join(folders.inside, 'up'));
    const steps = fc.constantFrom('..', '.', '', 'up', 'notes', 'inside', 'inside-not', 'secret.txt', '\0');
    const separators = fc.constantFrom('/', '//', '/./', '\\');

    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(steps, separators), { maxLength: 8 }), async (parts) => {
        const seen = await read(jail, parts.flat().join('')).catch(String);

        expect(seen).not.toContain(SECRET);
      }),
      { numRuns: 300 },
    );
  });

  it('refuses hidden names, also those behind a link, unless it shows them', async () => {
    await folders.write('.env', 'PASSWORD=1');
    await folders.write('.ssh/id', 'key');
    await symlink('.env', path.join(folders.inside, 'visible'));
    const jail = new Jail(folders.inside, options);

    for (const file of ['.env', '.ssh/id', 'visible'])
      await expect(read(jail, file)).rejects.toMatchObject(refused);
    expect(await read(new Jail(folders.inside, { ...options, showsHidden: true }), '.ssh/id')).toBe('key');
  });

  it('tells what is of another kind or not there, and does not wait for a pipe', async () => {
    const jail = new Jail(folders.inside, options);
    await run('mkfifo', [path.join(folders.inside, 'pipe')]);
    await symlink('circle', path.join(folders.inside, 'circle'));

    expect(await read(jail, 'pipe')).toBe('it is neither a file nor a folder');
    expect(await read(jail, 'notes')).toBe('it is a folder');
    expect(await jail.open('notes/today.txt', 'folder')).toEqual({ finding: 'it is a file, not a folder' });
    expect(await read(jail, 'notes/today.txt/deeper')).toBe('there is nothing of this name');
    expect(await read(jail, 'circle')).toBe('its links lead in a circle');
    expect(await read(jail, 'n'.repeat(300))).toBe('its name is too long');
  });

  it('refuses a device although it lies inside', async () => {
    expect(await read(new Jail('/dev', options), 'zero')).toBe('it is neither a file nor a folder');
  });

  it('lets a folder be a link itself', async () => {
    const link = path.join(folders.outside, 'link');
    await mkdir(path.dirname(link), { recursive: true });
    await symlink(folders.inside, link);

    expect(await read(new Jail(link, options), 'notes/today.txt')).toBe('buy milk');
  });
});

describe('Jail on Linux', () => {
  it('never shows the outside while a folder is swapped for a link', async () => {
    const jail = new Jail(folders.inside);
    await folders.write('swapped/secret.txt', 'harmless');
    const swapping = spawn(process.execPath, ['-e', swapForever, folders.outside], { cwd: folders.inside });
    const ended = once(swapping, 'exit');

    const seen = new Set<string>();
    for (let round = 0; round < 2_000; round++)
      seen.add(await read(jail, 'swapped/secret.txt').catch(({ code }) => String(code)));
    swapping.kill('SIGKILL');
    await ended;

    expect(seen).toContain('harmless');
    expect(seen).toContain('FILES_PATH_REFUSED');
    expect([...seen].join()).not.toContain(SECRET);
  });

  it('opens nothing if it cannot be told where it lies', async () => {
    const jail = new Jail(folders.inside, { openFiles: '/nowhere' });

    expect(await read(jail, 'notes/today.txt')).toBe('there is nothing of this name');
  });
});
