import { CliError } from './errors.js';

export interface Interruption extends Disposable {
  readonly signal: AbortSignal;
  /** Takes SIGHUP for something else than the end, until the result is disposed. */
  onHangup(handler: () => void): Disposable;
}

const exitCodes = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const;
const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** Turns the first SIGINT, SIGTERM or SIGHUP (the terminal is gone) into an abort, so that a command can drain; the second ends the process at once. */
export function listenForInterruption(): Interruption {
  const controller = new AbortController();
  let hangup: (() => void) | undefined;
  const onSignal = (signal: NodeJS.Signals): void => {
    if (signal === 'SIGHUP' && hangup) {
      hangup();
      return;
    }
    if (controller.signal.aborted) process.exit(exitCodes[signal as keyof typeof exitCodes]);
    controller.abort(new CliError('CLI_INTERRUPTED', { signal }));
  };
  for (const signal of signals) process.on(signal, onSignal);
  return {
    signal: controller.signal,
    onHangup(handler) {
      hangup = handler;
      return {
        [Symbol.dispose]() {
          hangup = undefined;
        },
      };
    },
    [Symbol.dispose]() {
      for (const signal of signals) process.off(signal, onSignal);
    },
  };
}
