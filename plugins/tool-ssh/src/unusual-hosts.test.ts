import { generateKeyPairSync } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, describe, expect, it } from '@jest/globals';
import { FakeClock } from '@tiercel/capabilities/clock/testing';
import { FakeLog } from '@tiercel/capabilities/log/testing';
import ssh2, { type Connection, type ServerChannel } from 'ssh2';
import { fingerprint } from './host-key-check.js';
import { openSshTools } from './open-ssh-tools.js';
import type { SshToolProvider } from './ssh-tool-provider.js';
import { scriptTool } from './ssh-tools.test.support.js';

// What OpenSSH does not do: other servers may.
describe('a host that is not OpenSSH', () => {
  const opened: AsyncDisposable[] = [];
  afterEach(async () => {
    for (const resource of opened.splice(0).reverse()) await resource[Symbol.asyncDispose]();
  });

  const serve = async (
    onConnection: (connection: Connection) => void,
    {
      identity,
      readyTimeoutMs = 10_000,
    }: { readonly identity?: string; readonly readyTimeoutMs?: number } = {},
  ): Promise<SshToolProvider> => {
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
    const pem = privateKey.export({ type: 'sec1', format: 'pem' }).toString();
    const key = ssh2.utils.parseKey(pem);
    if (key instanceof Error) throw key;
    const folder = await mkdtemp(path.join(tmpdir(), 'tiercel-ssh-'));
    const identityFile = path.join(folder, 'identity');
    await writeFile(identityFile, identity ?? pem, { mode: 0o600 });
    const connections = new Set<Connection>();
    const server = new ssh2.Server({ hostKeys: [pem] }, (connection) => {
      connections.add(connection);
      connection.on('error', () => undefined);
      onConnection(connection);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as { readonly port: number };
    const tools = await openSshTools(
      {
        groups: {},
        hosts: {
          box: {
            address: '127.0.0.1',
            port,
            user: 'guest',
            hostKeySha256: fingerprint(key.getPublicSSH()),
            identityFile,
          },
        },
        tools: { hello: scriptTool('echo hello') },
        knownHostsFile: '/nonexistent/known_hosts',
        agentSocket: '',
        passphrase: '',
        readyTimeoutMs,
        keepAliveMs: 15_000,
        keepAliveMisses: 3,
        maxConnections: 4,
        idleMs: 60_000,
      },
      { clock: new FakeClock(), log: new FakeLog() },
    );
    opened.push(
      {
        async [Symbol.asyncDispose]() {
          for (const connection of connections) connection.end();
          await new Promise((resolve) => server.close(resolve));
          await rm(folder, { recursive: true });
        },
      },
      tools,
    );
    return tools;
  };

  const withSession = (onCommand: (channel: ServerChannel) => void) => (connection: Connection) => {
    connection.on('authentication', (login) => login.accept());
    connection.on('session', (accept) => {
      accept().on('exec', (acceptCommand) => onCommand(acceptCommand()));
    });
  };

  it('may end a command without a status, which is no success', async () => {
    const tools = await serve(withSession((channel) => channel.end('half an answer')));

    await expect(tools.call('hello', {})).rejects.toMatchObject({
      code: 'SSH_STATUS_MISSING',
      details: { host: 'box' },
    });
  });

  it('may never finish a login', async () => {
    const nobodyAnswers = (connection: Connection) => void connection.on('authentication', () => undefined);
    const tools = await serve(nobodyAnswers, { readyTimeoutMs: 300 });

    await expect(tools.call('hello', {})).rejects.toMatchObject({ code: 'SSH_HOST_SILENT' });
  });

  it('may refuse to start a command', async () => {
    const tools = await serve((connection) => {
      connection.on('authentication', (login) => login.accept());
      connection.on('session', (accept) => {
        accept().on('exec', (_, reject) => reject());
      });
    });

    await expect(tools.call('hello', {})).rejects.toMatchObject({
      code: 'SSH_SESSION_REFUSED',
      details: { host: 'box', finding: 'Unable to exec' },
    });
  });

  it('may end the connection instead of opening a session', async () => {
    const tools = await serve((connection) => {
      connection.on('authentication', (login) => login.accept());
      connection.on('session', () => connection.end());
    });

    await expect(tools.call('hello', {})).rejects.toMatchObject({ code: 'SSH_CONNECTION_LOST' });
  });

  it('may let somebody in and end the connection at once', async () => {
    const tools = await serve((connection) => {
      connection.on('authentication', (login) => login.accept());
      connection.on('ready', () => connection.end());
    });

    await expect(tools.call('hello', {})).rejects.toMatchObject({ code: 'SSH_CONNECTION_LOST' });
  });

  it('may not say which signatures it takes, and gets none with SHA-1', async () => {
    const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2_048 });
    const identity = privateKey.export({ type: 'pkcs1', format: 'pem' }).toString();
    const old = (connection: Connection) => {
      sayNothingOfSignatures(connection);
      connection.on('authentication', (login) => login.accept());
    };
    const tools = await serve(old, { identity });

    await expect(tools.call('hello', {})).rejects.toMatchObject({
      code: 'SSH_SIGNATURE_REFUSED',
      message: expect.stringMatching(/^Host box takes RSA keys only with SHA-1/),
    });
  });
});

/** Makes the library serve as servers did before RFC 8308: a switch for that it does not have. */
function sayNothingOfSignatures(connection: Connection): void {
  const { _protocol: protocol } = connection as unknown as { readonly _protocol: object };
  let present: object | undefined;
  Object.defineProperty(protocol, '_kex', {
    get: () => present,
    set: (exchange: object | undefined) => {
      present = exchange;
      if (exchange)
        Object.defineProperty(exchange, 'remoteExtInfoEnabled', { get: () => false, set: () => undefined });
    },
  });
}
