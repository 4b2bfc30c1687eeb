import { SingleBar } from 'cli-progress';
import type { Terminal } from './terminal.js';

/** A bar on a terminal for work whose size is known; elsewhere nothing. */
export class Meter {
  readonly #terminal: Terminal;
  readonly #title: string;
  #bar: SingleBar | undefined;

  constructor(terminal: Terminal, { title }: { readonly title: string }) {
    this.#terminal = terminal;
    this.#title = title;
  }

  show(doneBytes: number, totalBytes: number, what: string): void {
    if (!this.#terminal.isNoteTty) return;
    const [done, total] = [mebibytes(doneBytes), mebibytes(totalBytes)];
    if (!this.#bar) {
      this.#bar = new SingleBar({
        format: `${this.#title} {bar} {percentage}% {value}/{total} MiB {what}`,
        stream: process.stderr,
        clearOnComplete: true,
        hideCursor: true,
      });
      this.#bar.start(total, done, { what });
    }
    this.#bar.setTotal(total);
    this.#bar.update(done, { what });
  }

  end(): void {
    this.#bar?.stop();
    this.#bar = undefined;
  }
}

function mebibytes(bytes: number): number {
  return Math.ceil(bytes / 1_048_576);
}
