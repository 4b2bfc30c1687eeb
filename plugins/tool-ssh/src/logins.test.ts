import { execFile } from 'node:child_process';
import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { appendFile, chmod, mkdir, writeFile } from 'node:fs/promises';
import { createServer, type Server, type Socket } from 'node:net';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { ParsedKey } from 'ssh2';
import { createCarefulAgent } from './careful-agent.js';
import { describeWithSshd, fingerprintOf, makeKey, OpenSshServer } from './open-ssh-server.test.support.js';
import type { SshToolsOptions } from './open-ssh-tools.js';
import { SshAgent } from './ssh-agent.test.support.js';
import { loadSshLibrary } from './ssh-library.js';
import { openTools, scriptTool } from './ssh-tools.test.support.js';

const run = promisify(execFile);
const passphrase = 'correct horse battery staple';

interface PrivateKeyExportOptions {
  readonly cipher?: string;
  readonly passphrase?: string;
}

/** A public key as a line of authorized_keys. */
function sshPublicKey(key: KeyObject): string {
  const { kty, crv, n = '', e = '', x = '', y = '' } = key.export({ format: 'jwk' });
  const bytes = (text: string) => Buffer.from(text, 'base64url');
  const field = (content: Buffer) => {
    const length = Buffer.alloc(4);
    length.writeUInt32BE(content.length);
    return Buffer.concat([length, content]);
  };
  const line = (type: string, ...fields: readonly Buffer[]) =>
    `${type} ${Buffer.concat([Buffer.from(type), ...fields].map(field)).toString('base64')}`;
  if (kty === 'RSA') return line('ssh-rsa', bytes(e), Buffer.concat([Buffer.from([0]), bytes(n)]));
  if (crv === 'Ed25519') return line('ssh-ed25519', bytes(x));
  const point = Buffer.concat([Buffer.from([4]), bytes(x), bytes(y)]);
  return line('ecdsa-sha2-nistp256', Buffer.from('nistp256'), point);
}

