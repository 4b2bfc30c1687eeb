import { CliError } from './errors.js';

export interface Interruption extends Disposable {
  readonly signal: AbortSignal;
}

const exitCodes = { SIGINT: 130, SIGTERM: 143 } as const;

/** Turns the first SIGINT or SIGTERM into an abort, so that a command can drain; the second ends the process at once. */
export function listenForInterruption(): Interruption {
  const controller = new AbortController();
  const onSignal = (signal: NodeJS.Signals): void => {
    if (controller.signal.aborted) process.exit(exitCodes[signal as keyof typeof exitCodes]);
    controller.abort(new CliError('CLI_INTERRUPTED', { signal }));
  };
  process.on('SIGINT', onSignal);
  process.on('SIGTERM', onSignal);
  return {
    signal: controller.signal,
    [Symbol.dispose]() {
      process.off('SIGINT', onSignal);
      process.off('SIGTERM', onSignal);
    },
  };
}
