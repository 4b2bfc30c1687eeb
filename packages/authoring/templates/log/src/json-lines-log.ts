import { createLogLine, type Log, type LogFields, type LogLevel } from '@tiercel/capabilities/log';

const levels: readonly LogLevel[] = ['debug', 'info', 'warn', 'error'];

/** Writes each line as one JSON document. What people said is left out. */
export class JsonLinesLog implements Log, Disposable {
  readonly #least: number;
  readonly #write: (line: string) => void;
  #isClosed = false;

  constructor(level: LogLevel, write: (line: string) => void) {
    this.#least = levels.indexOf(level);
    this.#write = write;
  }

  debug(message: string, fields?: LogFields): void {
    this.#add('debug', message, fields);
  }

  info(message: string, fields?: LogFields): void {
    this.#add('info', message, fields);
  }

  warn(message: string, fields?: LogFields): void {
    this.#add('warn', message, fields);
  }

  error(message: string, fields?: LogFields): void {
    this.#add('error', message, fields);
  }

  /** Lines that come later are dropped. */
  [Symbol.dispose](): void {
    this.#isClosed = true;
  }

  #add(level: LogLevel, message: string, fields: LogFields | undefined): void {
    if (this.#isClosed || levels.indexOf(level) < this.#least) return;
    const line = { time: new Date().toISOString(), ...createLogLine(level, message, fields) };
    try {
      this.#write(`${JSON.stringify(line)}\n`);
    } catch {
      // A full disk must not stop whoever has something to say.
    }
  }
}
