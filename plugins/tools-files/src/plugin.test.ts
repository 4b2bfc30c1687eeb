import { afterAll, describe, expect, it } from '@jest/globals';
import { ToolProvider } from '@tiercel/capabilities/tool-provider';
import { bootTest } from '@tiercel/testkit';
import { openFolders } from './folders.test.support.js';
import toolsFiles from './index.js';
import { readRoots } from './read-roots.js';

const folders = await openFolders();
await folders.write('list.txt', 'milk');
afterAll(() => folders[Symbol.asyncDispose]());

describe('tools-files', () => {
  it('offers its tools on a node', async () => {
    await using test = await bootTest({
      plugins: [toolsFiles],
      config: { 'tools-files': { roots: { notes: folders.inside } } },
    });

    const names = (await test.get(ToolProvider).list()).map(({ name }) => name);

    expect(names).toEqual(['list_files', 'read_file', 'find_files', 'search_files']);
  });

  it('refuses folders that it cannot serve, all at once', async () => {
    const roots = {
      relative: 'notes',
      machine: '/',
      missing: '/nowhere/at/all',
      file: `${folders.inside}/list.txt`,
      number: 1,
      'Bad Name': folders.inside,
    };

    await expect(readRoots(roots)).rejects.toMatchObject({
      code: 'FILES_CONFIG_INVALID',
      details: {
        findings: [
          'roots.relative is not an absolute path',
          'roots.machine is the whole machine; name a folder in it',
          'roots.missing does not exist, or may not be seen by this user',
          'roots.file is not a folder',
          'roots.number is not an absolute path',
          'roots.Bad Name is not named in lower-case letters, digits, "_" and "-"',
        ],
      },
    });
  });

  it('does not start without a folder', async () => {
    await expect(readRoots({})).rejects.toMatchObject({
      code: 'FILES_CONFIG_INVALID',
      details: { findings: ['roots names no folder'] },
    });
  });
});
