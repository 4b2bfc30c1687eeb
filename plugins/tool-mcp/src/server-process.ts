import { type ChildProcessByStdio, spawn } from 'node:child_process';
import type { Readable, Writable } from 'node:stream';
import { openDeadline, raceSignal } from '@tiercel/kernel';
import { childEnvironment } from './child-environment.js';
import { guardGroup, signalGroup } from './process-group.js';
import type { ServerSettings } from './settings.js';
import { TextTail } from './text-tail.js';

/** A server has this long to end by itself once its input has ended, and as long again once it was asked to. */
const PATIENCE_MS = 1_000;

/** The program of a server, in a process group of its own, so that what it starts ends with it. Whoever opens it disposes it. */
export class ServerProcess implements AsyncDisposable {
  /** Settles when nothing of the group is left, with how the server ended. Never rejects. */
  readonly whenGone: Promise<string>;
  readonly #child: ChildProcessByStdio<Writable, Readable, Readable>;
  readonly #stderr = new TextTail();
  #isGone = false;
  #finding: string | undefined;

  constructor({ command, args, cwd, env }: ServerSettings) {
    this.#child = spawn(command, args, {
      stdio: ['pipe', 'pipe', 'pipe'],
      shell: false,
      detached: process.platform !== 'win32',
      windowsHide: true,
      env: childEnvironment(env),
      ...(cwd !== undefined && { cwd }),
    });
    this.#child.stderr.on('data', (chunk: Buffer) => this.#stderr.write(chunk));
    // Failures of a pipe show as the end of the program, which says more.
    for (const pipe of [this.#child.stdin, this.#child.stdout, this.#child.stderr])
      pipe.on('error', () => undefined);
    this.whenGone = this.#watch();
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  get isGone(): boolean {
    return this.#isGone;
  }

  get stdin(): Writable {
    return this.#child.stdin;
  }

  get stdout(): Readable {
    return this.#child.stdout;
  }

  /** The last lines that it wrote to its error output. */
  get lastWords(): readonly string[] {
    return this.#stderr.lines;
  }

  /** Ends the group at once; `finding` says why. */
  kill(finding: string): void {
    this.#finding ??= finding;
    signalGroup(this.#child, 'SIGKILL');
  }

  /** Ends the server's input, asks it to end, then makes it. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#finding ??= 'it was stopped';
    this.#child.stdin.end();
    if (await this.#goesWithin(PATIENCE_MS)) return;
    signalGroup(this.#child, 'SIGTERM');
    if (await this.#goesWithin(PATIENCE_MS)) return;
    signalGroup(this.#child, 'SIGKILL');
    // Only a process that the system itself cannot end outlives this.
    await this.#goesWithin(PATIENCE_MS);
  }

  async #goesWithin(ms: number): Promise<boolean> {
    using patience = openDeadline(undefined, ms, () => undefined);
    await raceSignal(this.whenGone, patience.signal).catch(() => undefined);
    return this.#isGone;
  }

  async #watch(): Promise<string> {
    const guard = guardGroup(this.#child);
    const how = await new Promise<string>((resolve) => {
      this.#child.once('error', (error) => resolve(`it could not be run (${codeOf(error)})`));
      this.#child.once('exit', (code, signal) =>
        resolve(signal === null ? `it ended with code ${code}` : `it was ended by ${signal}`),
      );
    });
    // What it started may still be there, and hold its pipes.
    signalGroup(this.#child, 'SIGKILL');
    guard[Symbol.dispose]();
    await this.#drainErrors();
    for (const pipe of [this.#child.stdin, this.#child.stdout, this.#child.stderr]) pipe.destroy();
    this.#isGone = true;
    return this.#finding ?? how;
  }

  /** Its last words may still be in the pipe. One that left the group keeps the pipe open, but not us. */
  async #drainErrors(): Promise<void> {
    const { stderr } = this.#child;
    if (stderr.closed || stderr.readableEnded) return;
    using patience = openDeadline(undefined, PATIENCE_MS, () => undefined);
    const ended = new Promise<void>((resolve) => {
      stderr.once('close', resolve);
    });
    await raceSignal(ended, patience.signal).catch(() => undefined);
  }
}

function codeOf(error: Error): string {
  return 'code' in error ? String(error.code) : error.name;
}
