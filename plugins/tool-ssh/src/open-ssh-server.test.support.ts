import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { existsSync, readFileSync, watch } from 'node:fs';
import { appendFile, chmod, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir, userInfo } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import { describe, it } from '@jest/globals';

const run = promisify(execFile);
const sshd = ['/usr/sbin/sshd', '/usr/local/sbin/sshd', '/opt/homebrew/sbin/sshd'].find((file) =>
  existsSync(file),
);

/** Runs a suite against OpenSSH. Without it the suite is skipped, and its title says what to install. */
export function describeWithSshd(title: string, suite: () => void): void {
  if (sshd === undefined)
    describe.skip(`${title} (skipped: "sudo apt install openssh-server" lets it run)`, suite);
  else describe(title, suite);
}

const isRoot = userInfo().uid === 0;

/**
 * For what OpenSSH does not do for root: there it has no second process that could pass signals on. Root tests with another
 * account of this machine that has a shell, which gets `account`.
 */
export function itAsUser(title: string, test: (account: string) => Promise<void>): void {
  const account = isRoot ? accountWithShell() : userInfo().username;
  if (account !== undefined) it(title, () => test(account));
  else it.skip(`${title} (skipped: "useradd --shell /bin/sh --password '*' somebody" lets it run)`, () => {});
}

function accountWithShell(): string | undefined {
  const rows = (file: string) =>
    readFileSync(file, 'utf8')
      .split('\n')
      .map((line) => line.split(':'));
  // sshd lets nobody in whose password is locked with an exclamation mark.
  const locked = rows('/etc/shadow').flatMap(([name, password = '']) =>
    password.startsWith('!') ? [name] : [],
  );
  return rows('/etc/passwd').find((row) => isPlainAccount(row) && !locked.includes(row[0]))?.[0];
}

function isPlainAccount([, , uid = '0', , , , shell = '']: readonly string[]): boolean {
  return uid !== '0' && /\/(ba|da|z)?sh$/.test(shell);
}

/** Runs `work` as somebody who may read nothing of root's. */
export async function unprivileged<T>(work: () => Promise<T>): Promise<T> {
  if (!isRoot) return work();
  process.seteuid?.('nobody');
  try {
    return await work();
  } finally {
    process.seteuid?.(0);
  }
}

export type KeyType = 'ed25519' | 'ecdsa' | 'rsa';

export interface OpenSshServerOptions {
  readonly hostKeys?: readonly KeyType[];
  /** Further lines of sshd_config; the first mention of a key counts, and these come first. */
  readonly config?: readonly string[];
}

/** An OpenSSH server of its own, with its own keys and folder, on a free port of this machine. */
export class OpenSshServer implements AsyncDisposable {
  readonly folder: string;
  readonly port: number;
  readonly user = userInfo().username;
  /** Lets `user` in. */
  readonly identityFile: string;
  readonly knownHostsFile: string;
  readonly authorizedKeysFile: string;
  #process: ChildProcess | undefined;
  /** What it has said so far, in the order of its lines. */
  readonly log: string[] = [];

  static async start(options: OpenSshServerOptions = {}): Promise<OpenSshServer> {
    const { hostKeys = ['ed25519'], config = [] } = options;
    const folder = await mkdtemp(path.join(tmpdir(), 'tiercel-sshd-'));
    const port = await freePort();
    // Where sshd of Debian runs as root, it wants this folder.
    if (userInfo().uid === 0) await mkdir('/run/sshd', { recursive: true });
    await Promise.all(hostKeys.map((type) => makeKey(path.join(folder, `host_${type}`), type)));
    await makeKey(path.join(folder, 'identity'), 'ed25519');
    await writeFile(path.join(folder, 'authorized_keys'), await readFile(path.join(folder, 'identity.pub')));
    const lines = [
      ...config,
      `Port ${port}`,
      'ListenAddress 127.0.0.1',
      ...hostKeys.map((type) => `HostKey ${path.join(folder, `host_${type}`)}`),
      `AuthorizedKeysFile ${path.join(folder, 'authorized_keys')}`,
      `PidFile ${path.join(folder, 'sshd.pid')}`,
      'StrictModes no',
      'UsePAM no',
      'PasswordAuthentication no',
      'KbdInteractiveAuthentication no',
      'PermitRootLogin yes',
      'Subsystem sftp internal-sftp',
    ];
    await writeFile(path.join(folder, 'sshd_config'), `${lines.join('\n')}\n`);
    const server = new OpenSshServer(folder, port);
    await server.restart();
    await server.trust(hostKeys[0] ?? 'ed25519');
    return server;
  }

