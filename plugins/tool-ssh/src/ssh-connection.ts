import { once, setMaxListeners } from 'node:events';
import { connect, type Socket } from 'node:net';
import { openDeadline, raceSignal } from '@tiercel/kernel';
import type { Algorithms, AuthHandlerMiddleware, Client, SFTPWrapper } from 'ssh2';
import { SshError } from './errors.js';
import { fingerprint, HostKeyCheck } from './host-key-check.js';
import type { KnownHostsFile } from './known-hosts-file.js';
import { type LoginMethod, type LoginSources, loginMethods } from './login-methods.js';
import { RunningCommand } from './running-command.js';
import type { HostSettings } from './settings.js';

export interface ConnectionOptions extends LoginSources {
  readonly knownHosts: KnownHostsFile;
  /** Longest time to connect, to agree on keys and to log in; also to open one session. */
  readonly readyTimeoutMs: number;
  readonly keepAliveMs: number;
  /** So many questions in a row without an answer, and the host counts as gone. */
  readonly keepAliveMisses: number;
  /** Told of the key of a new host, with `hostKeys: accept-new`. */
  readonly onNewHost: (sha256: string) => void;
}

/** What the library offers, which is without CBC, minus SHA-1 and compression. */
const algorithms: Algorithms = {
  hmac: { append: [], prepend: [], remove: ['hmac-sha1-etm@openssh.com', 'hmac-sha1'] },
  compress: ['none'],
};

const CLOSE_TIMEOUT_MS = 1_000;

/** What the SSH library adds to its errors. */
interface LibraryError extends Error {
  readonly level?: string;
  /** Reason of a goodbye (a number), or what the system says. */
  readonly code?: number | string;
  /** Why a channel was not opened. */
  readonly reason?: number | string;
}

/** One connection to one host, logged in. */
export class SshConnection {
  readonly host: HostSettings;
  readonly #client: Client;
  readonly #socket: Socket;
  readonly #lost = new AbortController();
  readonly #readyTimeoutMs: number;

  /** Connects, checks the key of the host and logs in. */
  static async open(
    host: HostSettings,
    options: ConnectionOptions,
    signal: AbortSignal,
  ): Promise<SshConnection> {
    const { readyTimeoutMs: waitedMs } = options;
    using deadline = openDeadline(
      signal,
      waitedMs,
      () => new SshError('SSH_HOST_SILENT', { host: host.name, waitedMs }),
    );
    const check = await raceSignal(HostKeyCheck.open(host, options.knownHosts), deadline.signal);
    const methods = await raceSignal(loginMethods(host, options), deadline.signal);
    const socket = connect({ host: host.address, port: host.port });
    const client = new options.library.ssh2.Client();
    try {
      await raceSignal(
        logIn({ host, options, check, methods, socket, client }, deadline.signal),
        deadline.signal,
      );
    } catch (error) {
      // The library may still report what this brings down.
      client.on('error', () => undefined);
      socket.destroy();
      throw error;
    }
    return new SshConnection(host, client, socket, options);
  }

  private constructor(host: HostSettings, client: Client, socket: Socket, options: ConnectionOptions) {
    this.host = host;
    this.#client = client;
    this.#socket = socket;
    this.#readyTimeoutMs = options.readyTimeoutMs;
    // A few for each session.
    setMaxListeners(0, this.lost);
    client.on('error', (error: LibraryError) => this.#lose(findingOf(error, options)));
    // What has not been sent can keep a socket open for many minutes after its other half has ended.
    client.on('end', () => this.#lose('the host ended it'));
    client.on('close', () => this.#lose('it was closed'));
    if (socket.destroyed) this.#lose('it was closed');
  }

  /** Aborts as soon as nothing more comes; its reason is `SSH_CONNECTION_LOST`. */
  get lost(): AbortSignal {
    return this.#lost.signal;
  }

  /** Starts a command; nothing comes back if the host has no room for one more session on this connection. */
  execute(commandLine: string, outputBytes: number): Promise<RunningCommand | undefined> {
    return this.#open<RunningCommand>(
      (done) =>
        this.#client.exec(commandLine, (error, channel) => {
          if (error) return done(error);
          // At once: a command may be over before anybody else gets to listen.
          done(undefined, new RunningCommand(channel, this.host.name, this.lost, outputBytes));
        }),
      (command) => command.abandon(),
    );
  }

