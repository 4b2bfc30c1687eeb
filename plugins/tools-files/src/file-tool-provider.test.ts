import { truncate, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { FakeClock } from '@tiercel/capabilities/clock/testing';
import fc from 'fast-check';
import { FileToolProvider } from './file-tool-provider.js';
import { type Folders, openFolders } from './folders.test.support.js';
import { Jail } from './jail.js';

let folders: Folders;

beforeEach(async () => {
  folders = await openFolders();
});
afterEach(() => folders[Symbol.asyncDispose]());

function openTools({ clock = new FakeClock(), maxReadBytes = 1_024 } = {}) {
  return new FileToolProvider(new Map([['notes', new Jail(folders.inside)]]), {
    clock,
    maxReadBytes,
    searchMs: 1_000,
  });
}

async function contentOf(tools: FileToolProvider, name: string, args: object): Promise<unknown> {
  return (await tools.call(name, { ...args })).content;
}

/** Reads page by page, as a model would. */
async function readAll(tools: FileToolProvider, file: string): Promise<readonly string[]> {
  const pages: string[] = [];
  for (let offset: number | undefined = 0; offset !== undefined; ) {
    const page = (await contentOf(tools, 'read_file', { path: file, offset })) as {
      readonly text: string;
      readonly nextOffset?: number;
    };
    pages.push(page.text);
    offset = page.nextOffset;
  }
  return pages;
}

describe('read_file', () => {
  it('gives a text as it is', async () => {
    await folders.write('list.txt', 'milk\nbread');

    expect(await contentOf(openTools(), 'read_file', { path: 'list.txt' })).toEqual({
      text: 'milk\nbread',
      offset: 0,
      sizeBytes: 10,
    });
  });

  it('cuts pages between characters, and loses none', async () => {
    const word = fc.string({
      unit: fc.constantFrom('a', 'ä', '€', '😀', '\n'),
      minLength: 600,
      maxLength: 1_200,
    });

    await fc.assert(
      fc.asyncProperty(word, async (text) => {
        await folders.write('long.txt', text);

        const pages = await readAll(openTools(), 'long.txt');

        expect(pages.join('')).toBe(text);
        expect(Math.max(...pages.map((page) => Buffer.byteLength(page)))).toBeLessThanOrEqual(1_024);
      }),
      { numRuns: 50 },
    );
  });

  it('comes to an end with bytes that are no text', async () => {
    await folders.write('latin.txt', Buffer.alloc(3_000, 0xe4));

    const pages = await readAll(openTools(), 'latin.txt');

    expect(pages.length).toBeLessThan(10);
    expect(new Set(pages.join(''))).toEqual(new Set('\ufffd'));
  });

  it('reads one page of a huge file and no more', async () => {
    const file = path.join(folders.inside, 'huge.log');
    await writeFile(file, 'first line\n'.repeat(200));
    await truncate(file, 2 ** 30);

    const content = await contentOf(openTools(), 'read_file', { path: 'huge.log' });

    expect(content).toMatchObject({ sizeBytes: 2 ** 30, nextOffset: 1_024 });
  });

  it('refuses files that are not text, and tells no path', async () => {
    await folders.write('picture.png', Buffer.from([0x89, 0x50, 0x4e, 0x47, 0, 0, 1]));

    await expect(openTools().call('read_file', { path: 'picture.png' })).rejects.toMatchObject({
      code: 'TOOL_FAILED',
      message: 'Tool read_file could not do it: it is not a text file',
    });
  });

  it('gives nothing behind the end', async () => {
    await folders.write('list.txt', 'milk');

    expect(await contentOf(openTools(), 'read_file', { path: 'list.txt', offset: 100 })).toEqual({
      text: '',
      offset: 100,
      sizeBytes: 4,
    });
  });
});

describe('list_files', () => {
  it('tells names, types and sizes in the order of the names, without hidden ones', async () => {
    await folders.write('b.txt', 'four');
    await folders.write('a/inner.txt', '');
    await folders.write('.hidden', '');

    expect(await contentOf(openTools(), 'list_files', {})).toEqual({
      entries: [
        { name: 'a', type: 'folder' },
        { name: 'b.txt', type: 'file', sizeBytes: 4, modified: expect.stringMatching(/^\d{4}-.*Z$/) },
      ],
    });
  });

  it('goes on page by page through a large folder', async () => {
    const names = Array.from({ length: 1_050 }, (_, index) => `file-${String(index).padStart(4, '0')}`);
    for (const name of names) await folders.write(name, '');
    const tools = openTools();
    const seen: string[] = [];

    for (let after: string | undefined = ''; after !== undefined; ) {
      const page = (await contentOf(tools, 'list_files', { after })) as {
        readonly entries: readonly { readonly name: string }[];
        readonly next?: string;
      };
      seen.push(...page.entries.map(({ name }) => name));
      after = page.next;
    }

    expect(seen).toEqual(names);
  });

  it('says that a folder is missing', async () => {
    await expect(openTools().call('list_files', { path: 'missing' })).rejects.toMatchObject({
      code: 'TOOL_FAILED',
      details: { finding: 'there is nothing of this name' },
    });
  });
});

describe('find_files', () => {
  it('finds names at any depth by a part or a pattern', async () => {
    await folders.write('recipes/cake.md', '');
    await folders.write('recipes/old/Cake.txt', '');
    const tools = openTools();

    expect(await contentOf(tools, 'find_files', { name: 'cake' })).toEqual({
      paths: ['recipes/cake.md', 'recipes/old/Cake.txt'],
      isComplete: true,
    });
    expect(await contentOf(tools, 'find_files', { name: '*.md' })).toEqual({
      paths: ['recipes/cake.md'],
      isComplete: true,
    });
    expect(await contentOf(tools, 'find_files', { name: 'old', path: 'recipes' })).toEqual({
      paths: ['recipes/old'],
      isComplete: true,
    });
  });

  it('takes no longer for a pattern that is made to be slow', async () => {
    await folders.write('a'.repeat(200), '');

    expect(await contentOf(openTools(), 'find_files', { name: `${'*a'.repeat(100)}*b` })).toEqual({
      paths: [],
      isComplete: true,
    });
  });

  it('stops at a hundred and says so', async () => {
    for (let index = 0; index < 101; index++) await folders.write(`match-${index}`, '');

    const found = (await contentOf(openTools(), 'find_files', { name: 'match' })) as {
      readonly paths: readonly string[];
    };

    expect(found).toMatchObject({ isComplete: false });
    expect(found.paths).toHaveLength(100);
  });

  it('ends with what it has when its time is over', async () => {
    await folders.write('a/match-1', '');
    await folders.write('a/b/match-2', '');
    // Every look at this clock takes 300 ms, so there is time for three entries.
    const clock = new FakeClock();
    let nowMs = 0;
    clock.nowMs = () => {
      nowMs += 300;
      return nowMs;
    };

    const found = await contentOf(openTools({ clock }), 'find_files', { name: 'match' });

    expect(found).toEqual({ paths: ['a/match-1'], isComplete: false });
  });

  it('ends at once when its caller gives up', async () => {
    await folders.write('a/match', '');
    const caller = new AbortController();
    const reason = new Error('enough');

    const call = openTools().call('find_files', { name: 'match' }, { signal: caller.signal });
    caller.abort(reason);

    await expect(call).rejects.toBe(reason);
  });
});

describe('search_files', () => {
  it('finds lines of text files, capitals or not, with their numbers', async () => {
    await folders.write('a.txt', 'one\nBuy MILK today\nthree');
    await folders.write('b.bin', Buffer.from('milk\0'));
    await folders.write('deep/c.txt', 'no more milk');

    expect(await contentOf(openTools(), 'search_files', { text: 'milk' })).toEqual({
      matches: [
        { path: 'a.txt', line: 2, text: 'Buy MILK today' },
        { path: 'deep/c.txt', line: 1, text: 'no more milk' },
      ],
      isComplete: true,
    });
  });

  it('takes a pattern for plain text', async () => {
    await folders.write('a.txt', 'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!\n(a+)+$');

    expect(await contentOf(openTools(), 'search_files', { text: '(a+)+$' })).toMatchObject({
      matches: [{ line: 2 }],
    });
  });

  it('shows a window of a long line', async () => {
    await folders.write('a.txt', `${'😀'.repeat(5_000)}needle${'😀'.repeat(5_000)}`);

    const found = (await contentOf(openTools(), 'search_files', { text: 'needle' })) as {
      readonly matches: readonly { readonly text: string }[];
    };

    expect(found.matches[0]?.text).toContain('needle');
    expect(found.matches[0]?.text.length).toBeLessThanOrEqual(200);
  });

  it('leaves out what is too large, and says so', async () => {
    await folders.write('a.txt', 'needle');
    await folders.write('b.txt', Buffer.alloc(4 * 1024 * 1024 + 1, 'needle'));

    expect(await contentOf(openTools(), 'search_files', { text: 'needle' })).toEqual({
      matches: [{ path: 'a.txt', line: 1, text: 'needle' }],
      isComplete: false,
    });
  });
});

describe('FileToolProvider with several folders', () => {
  const openBoth = () =>
    new FileToolProvider(
      new Map([
        ['notes', new Jail(folders.inside)],
        ['other', new Jail(folders.outside)],
      ]),
      { clock: new FakeClock(), maxReadBytes: 1_024, searchMs: 1_000 },
    );

  it('asks which one', async () => {
    const [list] = await openBoth().list();

    expect(list?.parameters).toMatchObject({
      properties: { root: { enum: ['notes', 'other'] } },
      required: ['root'],
    });
  });

  it('looks into the one that is named, and no other', async () => {
    await folders.write('list.txt', 'milk');

    expect(await contentOf(openBoth(), 'find_files', { root: 'notes', name: '*' })).toMatchObject({
      paths: ['list.txt'],
    });
    for (const root of [undefined, '__proto__', 'constructor', 'nowhere'])
      await expect(openBoth().call('find_files', { root, name: '*' })).rejects.toMatchObject({
        code: 'TOOL_ARGUMENTS_INVALID',
      });
  });
});
