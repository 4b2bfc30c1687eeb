import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { openDeadline, raceSignal } from '@tiercel/kernel';
import { childExecArgv } from './child-environment.js';
import type { FromChild, ToChild } from './control-message.js';
import { OutputTail } from './output-tail.js';
import type { WireMessage } from './wire/message.js';

export interface ForkedChildOptions {
  readonly plugin: string;
  readonly environment: NodeJS.ProcessEnv;
  onMessage(message: FromChild | WireMessage): void;
  /** A line that the child has printed. */
  onLine(line: string): void;
}

/** The same file whether this runs from the sources or from the package. */
const mainFile = fileURLToPath(new URL('../dist/child/main.js', import.meta.url));

/** A process that has ended may have left something to read; a grandchild may hold its pipes open for ever. */
const lastReadsMs = 200;
/** A process whose channel is closed is of no use any more. */
const disconnectedMs = 250;

/** One operating-system process that runs a plugin. */
export class ForkedChild {
  readonly output: OutputTail;
  /** Settles with the cause when the process is gone and everything it sent has been read. Never rejects. */
  readonly ended: Promise<string>;
  readonly #process: ChildProcess;
  #killedBecause: string | undefined;
  #hasEnded = false;

  constructor({ plugin, environment, onMessage, onLine }: ForkedChildOptions) {
    this.output = new OutputTail(onLine);
    this.#process = fork(mainFile, [plugin], {
      env: environment,
      execArgv: childExecArgv(process.execArgv),
      serialization: 'advanced',
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    });
    this.#process.on('message', (message) => onMessage(message as FromChild | WireMessage));
    for (const stream of [this.#process.stdout, this.#process.stderr]) if (stream) this.output.follow(stream);
    this.ended = this.#whenEnded();
  }

  get pid(): number | undefined {
    return this.#process.pid;
  }

  get hasEnded(): boolean {
    return this.#hasEnded;
  }

  /** Throws what cannot be cloned. What is sent to a process that is gone is lost: its end tells everybody. */
  send(message: ToChild | WireMessage, onSent: () => void = ignore): void {
    if (this.#process.connected) this.#process.send(message, undefined, undefined, onSent);
  }

  /** @param because told as the cause of the end, instead of the signal */
  kill(because?: string): void {
    this.#killedBecause ??= because;
    this.#process.kill('SIGKILL');
  }

  /** Whether this process stays up for the sake of the child. Output is read as long as it stays up anyway. */
  keepsProcessAlive(isWanted: boolean): void {
    for (const handle of [this.#process, this.#process.channel]) {
      if (isWanted) handle?.ref();
      else handle?.unref();
    }
  }

  async #whenEnded(): Promise<string> {
    const child = this.#process;
    for (const stream of [child.stdout, child.stderr]) unref(stream);
    const closed = Promise.all([once(child, 'close'), once(child, 'disconnect')]).catch(() => undefined);
    child.once('disconnect', () => {
      setTimeout(() => this.kill('it closed its channel'), disconnectedMs).unref();
    });
    const cause = await new Promise<string>((resolve) => {
      child.once('exit', (code, signal) => resolve(signal ? `signal ${signal}` : `exit code ${code}`));
      // Also the errors of a channel that breaks, which are no end.
      child.on('error', (error) => {
        if (child.pid === undefined) resolve(`it could not be started (${error.message})`);
      });
    });
    using deadline = openDeadline(undefined, lastReadsMs, () => undefined);
    await raceSignal(closed, deadline.signal).catch(() => undefined);
    this.#hasEnded = true;
    return this.#killedBecause ?? cause;
  }
}

function ignore(): void {}

function unref(stream: unknown): void {
  (stream as { unref?(): void } | null)?.unref?.();
}