describeWithSshd('logging in', () => {
  let server: OpenSshServer;
  beforeAll(async () => {
    server = await OpenSshServer.start();
  });
  afterAll(async () => await server[Symbol.asyncDispose]());

  const logIn = async (
    host: Readonly<Record<string, unknown>> = {},
    options: Partial<SshToolsOptions> = {},
  ) => {
    await using opened = await openTools(server, { hello: scriptTool('echo hello') }, { host, ...options });
    const { content } = await opened.tools.call('hello', {});
    return { content, log: opened.log.lines };
  };
  const succeeds = expect.objectContaining({ content: expect.objectContaining({ stdout: 'hello\n' }) });
  /** Makes a key that opens the server. */
  const makeIdentity = async (name: string, type: 'ed25519' | 'ecdsa' | 'rsa', more?: readonly string[]) => {
    const file = server.file(name);
    await makeKey(file, type, more);
    await run('sh', ['-c', 'cat "$1.pub" >> "$2"', 'sh', file, server.authorizedKeysFile]);
    return file;
  };
  /** Writes a key as Node does, and lets it in. */
  const writeIdentity = async (
    name: string,
    { privateKey, publicKey }: { readonly privateKey: KeyObject; readonly publicKey: KeyObject },
    options: PrivateKeyExportOptions,
  ) => {
    const file = server.file(name);
    await writeFile(file, privateKey.export({ ...options, format: 'pem', type: 'pkcs8' }), { mode: 0o600 });
    await appendFile(server.authorizedKeysFile, `${sshPublicKey(publicKey)}\n`);
    return file;
  };

  describe('with a key file', () => {
    it.each(['ed25519', 'ecdsa', 'rsa'] as const)('takes the format of OpenSSH, here %s', async (type) => {
      const identityFile = await makeIdentity(`openssh_${type}`, type);

      expect(await logIn({ identityFile })).toEqual(succeeds);
    });

    it.each(['ecdsa', 'rsa'] as const)('takes PEM, here %s', async (type) => {
      const identityFile = await makeIdentity(`pem_${type}`, type, ['-N', '', '-m', 'PEM']);

      expect(await logIn({ identityFile })).toEqual(succeeds);
    });

    it.each([
      ['RSA', () => generateKeyPairSync('rsa', { modulusLength: 2048 })],
      ['EC', () => generateKeyPairSync('ec', { namedCurve: 'prime256v1' })],
      ['Ed25519', () => generateKeyPairSync('ed25519')],
    ])('takes PKCS#8 of %s, plain and encrypted', async (name, make) => {
      const plain = await writeIdentity(`pkcs8_${name}`, make(), {});
      const locked = await writeIdentity(`locked_pkcs8_${name}`, make(), {
        cipher: 'aes-256-cbc',
        passphrase,
      });

      expect(await logIn({ identityFile: plain })).toEqual(succeeds);
      expect(await logIn({ identityFile: locked }, { passphrase })).toEqual(succeeds);
      await expect(logIn({ identityFile: locked })).rejects.toMatchObject({
        code: 'SSH_KEY_UNUSABLE',
        message: expect.stringContaining('it is encrypted and there is no passphrase'),
      });
      await expect(logIn({ identityFile: locked }, { passphrase: 'wrong' })).rejects.toMatchObject({
        code: 'SSH_KEY_UNUSABLE',
      });
    });

    it('opens an encrypted key with the passphrase, and with nothing else', async () => {
      const identityFile = await makeIdentity('locked', 'ed25519', ['-N', passphrase]);

      expect(await logIn({ identityFile }, { passphrase })).toEqual(succeeds);
      await expect(logIn({ identityFile })).rejects.toMatchObject({ code: 'SSH_KEY_UNUSABLE' });
      await expect(logIn({ identityFile }, { passphrase: 'wrong' })).rejects.toMatchObject({
        code: 'SSH_KEY_UNUSABLE',
      });
    });

    it.each([0o640, 0o604, 0o660, 0o644])('refuses a key of mode %o', async (mode) => {
      const identityFile = await makeIdentity(`mode_${mode}`, 'ed25519');
      await chmod(identityFile, mode);

      await expect(logIn({ identityFile })).rejects.toMatchObject({
        code: 'SSH_KEY_EXPOSED',
        details: { mode: `0${mode.toString(8)}` },
      });
    });

    it.each([
      ['a public key', async (file: string) => run('cp', [`${server.identityFile}.pub`, file])],
      ['something else', (file: string) => writeFile(file, 'hello')],
      [
        'PKCS#8 that is broken',
        (file: string) => writeFile(file, '-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n'),
      ],
      ['more than a key can be', (file: string) => writeFile(file, 'x'.repeat(70_000))],
      ['a folder', (file: string) => mkdir(file)],
      ['nothing', async () => undefined],
    ])('refuses a file that is %s', async (name, make) => {
      const identityFile = server.file(`not ${name}`);
      await make(identityFile);
      await chmod(identityFile, 0o700).catch(() => undefined);

      await expect(logIn({ identityFile })).rejects.toMatchObject({ code: 'SSH_KEY_UNUSABLE' });
    });

    it('refuses a kind of key that SSH does not know', async () => {
      const identityFile = server.file('x25519');
      const { privateKey } = generateKeyPairSync('x25519');
      await writeFile(identityFile, privateKey.export({ type: 'pkcs8', format: 'pem' }), { mode: 0o600 });

      await expect(logIn({ identityFile })).rejects.toMatchObject({
        code: 'SSH_KEY_UNUSABLE',
        message: expect.stringContaining('it is a key of type x25519'),
      });
    });

    it('says what was tried when the host does not know the key', async () => {
      const identityFile = server.file('stranger');
      await makeKey(identityFile, 'ed25519');

      await expect(logIn({ identityFile })).rejects.toMatchObject({
        code: 'SSH_LOGIN_REFUSED',
        details: { host: 'box', tried: [identityFile] },
      });
    });

    it('says so when there is nothing to log in with', async () => {
      await expect(logIn({ identityFile: undefined })).rejects.toMatchObject({
        code: 'SSH_LOGIN_REFUSED',
        details: { tried: [] },
      });
    });

    it('tells neither key nor passphrase to anybody', async () => {
      const identityFile = await makeIdentity('secret', 'ed25519', ['-N', passphrase]);
      const outcomes = await Promise.allSettled([
        logIn({ identityFile }, { passphrase }),
        logIn({ identityFile }, { passphrase: 'wrong horse' }),
      ]);

      const everything = outcomes.flatMap((outcome) =>
        outcome.status === 'fulfilled'
          ? [JSON.stringify(outcome.value)]
          : [
              String(outcome.reason.stack),
              String(outcome.reason.cause?.stack),
              JSON.stringify(outcome.reason),
            ],
      );

      expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected']);
      expect(everything.filter((text) => /horse|PRIVATE KEY/.test(text))).toEqual([]);
    });
  });

  describe('with an agent', () => {
    let agent: SshAgent;
    let agentSocket: string;
    beforeAll(async () => {
      agent = await SshAgent.start(server.file('agent.sock'));
      agentSocket = agent.socket;
    });
    afterAll(async () => await agent[Symbol.asyncDispose]());

    it('asks it first, and needs no key file', async () => {
      await agent.add(await makeIdentity('in_agent', 'ed25519'));

      expect(await logIn({ identityFile: undefined }, { agentSocket })).toEqual(succeeds);
    });

    it('takes RSA keys of it, without SHA-1', async () => {
      const file = await makeIdentity('rsa_in_agent', 'rsa');
      await agent.add(file);
      const agentKeySha256 = await fingerprintOf(file);

      expect(await logIn({ identityFile: undefined, agentKeySha256 }, { agentSocket })).toEqual(succeeds);
    });

    it('does not let it sign with SHA-1', async () => {
      const file = await makeIdentity('never_with_sha1', 'rsa');
      await agent.add(file);
      const careful = createCarefulAgent(await loadSshLibrary(), {
        host: 'box',
        socket: agentSocket,
        onlySha256: await fingerprintOf(file),
      });
      const [key] = await new Promise<readonly ParsedKey[]>((resolve, reject) => {
        careful.getIdentities((error, keys) => (keys ? resolve(keys as ParsedKey[]) : reject(error)));
      });
      if (!key) throw new Error('the agent shows no key');
      const sign = (hash: 'sha1' | 'sha256') =>
        new Promise<Buffer>((resolve, reject) => {
          careful.sign(key, Buffer.from('text'), { hash }, (error, signature) =>
            signature ? resolve(signature) : reject(error),
          );
        });

      expect(await sign('sha256')).toHaveLength(256);
      await expect(sign('sha1')).rejects.toMatchObject({ code: 'SSH_SIGNATURE_REFUSED' });
    });

    it('does not ask it where the host says so', async () => {
      await expect(
        logIn({ identityFile: undefined, useAgent: false }, { agentSocket }),
      ).rejects.toMatchObject({
        code: 'SSH_LOGIN_REFUSED',
        details: { tried: [] },
      });
    });

    it('goes on with the key file when the agent has nothing that fits', async () => {
      const agentKeySha256 = 'SHA256:'.padEnd(50, 'x');

      expect(await logIn({ agentKeySha256 }, { agentSocket })).toEqual(succeeds);
      await expect(logIn({ agentKeySha256, identityFile: undefined }, { agentSocket })).rejects.toMatchObject(
        {
          code: 'SSH_LOGIN_REFUSED',
          details: { tried: ['the agent'] },
        },
      );
    });

    it('goes on with the key file when there is no agent', async () => {
      expect(await logIn({}, { agentSocket: server.file('no agent') })).toEqual(succeeds);
    });

    it('shows one key out of many, where a host would end the login after six', async () => {
      for (const index of Array.from({ length: 6 }, (_, at) => at)) {
        await makeKey(server.file(`many_${index}`), 'ed25519');
        await agent.add(server.file(`many_${index}`));
      }
      const file = await makeIdentity('last_of_many', 'ed25519');
      await agent.add(file);

      expect(
        await logIn({ identityFile: undefined, agentKeySha256: await fingerprintOf(file) }, { agentSocket }),
      ).toEqual(succeeds);
    });

    it('is not passed on to the host', async () => {
      await using opened = await openTools(
        server,
        { look: scriptTool('echo "[$SSH_AUTH_SOCK]"') },
        { agentSocket },
      );

      const { content } = await opened.tools.call('look', {});

      expect(content).toMatchObject({ stdout: '[]\n' });
    });
  });
});

