import type { Log, LogFields, LogLevel } from './log.js';
import { createLogLine, type LogLine, type LogLineOptions } from './log-line.js';

/** Keeps every line for the test to read. `private` is dropped as a real log does, unless `showPrivate` asks for it. */
export class FakeLog implements Log {
  readonly #lines: LogLine[] = [];
  readonly #options: LogLineOptions;

  constructor(options: LogLineOptions = {}) {
    this.#options = options;
  }

  /** All lines so far, oldest first. */
  get lines(): readonly LogLine[] {
    return this.#lines;
  }

  /** The messages of one level, oldest first. */
  messages(level: LogLevel): readonly string[] {
    return this.#lines.filter((line) => line.level === level).map((line) => line.message);
  }

  debug(message: string, fields?: LogFields): void {
    this.#lines.push(createLogLine('debug', message, fields, this.#options));
  }

  info(message: string, fields?: LogFields): void {
    this.#lines.push(createLogLine('info', message, fields, this.#options));
  }

  warn(message: string, fields?: LogFields): void {
    this.#lines.push(createLogLine('warn', message, fields, this.#options));
  }

  error(message: string, fields?: LogFields): void {
    this.#lines.push(createLogLine('error', message, fields, this.#options));
  }
}
