import type { ClientChannel } from 'ssh2';
import { CappedOutput } from './capped-output.js';
import { SshError } from './errors.js';

/** How a command on a host ended, and what it wrote. */
export interface CommandOutcome {
  /** `null` if a signal ended it. */
  readonly exitCode: number | null;
  /** Such as `SIGKILL`. */
  readonly signal: string | null;
  readonly stdout: string;
  readonly stderr: string;
  /** Whether the middle of one of them is missing. */
  readonly truncated: boolean;
}

/** A command that was started on a host. Its output is read to the end, however little of it is kept. */
export class RunningCommand {
  /** Rejects with `SSH_CONNECTION_LOST`, or with `SSH_STATUS_MISSING` if the host tells nothing about the end. */
  readonly ended: Promise<CommandOutcome>;
  readonly #channel: ClientChannel;

  /**
   * @param lost of the connection
   * @param outputBytes kept; a quarter of it is for what is written to stderr
   */
  constructor(channel: ClientChannel, host: string, lost: AbortSignal, outputBytes: number) {
    this.#channel = channel;
    const stdout = new CappedOutput(Math.ceil(outputBytes * 0.75));
    const stderr = new CappedOutput(Math.floor(outputBytes * 0.25));
    // Both are read, past the cap too: the library tells the end of a channel only after the end of its output.
    channel.on('data', (chunk: Buffer) => stdout.write(chunk));
    channel.stderr.on('data', (chunk: Buffer) => stderr.write(chunk));
    const stderrEnd = new Promise<void>((resolve) => channel.stderr.once('end', resolve));
    this.ended = new Promise<CommandOutcome>((resolve, reject) => {
      const lose = () => reject(lost.reason);
      if (lost.aborted) lose();
      lost.addEventListener('abort', lose, { once: true });
      channel.once('close', async (exitCode?: number | null, signal?: string) => {
        await stderrEnd;
        lost.removeEventListener('abort', lose);
        if (exitCode === undefined) return reject(new SshError('SSH_STATUS_MISSING', { host }));
        resolve({
          exitCode,
          signal: signal ?? null,
          stdout: stdout.toString(),
          stderr: stderr.toString(),
          truncated: stdout.isTruncated || stderr.isTruncated,
        });
      });
    });
    // Whoever stops a command need not wait for its end.
    this.ended.catch(() => undefined);
  }

  /** Asks the host to send a signal. Hosts may not do it: servers before OpenSSH 7.9, and commands they force. */
  signal(name: 'INT' | 'TERM' | 'KILL'): void {
    this.#channel.signal(name);
  }

  /** Lets go of it. What runs on there is not told. */
  close(): void {
    this.#channel.close();
  }

  /** For a command that has started too late for anybody. */
  abandon(): void {
    this.signal('KILL');
    this.close();
  }
}
