import { Readable } from 'node:stream';
import type { Terminal } from './terminal.js';

/** A terminal in memory. Nobody sits at it, unless a test says so. */
export class FakeTerminal implements Terminal {
  readonly stdin: Readable;
  readonly isInputTty = false;
  readonly isOutputTty: boolean;
  readonly isNoteTty: boolean;
  readonly columns = 100;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** What was printed, a line each. */
  readonly printed: string[] = [];
  /** What was written in pieces. */
  written = '';
  noted = '';

  constructor({
    input = '',
    environment = {},
    isTty = false,
  }: {
    readonly input?: string;
    readonly environment?: Readonly<Record<string, string | undefined>>;
    readonly isTty?: boolean;
  } = {}) {
    this.stdin = Readable.from([input]);
    this.environment = environment;
    this.isOutputTty = isTty;
    this.isNoteTty = isTty;
  }

  print(text: string): void {
    this.printed.push(text);
  }

  write(text: string): void {
    this.written += text;
  }

  note(text: string): void {
    this.noted += text;
  }
}
