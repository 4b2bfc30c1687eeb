import { afterAll, describe, expect, it } from '@jest/globals';
import { ToolProvider } from '@tiercel/capabilities/tool-provider';
import { bootTest } from '@tiercel/testkit';
import toolMcp from './index.js';
import { readServers } from './read-servers.js';
import { openTestServers } from './test-servers.test.support.js';

const files = await openTestServers();
afterAll(() => files[Symbol.asyncDispose]());

const findingsOf = (servers: Readonly<Record<string, unknown>>, secrets = {}) => {
  try {
    return readServers({ servers, secrets });
  } catch (error) {
    expect(error).toMatchObject({ code: 'MCP_CONFIG_INVALID' });
    return (error as { readonly details: { readonly findings: readonly string[] } }).details.findings;
  }
};

describe('tool-mcp', () => {
  it('goes on without a server that does not start, and says so', async () => {
    await using test = await bootTest({
      plugins: [toolMcp],
      entries: { 'tool-mcp': { boot: 'degrade' } },
      config: { 'tool-mcp': { servers: { good: files.settings(), bad: files.settings('crash') } } },
    });

    const names = (await test.get(ToolProvider).list()).map(({ name }) => name);

    expect(names).toContain('good_echo');
    expect(test.node.describe().plugins.at(-1)).toMatchObject({
      state: 'degraded',
      reason: 'MCP server bad: it ended with code 7',
      facts: { servers: { good: { state: 'ready' }, bad: { state: 'it ended with code 7' } } },
    });
  });

  it('offers one of two tools with the same name, of the server that comes first', async () => {
    await using test = await bootTest({
      plugins: [toolMcp],
      config: {
        'tool-mcp': {
          servers: {
            first: { ...files.settings(), prefix: '', allow: ['echo'] },
            second: { ...files.settings(), prefix: '', allow: ['echo', 'fail'] },
          },
        },
      },
    });

    const names = (await test.get(ToolProvider).list()).map(({ name }) => name);

    expect(names).toEqual(['echo', 'fail']);
    expect(test.node.describe().plugins.at(-1)).toMatchObject({
      facts: { hidden: ['echo of second, as first has one of this name'] },
    });
  });
});

describe('the configuration of servers', () => {
  it('is refused with everything that is wrong, and without any value', () => {
    expect(
      findingsOf(
        {
          'Bad Name': { command: 'x' },
          none: {},
          many: {
            command: 'x',
            args: 'not a list',
            cwd: 'relative',
            env: { 'A-B': 'x', C: { secret: 'planted' } },
            prefix: 'Über',
            tools: { a: { policy: 'perhaps', timeout: 5 } },
            timeoutMs: 0,
            maxMessageBytes: 1,
            comand: 'y',
          },
        },
        { other: { TOKEN: 'planted' } },
      ),
    ).toEqual([
      'secrets.other is not one of the servers',
      'servers.Bad Name is not named in lower-case letters, digits, "_" and "-"',
      'servers.none.command is missing',
      expect.stringContaining('servers.many.prefix is neither empty nor'),
      'servers.many.cwd is not an absolute path',
      'servers.many.args is not a list of texts',
      'servers.many.env.A-B is not the name of a variable',
      'servers.many.env.C is not a text',
      'servers.many.tools.a.policy is not one of allow, ask, deny',
      'servers.many.tools.a has no key "timeout"; do you mean "timeoutMs"?',
      'servers.many.timeoutMs is not a number from 1 to 3600000',
      'servers.many.maxMessageBytes is not a number from 65536 to 268435456',
      'servers.many has no key "comand"; do you mean "command"?',
    ]);
  });

  it('needs a server', () => {
    expect(findingsOf({})).toEqual(['servers names no server']);
  });

  it('gives each server its secrets, a prefix and limits', () => {
    expect(
      readServers({
        servers: { 'my-files': { command: 'x', env: { A: 1 } } },
        secrets: { 'my-files': { TOKEN: 's' } },
      }),
    ).toMatchObject([
      { env: { A: '1', TOKEN: 's' }, prefix: 'my_files_', allow: ['*'], timeoutMs: 30_000, maxCalls: 32 },
    ]);
  });
});
