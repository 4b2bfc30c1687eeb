import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir, userInfo } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import { TestkitError } from './errors.js';

const run = promisify(execFile);
const usualPlaces = ['/usr/sbin/mosquitto', '/usr/local/sbin/mosquitto', '/opt/homebrew/sbin/mosquitto'];
const installed = usualPlaces.find((file) => existsSync(file));

export interface MosquittoOptions {
  /** The program, where it is not in one of the usual places. */
  readonly executable?: string;
  /** Password by user name. Without it everybody is let in. */
  readonly users?: Readonly<Record<string, string>>;
  /** Lines of the access control list. Without it whoever is let in may read and write everything. */
  readonly acl?: readonly string[];
  /** A second listener with TLS; `tlsUrl` and `certificates` belong to it. */
  readonly tls?: { readonly requiresClientCertificate?: boolean };
  /** Further lines of mosquitto.conf. The first listener stands above them. */
  readonly config?: readonly string[];
  /** Makes the whole mosquitto.conf, to try one that is used elsewhere. It gets the lines that would be used. */
  readonly configure?: (lines: readonly string[], mosquitto: Mosquitto) => string;
  /** How long it may take until it listens. Default 30,000. */
  readonly startTimeoutMs?: number;
}

/** Files of a small authority made for one broker: whoever trusts `caFile` accepts it, and it accepts the client's pair. */
export interface BrokerCertificates {
  readonly caFile: string;
  readonly clientCertFile: string;
  readonly clientKeyFile: string;
}

/** A real Mosquitto with its own folder, on a free port of this machine. What it was told to keep survives `kill`. */
export class Mosquitto implements AsyncDisposable {
  /** Whether this machine has one. */
  static readonly isInstalled = installed !== undefined;

  readonly folder: string;
  readonly port: number;
  /** There is one with `tls` only. */
  readonly tlsPort: number | undefined;
  /** What it has said so far, in the order of its lines. */
  readonly log: string[] = [];
  readonly #executable: string;
  readonly #startTimeoutMs: number;
  #process: ChildProcess | undefined;

  static async start(options: MosquittoOptions = {}): Promise<Mosquitto> {
    const { executable = installed } = options;
    if (executable === undefined || !existsSync(executable)) {
      throw new TestkitError('TESTKIT_MOSQUITTO_MISSING', {
        places: executable ? [executable] : usualPlaces,
      });
    }
    const folder = await mkdtemp(path.join(tmpdir(), 'tiercel-mosquitto-'));
    try {
      return await Mosquitto.#startIn(folder, { ...options, executable }, { attempts: 3 });
    } catch (error) {
      await rm(folder, { recursive: true, force: true });
      throw error;
    }
  }