describeWithSshd('a host that does not let anybody in', () => {
  it('is told as such, whether it refuses passwords or nothing else is allowed', async () => {
    await using server = await OpenSshServer.start({
      config: ['PubkeyAuthentication no', 'PasswordAuthentication yes'],
    });
    await using opened = await openTools(server, { hello: scriptTool('echo hello') });

    await expect(opened.tools.call('hello', {})).rejects.toMatchObject({ code: 'SSH_LOGIN_REFUSED' });
  });

  it('is told as such when it has no algorithm that is still safe', async () => {
    await using server = await OpenSshServer.start({ config: ['Ciphers aes128-cbc', 'MACs hmac-sha1'] });
    await using opened = await openTools(server, { hello: scriptTool('echo hello') });

    await expect(opened.tools.call('hello', {})).rejects.toMatchObject({
      code: 'SSH_ALGORITHMS_MISMATCH',
      message: expect.stringContaining('cipher'),
    });
  });
});

describeWithSshd('a host that is not there', () => {
  let server: OpenSshServer;
  let silent: Server;
  const sockets = new Set<Socket>();
  beforeAll(async () => {
    server = await OpenSshServer.start();
    silent = createServer((socket) => sockets.add(socket));
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
  });
  afterAll(async () => {
    for (const socket of sockets) socket.destroy();
    silent.close();
    await server[Symbol.asyncDispose]();
  });
  const silentPort = () => {
    const address = silent.address();
    return typeof address === 'object' && address ? address.port : 0;
  };

  it('is given up when it accepts the connection and says nothing', async () => {
    await using opened = await openTools(
      server,
      { hello: scriptTool('echo hello') },
      { host: { port: silentPort() }, readyTimeoutMs: 100 },
    );

    await expect(opened.tools.call('hello', {})).rejects.toMatchObject({
      code: 'SSH_HOST_SILENT',
      details: { host: 'box', waitedMs: 100 },
      retryable: true,
    });
  });

  it('is told as unreachable when nobody listens', async () => {
    await server.kill();
    await using opened = await openTools(server, { hello: scriptTool('echo hello') });

    await expect(opened.tools.call('hello', {})).rejects.toMatchObject({
      code: 'SSH_HOST_UNREACHABLE',
      details: { host: 'box', finding: 'ECONNREFUSED' },
      retryable: true,
    });
    await server.restart();
  });

  it('is told as unreachable when something else answers', async () => {
    await using opened = await openTools(
      server,
      { hello: scriptTool('echo hello') },
      { host: { port: silentPort() } },
    );
    silent.once('connection', (socket: Socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'));

    await expect(opened.tools.call('hello', {})).rejects.toMatchObject({ code: 'SSH_HOST_UNREACHABLE' });
  });
});