  /** Opens a file session, with the same meaning of nothing. Whoever gets it ends it. */
  openFiles(): Promise<SFTPWrapper | undefined> {
    return this.#open<SFTPWrapper>(
      (done) => this.#client.sftp(done),
      (files) => files.end(),
    );
  }

  /** Says goodbye. Settles when the socket is closed. */
  async close(): Promise<void> {
    this.#client.end();
    if (this.#socket.destroyed) return;
    using deadline = openDeadline(undefined, CLOSE_TIMEOUT_MS, () => undefined);
    // A peer that does not answer is left without a goodbye.
    await once(this.#socket, 'close', { signal: deadline.signal }).catch(() => this.#socket.destroy());
  }

  #lose(finding: string): void {
    this.#lost.abort(new SshError('SSH_CONNECTION_LOST', { host: this.host.name, finding }));
    this.#socket.destroy();
  }

  async #open<T>(
    start: (done: (error: Error | undefined, opened?: T) => void) => void,
    close: (late: T) => void,
  ): Promise<T | undefined> {
    this.lost.throwIfAborted();
    const opening = new Promise<T>((resolve, reject) => {
      try {
        start((error, opened) => (opened === undefined ? reject(error) : resolve(opened)));
      } catch {
        // The library throws only when nothing can be sent any more: the host has just ended it.
        this.#lose('the host ended it');
      }
    });
    using deadline = openDeadline(this.lost, this.#readyTimeoutMs, () =>
      this.#refused(`it did not answer within ${this.#readyTimeoutMs} ms`),
    );
    try {
      return await raceSignal(opening, deadline.signal);
    } catch (error) {
      if (deadline.signal.aborted) {
        opening.then(close, () => undefined);
        throw deadline.signal.reason;
      }
      if ((error as LibraryError).reason !== undefined) return undefined;
      throw this.#refused((error as Error).message, error);
    }
  }

  #refused(finding: string, cause?: unknown): Error {
    return new SshError('SSH_SESSION_REFUSED', { host: this.host.name, finding }, { cause });
  }
}

interface Login {
  readonly host: HostSettings;
  readonly options: ConnectionOptions;
  readonly check: HostKeyCheck;
  readonly methods: readonly LoginMethod[];
  readonly socket: Socket;
  readonly client: Client;
}

function logIn({ host, options, check, methods, socket, client }: Login, signal: AbortSignal): Promise<void> {
  const left = [...methods];
  const authHandler: AuthHandlerMiddleware = (_, __, next) => {
    const following = left.shift();
    // `false` ends the login; the types do not know that.
    next(following?.method ?? (false as never));
  };
  return new Promise<void>((resolve, reject) => {
    client.on('ready', resolve);
    client.on('error', (error: LibraryError) => {
      // The next way to log in is tried.
      if (error.level !== 'agent') reject(loginError(error, host.name, methods, options));
    });
    client.on('close', () =>
      reject(new SshError('SSH_HOST_UNREACHABLE', { host: host.name, finding: 'it closed the connection' })),
    );
    client.connect({
      sock: socket,
      username: host.user,
      authHandler,
      // The deadline of `open` goes over all steps, the first of which come before.
      readyTimeout: 0,
      keepaliveInterval: options.keepAliveMs,
      // The library gives up one question later than it counts.
      keepaliveCountMax: options.keepAliveMisses - 1,
      algorithms: { ...algorithms, serverHostKey: [...check.algorithms] },
      hostVerifier: (key: Buffer, decide: (isTrusted: boolean) => void) => {
        check.verify(key, signal).then(
          ({ isNew }) => {
            if (isNew) options.onNewHost(fingerprint(key));
            decide(true);
          },
          (error: unknown) => {
            reject(error);
            decide(false);
          },
        );
      },
    });
  });
}

function loginError(
  error: LibraryError,
  host: string,
  methods: readonly LoginMethod[],
  options: ConnectionOptions,
): Error {
  const cause = error;
  // The library has written into its text.
  if (error.code === 'SSH_SIGNATURE_REFUSED')
    return new SshError('SSH_SIGNATURE_REFUSED', { host }, { cause });
  const isLogin = error.level === 'client-authentication' || /too many authentication/i.test(error.message);
  if (isLogin)
    return new SshError('SSH_LOGIN_REFUSED', { host, tried: methods.map(({ title }) => title) }, { cause });
  const finding = findingOf(error, options);
  if (/no matching/i.test(error.message))
    return new SshError('SSH_ALGORITHMS_MISMATCH', { host, finding }, { cause });
  return new SshError('SSH_HOST_UNREACHABLE', { host, finding }, { cause });
}

/** What the host itself says is left out: nobody has checked yet who it is. */
function findingOf(error: LibraryError, { keepAliveMs, keepAliveMisses }: ConnectionOptions): string {
  if (typeof error.code === 'number') return `it said goodbye with reason ${error.code}`;
  if (error.level === 'client-timeout') return `it did not answer for ${keepAliveMs * keepAliveMisses} ms`;
  if (typeof error.code === 'string') return error.code;
  return error.message;
}
