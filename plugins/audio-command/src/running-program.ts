import { type ChildProcess, spawn } from 'node:child_process';
import type { Readable, Writable } from 'node:stream';
import type { Clock } from '@tiercel/capabilities/clock';
import { childEnvironment } from './child-environment.js';
import type { FoundProgram } from './find-program.js';

export interface RunOptions {
  readonly rateHz: number;
  readonly device: string;
  readonly clock: Clock;
}

/** Of what a program says, this much is kept, and its last lines are repeated in an error: they tell what the others led to. */
const STDERR_CHARACTERS = 2000;
const STDERR_LINES = 2;
const LINE_CHARACTERS = 200;

/** How long a program may take to end by itself. */
const PATIENCE_MS = 500;

/** A sound program that runs in a process group of its own. Whoever runs it stops it. */
export class RunningProgram {
  readonly name: string;
  /** Settles when the program has ended and its pipes are closed, with what it ended on. Never rejects. */
  readonly whenEnded: Promise<string>;
  readonly #child: ChildProcess;
  readonly #clock: Clock;
  #complaint = '';
  #hasEnded = false;

  constructor({ program, file }: FoundProgram, { rateHz, device, clock }: RunOptions) {
    this.name = program.name;
    this.#clock = clock;
    // A group of its own, so that Ctrl+C in a terminal reaches us and not the sound, and so that helpers it starts end too.
    this.#child = spawn(file, program.arguments(rateHz, device), {
      stdio: ['pipe', 'pipe', 'pipe'],
      detached: process.platform !== 'win32',
      windowsHide: true,
      env: childEnvironment(program.environment?.(device) ?? {}),
    });
    this.#child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.#complaint = (this.#complaint + text).slice(-STDERR_CHARACTERS);
    });
    this.whenEnded = this.#end();
  }

  get stdout(): Readable {
    // Present because stdio is three pipes.
    return this.#child.stdout as Readable;
  }

  get stdin(): Writable {
    return this.#child.stdin as Writable;
  }

  get hasEnded(): boolean {
    return this.#hasEnded;
  }

  /** Waits `patienceMs` for the program to end by itself, then asks it to, then makes it. */
  async stop({ patienceMs = 0 }: { readonly patienceMs?: number } = {}): Promise<void> {
    if (patienceMs > 0 && (await this.#endsWithin(patienceMs))) return;
    this.#signal('SIGTERM');
    if (await this.#endsWithin(PATIENCE_MS)) return;
    this.#signal('SIGKILL');
    if (await this.#endsWithin(PATIENCE_MS)) return;
    // Only a process that the system itself cannot end is still here; its pipes must not keep us.
    this.#child.stdout?.destroy();
    this.#child.stderr?.destroy();
    this.#child.stdin?.destroy();
    this.#child.unref();
  }

  async #endsWithin(ms: number): Promise<boolean> {
    if (this.#hasEnded) return true;
    const timer = new AbortController();
    const waited = this.#clock.delay(ms, { signal: timer.signal }).catch(() => undefined);
    await Promise.race([this.whenEnded, waited]);
    timer.abort();
    return this.#hasEnded;
  }

  #signal(signal: NodeJS.Signals): void {
    const { pid } = this.#child;
    if (pid === undefined || this.#hasEnded) return;
    try {
      if (process.platform === 'win32') this.#child.kill(signal);
      else process.kill(-pid, signal);
    } catch {
      // It ended a moment ago.
    }
  }

  #end(): Promise<string> {
    return new Promise((resolve) => {
      const end = (how: string) => {
        this.#hasEnded = true;
        const complaint = lastLines(this.#complaint);
        resolve(`${this.name} ${how}${complaint ? ` and said: ${complaint}` : ' without a word'}`);
      };
      this.#child.once('error', (error) =>
        end(`could not be run (${(error as NodeJS.ErrnoException).code})`),
      );
      this.#child.once('close', (code, signal) =>
        end(signal ? `was ended by ${signal}` : `ended with code ${code}`),
      );
      // Failures of the pipe show as the end of the program, which says more.
      this.#child.stdin?.on('error', () => undefined);
    });
  }
}

function lastLines(text: string): string {
  const lines = text.split(/[\r\n]+/).map((line) => line.replace(/\s+/g, ' ').trim());
  const said = lines.filter((line) => line !== '').slice(-STDERR_LINES);
  return said.map((line) => line.slice(0, LINE_CHARACTERS).replace(/[.;]$/, '')).join('; ');
}
