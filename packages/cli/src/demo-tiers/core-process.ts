import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { openDeadline, raceSignal } from '@tiercel/kernel';
import { deferred } from '../deferred.js';
import { CliError } from '../errors.js';

export interface CoreProcessOptions {
  /** Name of a shipped tier, or path of a manifest. */
  readonly tier: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly signal: AbortSignal;
  /** Gets each line that it prints to standard error. */
  readonly onLine?: (line: string) => void;
}

const START_TIMEOUT_MS = 90_000;
const STOP_TIMEOUT_MS = 10_000;
const KEPT_LINES = 20;
const bin = fileURLToPath(new URL('../../bin/tiercel.js', import.meta.url));

/** `tiercel start` in a process of its own, as it runs on another machine. */
export class CoreProcess implements AsyncDisposable {
  readonly #child: ChildProcess;
  readonly #gone: Promise<unknown>;
  readonly #tail: string[] = [];
  #isGone = false;

  private constructor({ tier, environment, onLine }: CoreProcessOptions) {
    this.#child = spawn(process.execPath, [bin, 'start', '--tier', tier], {
      env: environment,
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    this.#gone = once(this.#child, 'close').then(() => {
      this.#isGone = true;
    });
    let rest = '';
    this.#child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      const lines = (rest + text).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) {
        this.#tail.push(line);
        if (this.#tail.length > KEPT_LINES) this.#tail.shift();
        onLine?.(line);
      }
    });
  }

  /** Starts it and waits until it says that it is ready. */
  static async start(options: CoreProcessOptions): Promise<CoreProcess> {
    const { tier, signal, onLine } = options;
    const ready = deferred();
    const core = new CoreProcess({
      ...options,
      onLine: (line) => {
        if (line.startsWith('ready: ')) ready.resolve();
        onLine?.(line);
      },
    });
    const failed = (what: string) =>
      new CliError('CLI_CORE_NOT_STARTED', { tier, finding: what, tail: core.#tail.join('\n') });
    using deadline = openDeadline(signal, START_TIMEOUT_MS, () =>
      failed(`it was not ready after ${START_TIMEOUT_MS} ms`),
    );
    try {
      const ended = core.#gone.then(() => {
        throw failed(`it ended with ${core.#child.exitCode ?? core.#child.signalCode}`);
      });
      await raceSignal(Promise.race([ready.promise, ended]), deadline.signal);
      return core;
    } catch (error) {
      await core.kill();
      throw error;
    }
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  /** Ends it as a power cut does, and waits until it is gone. */
  async kill(): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.#gone;
  }

  /** Lets it finish what it has begun; one that does not is killed. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#isGone) return;
    this.#child.kill('SIGTERM');
    using deadline = openDeadline(undefined, STOP_TIMEOUT_MS, () => undefined);
    await raceSignal(this.#gone, deadline.signal).catch(() => this.kill());
  }
}
