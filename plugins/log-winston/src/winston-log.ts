import { createLogLine, type Log, type LogFields, type LogLevel } from '@tiercel/capabilities/log';
import type { Logger } from 'winston';
import type { LineSink } from './line-sink.js';

/** Writes through a winston logger whose format turns `line` into text. */
export class WinstonLog implements Log, AsyncDisposable {
  readonly #logger: Logger;
  readonly #sink: LineSink;
  readonly #showPrivate: boolean;
  #isClosed = false;

  /** Takes over `logger` and `sink`: both are ended when the log is disposed of. */
  constructor(logger: Logger, sink: LineSink, options: { readonly showPrivate: boolean }) {
    this.#logger = logger;
    this.#sink = sink;
    this.#showPrivate = options.showPrivate;
  }

  debug(message: string, fields?: LogFields): void {
    this.#write('debug', message, fields);
  }

  info(message: string, fields?: LogFields): void {
    this.#write('info', message, fields);
  }

  warn(message: string, fields?: LogFields): void {
    this.#write('warn', message, fields);
  }

  error(message: string, fields?: LogFields): void {
    this.#write('error', message, fields);
  }

  #write(level: LogLevel, message: string, fields: LogFields | undefined): void {
    if (this.#isClosed) return;
    try {
      if (!this.#logger.isLevelEnabled(level)) return;
      const line = createLogLine(level, message, fields, { showPrivate: this.#showPrivate });
      this.#logger.log({ level, message: '', line });
    } catch {
      // A log that fails must not become the failure of what it reports on.
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    await new Promise<void>((resolve) => {
      this.#logger.once('finish', resolve);
      this.#logger.end();
    });
    await this.#sink[Symbol.asyncDispose]();
  }
}