  private constructor(folder: string, port: number) {
    this.folder = folder;
    this.port = port;
    this.identityFile = path.join(folder, 'identity');
    this.knownHostsFile = path.join(folder, 'known_hosts');
    this.authorizedKeysFile = path.join(folder, 'authorized_keys');
  }

  file(name: string): string {
    return path.join(this.folder, name);
  }

  /** `type base64` of a host key. */
  async hostKey(type: KeyType = 'ed25519'): Promise<string> {
    return publicKey(this.file(`host_${type}`));
  }

  /** Adds a host key to the known hosts file. */
  async trust(type: KeyType): Promise<void> {
    await appendFile(this.knownHostsFile, `[127.0.0.1]:${this.port} ${await this.hostKey(type)}\n`);
  }

  /** Configuration of the host, for `hosts` of the plugin. */
  host(more: Readonly<Record<string, unknown>> = {}): Readonly<Record<string, unknown>> {
    const { port, user, identityFile } = this;
    return { address: '127.0.0.1', port, user, identityFile, allowRoot: user === 'root', ...more };
  }

  /** Lets another account log in, and write into the folder. */
  async open(): Promise<void> {
    await chmod(this.folder, 0o777);
  }

  /** Kills the server and every process that serves a connection; what these have started runs on. */
  async kill(): Promise<void> {
    const child = this.#process;
    if (child?.pid === undefined) return;
    this.#process = undefined;
    const pids = await serverPids(child.pid);
    const dead = new Promise((resolve) => child.once('exit', resolve));
    for (const pid of pids) process.kill(pid, 'SIGKILL');
    await dead;
  }

  async restart(): Promise<void> {
    const child = spawn(sshd ?? 'sshd', ['-D', '-e', '-f', this.file('sshd_config')], {
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    const lines = createInterface({ input: child.stderr });
    await new Promise<void>((resolve, reject) => {
      lines.on('line', (line) => {
        this.log.push(line);
        if (line.includes('Server listening on')) resolve();
      });
      child.once('exit', () => reject(new Error(`sshd did not start: ${this.log.join('; ')}`)));
    });
    this.#process = child;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
    await rm(this.folder, { recursive: true });
  }
}

/** The listener and below it all that are sshd too. */
async function serverPids(listener: number): Promise<readonly number[]> {
  const { stdout } = await run('ps', ['-A', '-o', 'pid=,ppid=,comm=']);
  const rows = stdout.split('\n').map((line) => line.trim().split(/\s+/));
  const below = (parent: number): readonly number[] =>
    rows.flatMap(([child, its, name = '']) =>
      Number(its) === parent && name.startsWith('sshd') ? [Number(child), ...below(Number(child))] : [],
    );
  return [listener, ...below(listener)];
}

/** Makes a key pair with ssh-keygen: `file` and `file.pub`. */
export async function makeKey(
  file: string,
  type: KeyType,
  more: readonly string[] = ['-N', ''],
): Promise<void> {
  const bits = type === 'rsa' ? ['-b', '2048'] : [];
  await run('ssh-keygen', ['-q', '-t', type, ...bits, '-f', file, '-C', 'test', ...more]);
}

export async function publicKey(file: string): Promise<string> {
  const text = await readFile(`${file}.pub`, 'utf8');
  return text.split(' ').slice(0, 2).join(' ');
}

export async function fingerprintOf(file: string): Promise<string> {
  const { stdout } = await run('ssh-keygen', ['-l', '-f', `${file}.pub`]);
  return stdout.split(' ')[1] ?? '';
}

/** Settles when a process that is not our child is gone. */
export async function processEnd(pid: number): Promise<void> {
  await run('tail', [`--pid=${pid}`, '-f', '/dev/null']);
}

/** Settles as soon as there is such a file. */
export async function fileThatAppears(file: string): Promise<void> {
  await new Promise<void>((resolve) => {
    const look = () => {
      if (!existsSync(file)) return;
      watcher.close();
      resolve();
    };
    const watcher = watch(path.dirname(file), look);
    look();
  });
}

/** A pipe in the file system: whoever reads it waits until something is written. */
export async function makePipe(file: string): Promise<string> {
  await run('mkfifo', ['-m', '666', file]);
  return file;
}

/** Processes of this machine that have a word in their command line, apart from sshd itself. */
export async function processesNaming(word: string): Promise<readonly string[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const lines = await Promise.all(
    pids.map((pid) => readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')),
  );
  return lines.filter((line) => line.includes(word) && !line.includes('sshd_config'));
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return typeof address === 'object' && address ? address.port : 0;
}