  static async #startIn(
    folder: string,
    options: MosquittoOptions & { readonly executable: string },
    { attempts }: { readonly attempts: number },
  ): Promise<Mosquitto> {
    const { executable, startTimeoutMs = 30_000 } = options;
    const port = await freePort();
    const tlsPort = options.tls && (await freePort());
    const mosquitto = new Mosquitto(folder, { executable, port, tlsPort, startTimeoutMs });
    await mosquitto.#configure(options);
    try {
      await mosquitto.restart();
    } catch (error) {
      // Between being found and being used a port may have been taken by somebody else.
      const isTaken = mosquitto.log.some((line) => line.includes('Address already in use'));
      if (!isTaken || attempts === 1) throw error;
      return Mosquitto.#startIn(folder, options, { attempts: attempts - 1 });
    }
    return mosquitto;
  }

  private constructor(
    folder: string,
    facts: {
      readonly executable: string;
      readonly port: number;
      readonly tlsPort: number | undefined;
      readonly startTimeoutMs: number;
    },
  ) {
    this.folder = folder;
    this.#executable = facts.executable;
    this.port = facts.port;
    this.tlsPort = facts.tlsPort;
    this.#startTimeoutMs = facts.startTimeoutMs;
  }

  get brokerUrl(): string {
    return `mqtt://127.0.0.1:${this.port}`;
  }

  /** For the name in the certificate. */
  get tlsUrl(): string {
    return `mqtts://localhost:${this.tlsPort}`;
  }

  get certificates(): BrokerCertificates {
    return {
      caFile: this.file('ca.crt'),
      clientCertFile: this.file('client.crt'),
      clientKeyFile: this.file('client.key'),
    };
  }

  get isRunning(): boolean {
    return this.#process !== undefined;
  }

  file(name: string): string {
    return path.join(this.folder, name);
  }

  /** Ends it and waits until it is gone; the default leaves it no time to write anything. */
  async kill(signal: 'SIGKILL' | 'SIGTERM' = 'SIGKILL'): Promise<void> {
    const child = this.#process;
    if (!child) return;
    this.#process = undefined;
    // One that has been frozen hears nothing but SIGKILL.
    if (signal === 'SIGTERM') child.kill('SIGCONT');
    const gone = child.exitCode === null && child.signalCode === null ? once(child, 'exit') : undefined;
    child.kill(signal);
    await gone;
  }

  /** Its sockets stay open, but nobody answers until `thaw`. */
  freeze(): void {
    this.#process?.kill('SIGSTOP');
  }

  thaw(): void {
    this.#process?.kill('SIGCONT');
  }

  /** Starts it again on the same ports, with what it has kept. */
  async restart(): Promise<void> {
    await this.kill('SIGTERM');
    const child = spawn(this.#executable, ['-c', this.file('mosquitto.conf')], {
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    const lines = createInterface({ input: child.stderr });
    let deadline: NodeJS.Timeout | undefined;
    try {
      await new Promise<void>((resolve, reject) => {
        const fail = (finding: string) => {
          child.kill('SIGKILL');
          const log = this.log.slice(-5).join('; ');
          reject(new TestkitError('TESTKIT_MOSQUITTO_DOWN', { finding, log }));
        };
        deadline = setTimeout(
          () => fail(`it was not running after ${this.#startTimeoutMs} ms`),
          this.#startTimeoutMs,
        );
        lines.on('line', (line) => {
          this.log.push(line);
          if (/mosquitto version \S+ running/.test(line)) resolve();
        });
        child.once('error', (error) => fail(error.message));
        child.once('close', (code, signal) => fail(`it ended with ${code ?? signal}`));
      });
    } finally {
      clearTimeout(deadline);
    }
    this.#process = child;
    child.once('exit', () => {
      if (this.#process === child) this.#process = undefined;
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
    await rm(this.folder, { recursive: true, force: true });
  }

  async #configure(options: MosquittoOptions): Promise<void> {
    const { users, acl, tls, config = [], configure } = options;
    const store = this.file('store');
    await mkdir(store, { recursive: true });
    const lines = [
      `listener ${this.port} 127.0.0.1`,
      // As root it would become the user "mosquitto", who may not write into this folder.
      `user ${userInfo().username}`,
      `allow_anonymous ${users === undefined}`,
      'persistence true',
      `persistence_location ${store}/`,
      // Once a second: with every change it would write all that it has.
      'autosave_interval 1',
      'message_size_limit 131072',
      'max_queued_messages 150000',
      'log_dest stderr',
      'connection_messages true',
      ...config,
    ];
    if (users) {
      const file = this.file('passwords');
      await writeFile(
        file,
        Object.entries(users)
          .map((user) => `${user.join(':')}\n`)
          .join(''),
        {
          mode: 0o600,
        },
      );
      await run('mosquitto_passwd', ['-U', file]);
      lines.push(`password_file ${file}`);
    }
    if (acl) {
      await writeFile(this.file('acl'), `${acl.join('\n')}\n`, { mode: 0o600 });
      lines.push(`acl_file ${this.file('acl')}`);
    }
    if (tls) {
      await makeCertificates(this.folder);
      lines.push(
        `listener ${this.tlsPort} 127.0.0.1`,
        `cafile ${this.file('ca.crt')}`,
        `certfile ${this.file('server.crt')}`,
        `keyfile ${this.file('server.key')}`,
        `require_certificate ${tls.requiresClientCertificate ?? false}`,
      );
    }
    const text = configure?.(lines, this) ?? `${lines.join('\n')}\n`;
    await writeFile(this.file('mosquitto.conf'), text);
  }
}

/** Makes an authority (`ca`), a certificate for this machine (`server`) and one for a client (`client`), as .crt and .key. */
export async function makeCertificates(folder: string): Promise<void> {
  const at = (name: string) => path.join(folder, name);
  const key = (name: string) => [
    ...['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'],
    ...['-keyout', at(`${name}.key`), '-subj', `/CN=${name}`],
  ];
  await run('openssl', ['req', '-x509', ...key('ca'), '-out', at('ca.crt'), '-days', '2']);
  for (const [name, extension] of [
    ['server', 'subjectAltName=DNS:localhost,IP:127.0.0.1'],
    ['client', 'extendedKeyUsage=clientAuth'],
  ] as const) {
    await run('openssl', ['req', '-new', ...key(name), '-out', at(`${name}.csr`)]);
    await writeFile(at(`${name}.ext`), `${extension}\n`);
    const authority = ['-CA', at('ca.crt'), '-CAkey', at('ca.key'), '-CAcreateserial', '-days', '2'];
    const files = ['-in', at(`${name}.csr`), '-out', at(`${name}.crt`), '-extfile', at(`${name}.ext`)];
    await run('openssl', ['x509', '-req', ...files, ...authority]);
  }
}

async function freePort(): Promise<number> {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  return typeof address === 'object' && address ? address.port : 0;
}
