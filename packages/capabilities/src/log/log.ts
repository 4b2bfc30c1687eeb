import { defineCapability } from '@tiercel/kernel';

/** Facts of one line. What a person said, asked or was told goes under `private`, which is dropped unless asked for. */
export interface LogFields {
  readonly private?: Readonly<Record<string, unknown>>;
  readonly error?: unknown;
  readonly [name: string]: unknown;
}

export type LogLevel = 'debug' | 'info' | 'warn' | 'error';

/** Structured log. Never throws and never waits. Each plugin gets a view that adds its own name. */
export interface Log {
  debug(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields): void;
}

export const Log = defineCapability<Log>()({
  id: 'log',
  version: '1.0.0',
  methods: { debug: 'notify', info: 'notify', warn: 'notify', error: 'notify' },
  view: (log, { plugin }) => ({
    debug: (message, fields) => log.debug(message, { plugin, ...fields }),
    info: (message, fields) => log.info(message, { plugin, ...fields }),
    warn: (message, fields) => log.warn(message, { plugin, ...fields }),
    error: (message, fields) => log.error(message, { plugin, ...fields }),
  }),
});
