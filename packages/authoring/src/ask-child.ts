import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { isTiercelError, openDeadline, raceSignal } from '@tiercel/kernel';
import { AuthoringError } from './errors.js';

export interface AskOptions {
  /** Working directory of the child. */
  readonly directory: string;
  readonly timeoutMs: number;
  readonly signal?: AbortSignal | undefined;
}

/** How a child ended, and what it had to say. */
export interface Answer {
  /** The one message that it sent; `undefined` if it ended without. */
  readonly message: unknown;
  /** The beginning of what it printed. */
  readonly output: string;
  /** It was killed because its time was over. */
  readonly isLate: boolean;
  readonly exitCode: number | null;
  readonly signalCode: NodeJS.Signals | null;
}

const maxOutputLength = 200;

/** Runs Node with these arguments for the one message that it sends, and leaves nothing of it behind. */
export async function askChild(
  args: readonly string[],
  { directory, timeoutMs, signal }: AskOptions,
): Promise<Answer> {
  using deadline = openDeadline(signal, timeoutMs, () => {
    return new AuthoringError('AUTHORING_CHILD_TIMEOUT', { waitedMs: timeoutMs });
  });
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', ...args], {
    cwd: directory,
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  const exited = once(child, 'exit');
  let output = '';
  let message: unknown;
  let isLate = false;
  const keep = (text: string) => {
    output = `${output}${text}`.slice(0, maxOutputLength);
  };
  child.stdout?.setEncoding('utf8').on('data', keep);
  child.stderr?.setEncoding('utf8').on('data', keep);
  child.once('message', (sent) => {
    message = sent;
  });
  try {
    await raceSignal(once(child, 'close'), deadline.signal);
  } catch (error) {
    if (!isTiercelError(error, 'AUTHORING_CHILD_TIMEOUT')) throw error;
    isLate = true;
  } finally {
    child.kill('SIGKILL');
    await exited;
  }
  const { exitCode, signalCode } = child;
  return { message, output: output.trim(), isLate, exitCode, signalCode };
}
