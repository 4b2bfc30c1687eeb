import { execFile } from 'node:child_process';
import { chmod, mkdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { afterAll, beforeAll, beforeEach, expect, it } from '@jest/globals';
import {
  describeWithSshd,
  fingerprintOf,
  makeKey,
  OpenSshServer,
  publicKey,
  unprivileged,
} from './open-ssh-server.test.support.js';
import type { SshToolsOptions } from './open-ssh-tools.js';
import { openTools, scriptTool } from './ssh-tools.test.support.js';

const run = promisify(execFile);

describeWithSshd('the key of a host', () => {
  let server: OpenSshServer;
  let name: string;
  beforeAll(async () => {
    server = await OpenSshServer.start({ hostKeys: ['ed25519', 'ecdsa', 'rsa'] });
    name = `[127.0.0.1]:${server.port}`;
    await makeKey(server.file('other_ed25519'), 'ed25519');
  });
  afterAll(async () => await server[Symbol.asyncDispose]());
  beforeEach(async () => await know(`${name} ${await server.hostKey()}`));

  const know = (...lines: readonly string[]) => writeFile(server.knownHostsFile, `${lines.join('\n')}\n`);
  const connect = async (
    host: Readonly<Record<string, unknown>> = {},
    options: Partial<SshToolsOptions> = {},
  ) => {
    await using opened = await openTools(server, { hello: scriptTool('echo hello') }, { host, ...options });
    const { content } = await opened.tools.call('hello', {});
    return { content, warnings: opened.log.messages('warn') };
  };
  const succeeds = { content: expect.objectContaining({ stdout: 'hello\n' }), warnings: [] };

  it.each(['ed25519', 'ecdsa', 'rsa'] as const)(
    'is asked for in the type that is known, here %s',
    async (type) => {
      await know(`${name} ${await server.hostKey(type)}`);

      expect(await connect()).toEqual(succeeds);
    },
  );

  it('is known under a hashed name', async () => {
    await run('ssh-keygen', ['-H', '-f', server.knownHostsFile]);
    expect(await readFile(server.knownHostsFile, 'utf8')).toMatch(/^\|1\|/);

    expect(await connect()).toEqual(succeeds);
  });

  it('is known under a wildcard', async () => {
    await know(`[127.0.0.*]:${server.port} ${await server.hostKey()}`);

    expect(await connect()).toEqual(succeeds);
  });

  it.each(['strict', undefined])('is refused when it is unknown, and the rule is %s', async (hostKeys) => {
    await know(`tv.lan ${await server.hostKey()}`);

    await expect(connect(hostKeys === undefined ? {} : { hostKeys })).rejects.toMatchObject({
      code: 'SSH_HOST_KEY_UNKNOWN',
      details: { host: 'box', type: 'ssh-ed25519', sha256: await fingerprintOf(server.file('host_ed25519')) },
    });
  });

  it('is refused when no file knows it', async () => {
    await rm(server.knownHostsFile);

    await expect(connect()).rejects.toMatchObject({ code: 'SSH_HOST_KEY_UNKNOWN' });
  });

  it.each(['strict', 'accept-new'])(
    'is refused when it has changed, and the rule is %s',
    async (hostKeys) => {
      await know(`${name} ${await publicKey(server.file('other_ed25519'))}`);

      await expect(connect({ hostKeys })).rejects.toMatchObject({
        code: 'SSH_HOST_KEY_CHANGED',
        details: {
          source: server.knownHostsFile,
          sha256: await fingerprintOf(server.file('host_ed25519')),
        },
      });
    },
  );

  it('is never one of another type than those that are known', async () => {
    await makeKey(server.file('other_rsa'), 'rsa');
    await know(`${name} ${await publicKey(server.file('other_rsa'))}`);

    await expect(connect({ hostKeys: 'accept-new' })).rejects.toMatchObject({
      code: 'SSH_HOST_KEY_CHANGED',
      details: { type: 'ssh-rsa' },
    });
  });

  it('is not shown in another type when the host has none of the known types', async () => {
    await using simple = await OpenSshServer.start({ hostKeys: ['ed25519'] });
    await makeKey(simple.file('other'), 'rsa');
    await writeFile(
      simple.knownHostsFile,
      `[127.0.0.1]:${simple.port} ${await publicKey(simple.file('other'))}\n`,
    );
    await using opened = await openTools(
      simple,
      { hello: scriptTool('echo hello') },
      { host: { hostKeys: 'accept-new' } },
    );

    await expect(opened.tools.call('hello', {})).rejects.toMatchObject({
      code: 'SSH_ALGORITHMS_MISMATCH',
      message: expect.stringContaining('host key'),
    });
  });

  it('is refused when it is only known in a type that is not used any more', async () => {
    const dsa = Buffer.concat([Buffer.from([0, 0, 0, 7]), Buffer.from('ssh-dss'), Buffer.alloc(40)]);
    await know(`${name} ssh-dss ${dsa.toString('base64')}`);

    await expect(connect({ hostKeys: 'accept-new' })).rejects.toMatchObject({
      code: 'SSH_ALGORITHMS_MISMATCH',
      message: expect.stringContaining('ssh-dss'),
    });
  });

  it.each([
    ['strict', {}],
    ['accept-new', { hostKeys: 'accept-new' }],
  ])('is refused when it is revoked, and the rule is %s', async (_, host) => {
    const key = await server.hostKey();
    await know(`${name} ${key}`, `@revoked * ${key}`);

    await expect(connect(host)).rejects.toMatchObject({ code: 'SSH_HOST_KEY_REVOKED', details: { line: 2 } });
  });

  it('is refused when it is pinned and revoked', async () => {
    await know(`@revoked * ${await server.hostKey()}`);
    const hostKeySha256 = await fingerprintOf(server.file('host_ed25519'));

    await expect(connect({ hostKeySha256 })).rejects.toMatchObject({ code: 'SSH_HOST_KEY_REVOKED' });
  });

  it('is accepted when it is pinned, though no file knows it', async () => {
    await rm(server.knownHostsFile);
    const hostKeySha256 = ['SHA256:'.padEnd(50, 'x'), await fingerprintOf(server.file('host_ed25519'))];

    expect(await connect({ hostKeySha256 })).toEqual(succeeds);
  });

  it('is refused when another one is pinned, though the file knows it', async () => {
    await expect(connect({ hostKeySha256: 'SHA256:'.padEnd(50, 'x') })).rejects.toMatchObject({
      code: 'SSH_HOST_KEY_CHANGED',
      details: { source: 'hostKeySha256' },
    });
  });

  it('is written down once, with a warning, for a new host and the rule accept-new', async () => {
    const folder = server.file('new folder');
    const knownHostsFile = `${folder}/known_hosts`;
    const rule = { hostKeys: 'accept-new' };

    const first = await connect(rule, { knownHostsFile });
    const second = await connect(rule, { knownHostsFile });
    const third = await connect({}, { knownHostsFile });

    expect([first.warnings, second.warnings]).toEqual([['a new host was added to the known ones'], []]);
    expect(third).toEqual(succeeds);
    expect(await readFile(knownHostsFile, 'utf8')).toBe(`${name} ${await server.hostKey()}\n`);
    expect((await stat(knownHostsFile)).mode & 0o777).toBe(0o600);
    expect((await stat(folder)).mode & 0o777).toBe(0o700);
  });

  it('is written behind what the file has, also when that ends in mid-line', async () => {
    await writeFile(server.knownHostsFile, '# mine');

    await connect({ hostKeys: 'accept-new' });

    expect(await readFile(server.knownHostsFile, 'utf8')).toBe(`# mine\n${name} ${await server.hostKey()}\n`);
  });

  it('is written once when several meet the new host at the same time', async () => {
    await rm(server.knownHostsFile);

    await Promise.all(Array.from({ length: 4 }, () => connect({ hostKeys: 'accept-new' })));

    expect(await readFile(server.knownHostsFile, 'utf8')).toBe(`${name} ${await server.hostKey()}\n`);
  });

  it('is not written while another program holds the lock', async () => {
    await rm(server.knownHostsFile);
    const lock = `${server.knownHostsFile}.lock`;
    await writeFile(lock, '');

    await expect(connect({ hostKeys: 'accept-new' })).rejects.toMatchObject({
      code: 'SSH_KNOWN_HOSTS_LOCKED',
      retryable: true,
    });
    await rm(lock);
  });

  it('is refused when the file is a folder', async () => {
    await rm(server.knownHostsFile);
    await mkdir(server.knownHostsFile);

    await expect(connect({ hostKeys: 'accept-new' })).rejects.toMatchObject({
      code: 'SSH_KNOWN_HOSTS_UNREADABLE',
    });
    await rm(server.knownHostsFile, { recursive: true });
  });

  it('is refused when the file may not be read', async () => {
    await chmod(server.knownHostsFile, 0o000);

    const connecting = unprivileged(() => connect({ hostKeys: 'accept-new' }));

    await expect(connecting).rejects.toMatchObject({
      code: 'SSH_KNOWN_HOSTS_UNREADABLE',
      message: expect.stringContaining('EACCES'),
    });
    await rm(server.knownHostsFile);
  });
});
