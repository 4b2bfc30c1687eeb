import { mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from '@jest/globals';
import { ToolProvider } from '@tiercel/capabilities/tool-provider';
import { boot } from '@tiercel/kernel';
import { bootTest } from '@tiercel/testkit';
import toolSsh from './index.js';
import { describeWithSshd, makeKey, OpenSshServer } from './open-ssh-server.test.support.js';

const greet = {
  description: 'Greets somebody.',
  hosts: ['box'],
  command: ['echo', 'hello', '{name}'],
  parameters: { name: {} },
};

describe('tool-ssh', () => {
  it('offers the tools of the example in its README', async () => {
    const readme = await readFile(new URL('../README.md', import.meta.url), 'utf8');
    const [, example = ''] = readme.match(/```yaml\n([\s\S]*?)```/) ?? [];
    const folder = await mkdtemp(path.join(tmpdir(), 'tiercel-ssh-'));
    await symlink(
      fileURLToPath(new URL('../../../node_modules', import.meta.url)),
      path.join(folder, 'node_modules'),
    );
    await writeFile(path.join(folder, 'tier.yaml'), `tier: test\n${example}`);
    await using node = await boot({
      manifest: path.join(folder, 'tier.yaml'),
      plugins: [toolSsh],
      environment: {},
    });

    const tools = await node.get(ToolProvider).list();

    expect(tools).toEqual([
      {
        name: 'restart_service',
        description: 'Restarts one service of a media machine.',
        effect: 'write',
        weight: 'light',
        policy: 'ask',
        limits: { timeoutMs: 30_000, outputBytes: 65_536, concurrency: 4 },
        parameters: {
          type: 'object',
          additionalProperties: false,
          properties: {
            host: { type: 'string', enum: ['tv', 'nas'], description: 'Machine to work on' },
            service: { type: 'string', enum: ['kodi', 'jellyfin'], description: 'Which one' },
          },
          required: ['host', 'service'],
        },
        phrases: {
          en: {
            templates: ['restart {service} on the {host}'],
            answer: '{service} is starting again.',
          },
        },
      },
      expect.objectContaining({
        name: 'free_space',
        effect: 'read',
        parameters: { type: 'object', additionalProperties: false, properties: {}, required: [] },
      }),
      expect.objectContaining({
        name: 'fetch_report',
        parameters: expect.objectContaining({
          properties: {
            remotePath: {
              type: 'string',
              minLength: 1,
              maxLength: 1_024,
              description: 'Path on the host, relative to the folder of this tool',
            },
            localPath: {
              type: 'string',
              minLength: 1,
              maxLength: 1_024,
              description:
                'Path on this machine, relative to the folder of this tool. Default: the same name in the folder itself',
            },
          },
          required: ['remotePath'],
        }),
      }),
    ]);
    await rm(folder, { recursive: true });
  });

  it('offers nothing where nothing is configured', async () => {
    await using test = await bootTest({ plugins: [toolSsh] });

    expect(await test.get(ToolProvider).list()).toEqual([]);
  });

  it('does not start with hosts or tools that cannot be used, and tells all that is wrong', async () => {
    const starting = bootTest({
      plugins: [toolSsh],
      config: { 'tool-ssh': { hosts: { nas: { address: 'nas.lan' } }, tools: { x: { ...greet } } } },
      leaks: false,
    });

    await expect(starting).rejects.toMatchObject({
      message: expect.stringMatching(/hosts\.nas\.user is missing; tools\.x\.hosts names "box"/),
    });
  });
});

describeWithSshd('tool-ssh on a node', () => {
  it('opens a key with the passphrase of the environment, tells how busy hosts are, and leaves nothing open', async () => {
    await using server = await OpenSshServer.start();
    const identityFile = server.file('locked');
    await makeKey(identityFile, 'ed25519', ['-N', 'correct horse']);
    await writeFile(server.authorizedKeysFile, await readFile(`${identityFile}.pub`));
    await using test = await bootTest({
      plugins: [toolSsh],
      config: {
        'tool-ssh': {
          knownHostsFile: server.knownHostsFile,
          hosts: { box: server.host({ identityFile }) },
          tools: { greet },
        },
      },
      environment: { SSH_KEY_PASSPHRASE: 'correct horse' },
    });

    const result = await test.get(ToolProvider).call('greet', { name: 'everybody' });

    expect(result.content).toMatchObject({ stdout: 'hello everybody\n' });
    const { plugins } = test.node.describe();
    expect(plugins.find(({ plugin }) => plugin === 'tool-ssh')?.facts).toEqual({
      hosts: { box: { connections: 1, sessions: 0, waiting: 0, circuit: 'closed' } },
    });
    expect(JSON.stringify(test.node.describe())).not.toContain('correct horse');
  });

  it('leaves nothing open when it is stopped while it connects', async () => {
    await using server = await OpenSshServer.start();
    const test = await bootTest({
      plugins: [toolSsh],
      config: {
        'tool-ssh': {
          knownHostsFile: server.knownHostsFile,
          hosts: { box: server.host() },
          tools: { greet },
        },
      },
    });
    const calling = test.get(ToolProvider).call('greet', { name: 'everybody' });
    const refused = expect(calling).rejects.toMatchObject({ code: 'SSH_CLOSED' });

    await test[Symbol.asyncDispose]();

    await refused;
  });
});
