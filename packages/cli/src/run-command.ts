import type { Context } from './context.js';
import { listenForInterruption } from './interruption.js';

export type RunnableCommand = (context: Context) => Promise<number>;

/** Runs a command that SIGINT and SIGTERM can end. */
export async function runCommand(
  command: RunnableCommand,
  options: Pick<Context, 'terminal' | 'isDebug'>,
): Promise<number> {
  using interruption = listenForInterruption();
  const { signal, onHangup } = interruption;
  return await command({ ...options, signal, onHangup });
}
