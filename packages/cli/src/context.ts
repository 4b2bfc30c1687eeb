import type { Terminal } from './terminal.js';

/** What every command gets. */
export interface Context {
  readonly terminal: Terminal;
  /** Aborts with `CLI_INTERRUPTED` when the person or the system wants the command to end. */
  readonly signal: AbortSignal;
  /** Hears of SIGHUP instead of letting it end the command, until the result is disposed. */
  onHangup(handler: () => void): Disposable;
  /** Whether errors show their stack traces and the log its details. */
  readonly isDebug: boolean;
}
