import { randomUUID } from 'node:crypto';
import { setMaxListeners } from 'node:events';
import type { Clock } from '@tiercel/capabilities/clock';
import type { Log } from '@tiercel/capabilities/log';
import { childController, openDeadline, raceSignal } from '@tiercel/kernel';
import { quoteWords } from './quote-words.js';
import type { CommandOutcome, RunningCommand } from './running-command.js';
import type { SshConnection } from './ssh-connection.js';
import type { SshHost } from './ssh-host.js';

const KILL_AFTER_SECONDS = 5;
/** How long each signal may take to end a command; less when everything stops. */
const GRACE_MS = 2_000;
const HURRIED_GRACE_MS = 300;
const CHECK_SECONDS = 8;
const CHECK_TIMEOUT_MS = 10_000;
const CHECK_OUTPUT_BYTES = 4_096;

/**
 * Kills whatever carries the mark of one run in its environment, also what left its process group, and prints what is
 * still there after it. Without /proc it cannot know.
 */
const checkScript = [
  '[ -r /proc/self/environ ] || { echo unknown; exit; }; n=0;',
  'while pids=$(grep -lsF "TIERCEL_RUN=$1" /proc/[0-9]*/environ | sed "s/[^0-9]//g");',
  '[ -n "$pids" ] && [ "$n" -lt 6 ]; do',
  'kill -KILL $pids 2>/dev/null; [ "$n" -lt 3 ] || sleep 1; n=$((n + 1)); done; echo $pids',
].join(' ');

export interface RunOptions {
  readonly signal: AbortSignal;
  readonly timeoutMs: number;
  readonly outputBytes: number;
}

/** Runs commands on one host, and sees to it that nothing is left of those that are given up. */
export class CommandRunner {
  readonly #host: SshHost;
  readonly #clock: Pick<Clock, 'delay'>;
  readonly #log: Pick<Log, 'debug' | 'warn'>;
  readonly #runs = new Set<Promise<unknown>>();
  readonly #hurry = new AbortController();

  constructor(host: SshHost, clock: Pick<Clock, 'delay'>, log: Pick<Log, 'debug' | 'warn'>) {
    setMaxListeners(0, this.#hurry.signal);
    this.#host = host;
    this.#clock = clock;
    this.#log = log;
  }

  /**
   * Settles as soon as `signal` aborts; the command is ended behind that, and keeps its place until it is gone. On the host it
   * has a limit of its own, in case that nobody gets through to it any more.
   */
  async run(
    words: readonly string[],
    { signal, timeoutMs, outputBytes }: RunOptions,
  ): Promise<CommandOutcome> {
    signal.throwIfAborted();
    const mark = randomUUID();
    // One second later than here, so that the end is told as what it is.
    const seconds = Math.ceil(timeoutMs / 1_000) + 1;
    const limited = [
      'env',
      `TIERCEL_RUN=${mark}`,
      'timeout',
      '-k',
      `${KILL_AFTER_SECONDS}`,
      `${seconds}`,
      ...words,
    ];
    // `exec` leaves no shell between the SSH server and the command, so that signals reach it. Input that never ends would
    // hold up programs that read it, and a channel whose input was ended takes no signals.
    const commandLine = `exec ${quoteWords(limited)} </dev/null`;
    const run = this.#host.useSession(
      signal,
      (connection) => connection.execute(commandLine, outputBytes),
      (command, connection) => this.#follow(command, connection, mark, signal),
    );
    return raceSignal(this.#keep(run), signal);
  }

  /** What is given up is killed soon. */
  hurry(): void {
    this.#hurry.abort();
  }

  /** Settles when nobody runs or checks anything any more. */
  async settled(): Promise<void> {
    while (this.#runs.size > 0) await Promise.allSettled(this.#runs);
  }

  async #follow(
    command: RunningCommand,
    connection: SshConnection,
    mark: string,
    signal: AbortSignal,
  ): Promise<CommandOutcome> {
    try {
      return await raceSignal(command.ended, signal);
    } catch (error) {
      if (connection.lost.aborted) this.#checkElsewhere(mark);
      else if (signal.aborted) await this.#stop(command, connection, mark);
      throw error;
    }
  }

  /** INT, TERM, KILL; then a second command makes sure that nothing is left. */
  async #stop(command: RunningCommand, connection: SshConnection, mark: string): Promise<void> {
    for (const name of ['INT', 'TERM', 'KILL'] as const) {
      command.signal(name);
      if (await this.#endsInTime(command)) break;
    }
    command.close();
    await this.#endsInTime(command);
    if (connection.lost.aborted) return this.#checkElsewhere(mark);
    const check = await connection.execute(checkLine(mark), CHECK_OUTPUT_BYTES).catch(() => undefined);
    // The host may not have let go of the session yet.
    if (check) await this.#report(check.ended);
    else this.#checkElsewhere(mark);
  }

  async #endsInTime(command: RunningCommand): Promise<boolean> {
    const { signal: hurry } = this.#hurry;
    using grace = childController(hurry.aborted ? undefined : hurry);
    const end = command.ended.then(
      () => true,
      () => true,
    );
    const graceMs = hurry.aborted ? HURRIED_GRACE_MS : GRACE_MS;
    const late = this.#clock.delay(graceMs, { signal: grace.signal }).then(
      () => false,
      () => false,
    );
    const hasEnded = await Promise.race([end, late]);
    grace.abort(undefined);
    return hasEnded;
  }

  /** In a session of its own, on another connection if need be. Nobody waits for it but `close`. */
  #checkElsewhere(mark: string): void {
    const check = async () => {
      using deadline = openDeadline(undefined, CHECK_TIMEOUT_MS, () => undefined);
      await this.#report(
        this.#host.useSession(
          deadline.signal,
          (connection) => connection.execute(checkLine(mark), CHECK_OUTPUT_BYTES),
          ({ ended }) => ended,
        ),
      );
    };
    void this.#keep(check());
  }

  async #report(check: Promise<CommandOutcome>): Promise<void> {
    const { name: host } = this.#host.settings;
    try {
      const { exitCode, stdout } = await check;
      const left = stdout.trim();
      if (exitCode === 0 && left === '')
        this.#log.debug('command was given up and nothing is left of it', { host });
      else
        this.#log.warn('command was given up and may still run', {
          host,
          left: /^[\d ]*$/.test(left) ? left : 'unknown',
        });
    } catch (error) {
      this.#log.warn('command was given up and may still run until its limit on the host', { host, error });
    }
  }

  #keep<T>(run: Promise<T>): Promise<T> {
    const kept = run.finally(() => this.#runs.delete(kept));
    this.#runs.add(kept);
    return kept;
  }
}

function checkLine(mark: string): string {
  const words = ['timeout', '-k', '1', `${CHECK_SECONDS}`, 'sh', '-c', checkScript, 'sh', mark];
  return `exec ${quoteWords(words)} </dev/null`;
}
