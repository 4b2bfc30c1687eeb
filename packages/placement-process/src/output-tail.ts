import { StringDecoder } from 'node:string_decoder';

const keptCharacters = 4_096;
const quotedCharacters = 300;

/** The end of what a process has printed. */
export class OutputTail {
  readonly #onLine: (line: string) => void;
  #text = '';

  constructor(onLine: (line: string) => void) {
    this.#onLine = onLine;
  }

  get text(): string {
    return this.#text;
  }

  /** The line that says most about an end: an error, else the last one. */
  get lastWords(): string | undefined {
    const lines = this.#text
      .split('\n')
      .map((line) => line.trim())
      .filter((line) => line !== '' && !/^(?:Node\.js v\d|at |[{}[\]]+$|\^+$)/.test(line));
    const line = lines.findLast((candidate) => /\b\w*(?:Error|Exception)\b/.test(candidate)) ?? lines.at(-1);
    return line?.slice(0, quotedCharacters);
  }

  /** Reads a stream line by line. A line longer than what is kept is cut into several. */
  follow(stream: NodeJS.ReadableStream): void {
    const decoder = new StringDecoder('utf8');
    let open = '';
    const take = (text: string) => {
      const lines = (open + text).split('\n');
      open = lines.pop() ?? '';
      if (open.length > keptCharacters) {
        lines.push(open);
        open = '';
      }
      for (const line of lines) this.#push(line);
    };
    stream.on('data', (chunk: Buffer) => take(decoder.write(chunk)));
    stream.on('end', () => {
      take(decoder.end());
      if (open !== '') this.#push(open);
    });
    // A pipe that breaks has nothing more to say.
    stream.on('error', () => undefined);
  }

  #push(line: string): void {
    this.#text = `${this.#text}${line}\n`.slice(-keptCharacters);
    this.#onLine(line);
  }
}
