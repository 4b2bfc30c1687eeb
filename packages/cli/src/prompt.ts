import { createInterface, type Interface } from 'node:readline';
import { Writable } from 'node:stream';
import type { Terminal } from './terminal.js';

const PROMPT = '> ';

/** What was typed ahead waits; a person does not type more than this while one reply is spoken. */
const MAX_AHEAD = 1000;

/**
 * A line editor with history. While nobody asks for a line it stays silent, so that replies and typing do not mix: what is
 * typed then appears at the next prompt, and whole lines (a paste) are asked for one by one.
 */
export class Prompt implements Disposable {
  readonly #terminal: Terminal;
  readonly #editor: Interface;
  readonly #ahead: string[] = [];
  #isQuiet = true;
  #hasEnded = false;
  #wake: (() => void) | undefined;

  constructor(terminal: Terminal, { onInterrupt }: { readonly onInterrupt: () => void }) {
    this.#terminal = terminal;
    this.#editor = createInterface({
      input: terminal.stdin,
      output: this.#screen(),
      prompt: PROMPT,
      terminal: true,
      removeHistoryDuplicates: true,
    });
    this.#editor.on('line', (line) => {
      // At once: the next line of a paste follows in the same breath.
      this.#isQuiet = true;
      if (this.#ahead.length < MAX_AHEAD) this.#ahead.push(line);
      this.#wake?.();
    });
    this.#editor.on('close', () => {
      this.#isQuiet = true;
      this.#hasEnded = true;
      this.#wake?.();
    });
    // The line editor sees Ctrl+C before the process does. In the middle of a line it only takes that back.
    this.#editor.on('SIGINT', () => {
      if (this.#isQuiet || this.#editor.line === '') return onInterrupt();
      this.#editor.write(null, { ctrl: true, name: 'e' });
      this.#editor.write(null, { ctrl: true, name: 'u' });
    });
  }

  /** The next line that is not empty; `undefined` when there will be none. */
  async next(): Promise<string | undefined> {
    for (;;) {
      const early = this.#ahead.shift();
      const line = early ?? (await this.#ask());
      if (line === undefined) return undefined;
      if (line.trim() === '') continue;
      if (early !== undefined) this.#terminal.note(`${PROMPT}${line.trim()}\n`);
      return line.trim();
    }
  }

  [Symbol.dispose](): void {
    this.#isQuiet = true;
    this.#editor.close();
  }

  async #ask(): Promise<string | undefined> {
    if (this.#hasEnded) return undefined;
    this.#isQuiet = false;
    this.#editor.prompt(true);
    await new Promise<void>((resolve) => {
      this.#wake = resolve;
    });
    this.#wake = undefined;
    const line = this.#ahead.shift();
    // The shell goes on below the prompt, not beside it.
    if (line === undefined) this.#terminal.note('\n');
    return line;
  }

  #screen(): Writable {
    const terminal = this.#terminal;
    const screen = new Writable({
      write: (text, _encoding, done) => {
        if (!this.#isQuiet) terminal.note(String(text));
        done();
      },
    });
    return Object.defineProperty(screen, 'columns', { get: () => terminal.columns });
  }
}
