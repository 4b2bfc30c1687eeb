import { describe, expect, it } from '@jest/globals';
import type { Tool } from '@modelcontextprotocol/client';
import fc from 'fast-check';
import { ForeignToolReader } from './foreign-tool-reader.js';
import { matchesAny } from './match-name.js';
import { readServers } from './read-servers.js';
import { toolName } from './tool-name.js';

function openReader(settings = {}) {
  const [server] = readServers({ servers: { git: { command: 'git-server', ...settings } }, secrets: {} });
  if (!server) throw new Error('no server');
  const reader = new ForeignToolReader(server);
  return async (listed: readonly Partial<Tool>[]) => {
    const tools = listed.map((tool) => ({ name: 'log', inputSchema: { type: 'object' as const }, ...tool }));
    const { tools: found, ...others } = await reader.read(tools);
    return { descriptors: found.map(({ descriptor }) => descriptor), ...others };
  };
}

const toolsOf = (listed: readonly Partial<Tool>[], settings = {}) => openReader(settings)(listed);

describe('the name of a foreign tool', () => {
  it.each([
    ['readFile', 'git_read_file'],
    ['read-file', 'git_read_file'],
    ['git.status/all', 'git_git_status_all'],
    ['  Odd  Name! ', 'git_odd_name'],
    ['naïve', 'git_na_ve'],
  ])('of %j is %s', (original, name) => {
    expect(toolName('git_', original)).toBe(name);
  });

  it('always is one that a model may be given', () => {
    fc.assert(
      fc.property(
        fc.constantFrom('', 'git_'),
        fc.string({ maxLength: 200, unit: 'grapheme' }),
        (prefix, original) => {
          expect(toolName(prefix, original)).toMatch(/^[a-z][a-z0-9_]{0,63}$/);
        },
      ),
    );
  });

  it('differs for tools that would get the same one, and does not depend on their order', async () => {
    const both = (await toolsOf([{ name: 'read-file' }, { name: 'readFile' }])).descriptors;
    const turned = (await toolsOf([{ name: 'readFile' }, { name: 'read-file' }])).descriptors;

    const names = both.map(({ name }) => name);
    expect(new Set(names).size).toBe(2);
    expect(names).toEqual(turned.map(({ name }) => name).reverse());
  });

  it('of two long ones that begin alike differs', () => {
    const long = 'x'.repeat(100);

    expect(toolName('', `${long}a`)).not.toBe(toolName('', `${long}b`));
    expect(toolName('', `${long}a`)).toHaveLength(64);
  });
});

describe('what a foreign tool may do', () => {
  it('is to write, unless the server says that it only reads or destroys', async () => {
    const { descriptors } = await toolsOf([
      { name: 'a' },
      { name: 'b', annotations: { readOnlyHint: true } },
      { name: 'c', annotations: { destructiveHint: true } },
      { name: 'd', annotations: { idempotentHint: true, readOnlyHint: false } },
    ]);

    expect(descriptors.map(({ effect }) => effect)).toEqual(['write', 'read', 'destructive', 'write']);
    expect(descriptors.some((descriptor) => 'idempotent' in descriptor)).toBe(false);
  });

  it('is what its owner says', async () => {
    const tools = { log: { effect: 'read', policy: 'deny', idempotent: true, timeoutMs: 5, concurrency: 1 } };

    expect(
      (await toolsOf([{ annotations: { destructiveHint: true } }], { tools })).descriptors,
    ).toMatchObject([
      { effect: 'read', policy: 'deny', idempotent: true, limits: { timeoutMs: 5, concurrency: 1 } },
    ]);
  });

  it('grows with what the server says later, and never shrinks', async () => {
    const read = openReader();
    const say = async (annotations: Tool['annotations']) =>
      (await read([{ annotations }])).descriptors.map(({ effect }) => effect);

    expect(await say({ readOnlyHint: true })).toEqual(['read']);
    expect(await say({})).toEqual(['write']);
    expect(await say({ readOnlyHint: true })).toEqual(['write']);
  });
});

describe('the tools that are offered', () => {
  it('are those that are allowed and not denied', async () => {
    const listed = ['read_file', 'read_secret', 'write_file'].map((name) => ({ name }));

    const { descriptors } = await toolsOf(listed, { allow: ['read_*'], deny: ['*secret*'] });

    expect(descriptors.map(({ name }) => name)).toEqual(['git_read_file']);
  });

  it('may be named as the server does or as this node does, and a name that fits none is told', async () => {
    const tools = {
      'read-file': { policy: 'deny' },
      write_file: { policy: 'allow' },
      reed_file: { policy: 'deny' },
    };
    const listed = ['read-file', 'write-file', 'list-files'].map((name) => ({ name }));

    const { descriptors, unused } = await toolsOf(listed, { tools, deny: ['list_*'] });

    expect(descriptors.map(({ name, policy }) => [name, policy])).toEqual([
      ['git_read_file', 'deny'],
      ['git_write_file', 'allow'],
    ]);
    expect(unused).toEqual(['reed_file']);
  });

  it('leave out what is listed twice, has no usable schema, or comes after the 256th', async () => {
    const many = Array.from({ length: 300 }, (_, index) => ({ name: `tool${index}` }));
    const inputSchema = { type: 'object' as const, required: ['__proto__'] };

    const { descriptors, leftOut } = await toolsOf([
      { name: 'a', inputSchema },
      { name: 'b' },
      { name: 'b' },
      ...many,
    ]);

    expect(descriptors).toHaveLength(255);
    expect(leftOut.slice(0, 2)).toEqual([
      { tool: 'b', finding: 'the server lists it twice' },
      { tool: 'tool254', finding: 'the server lists more than 256 tools' },
    ]);
    expect(leftOut.at(-1)).toMatchObject({ tool: 'a' });
  });

  it('leave out what is too large together', async () => {
    const properties = Object.fromEntries(
      Array.from({ length: 450 }, (_, index) => [`a${index}`, { type: 'null' }]),
    );
    const large = (index: number) => ({
      name: `tool${index}`,
      inputSchema: { type: 'object' as const, properties: { ...properties, own: { const: index } } },
    });

    const { descriptors, leftOut } = await toolsOf(Array.from({ length: 20 }, (_, index) => large(index)));

    expect([descriptors.length, leftOut.length]).toEqual([17, 3]);
    expect(leftOut[0]).toEqual({
      tool: 'tool17',
      finding: 'the schemas of the server are too large together',
    });
  });

  it('are described in plain text of bounded length', async () => {
    const { descriptors } = await toolsOf([
      { name: 'a', description: `\u001b[31mred\u0000 ${'x'.repeat(2_000)}` },
      { name: 'b', description: ' ' },
      { name: 'c', title: 'Shows the log' },
    ]);

    const [red, ...others] = descriptors.map(({ description }) => description);
    expect(red).toMatch(/^\[31mred {2}x+$/);
    expect(red?.length).toBeLessThanOrEqual(1_024);
    expect(others).toEqual(['Tool of the MCP server git.', 'Shows the log']);
  });
});

describe('matchesAny', () => {
  it.each([
    ['*', 'anything', true],
    ['read_*', 'read_file', true],
    ['read_*', 'bread_file', false],
    ['*_file', 'read_file', true],
    ['a*b*c', 'a-b-b-c', true],
    ['ab*ba', 'aba', false],
    ['a.c', 'abc', false],
    ['abc', 'abcd', false],
  ])('finds that %s and %s: %s', (pattern, name, isMatch) => {
    expect(matchesAny([pattern], [name])).toBe(isMatch);
  });
});
