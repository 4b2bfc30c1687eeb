import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** An SSH agent of its own. */
export class SshAgent implements AsyncDisposable {
  readonly socket: string;
  readonly #process: ChildProcess;

  static async start(socket: string): Promise<SshAgent> {
    const child = spawn('ssh-agent', ['-D', '-a', socket], { stdio: ['ignore', 'pipe', 'ignore'] });
    // It prints its address as soon as it listens.
    const lines = createInterface({ input: child.stdout });
    await new Promise((resolve) => lines.once('line', resolve));
    return new SshAgent(socket, child);
  }

  private constructor(socket: string, process: ChildProcess) {
    this.socket = socket;
    this.#process = process;
  }

  async add(file: string): Promise<void> {
    await run('ssh-add', ['-q', file], { env: { ...process.env, SSH_AUTH_SOCK: this.socket } });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const ended = new Promise((resolve) => this.#process.once('exit', resolve));
    this.#process.kill();
    await ended;
  }
}
