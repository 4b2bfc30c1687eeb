import { Writable } from 'node:stream';
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
        stream: notesOf(this.#terminal),
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

/** What a person sees of a terminal, as the stream that a bar draws on. */
function notesOf(terminal: Terminal): Writable {
  const stream = new Writable({
    decodeStrings: false,
    write: (text, _encoding, done) => {
      terminal.note(String(text));
      done();
    },
  });
  return Object.assign(stream, { isTTY: true, columns: terminal.columns });
}

function mebibytes(bytes: number): number {
  return Math.ceil(bytes / 1_048_576);
}
