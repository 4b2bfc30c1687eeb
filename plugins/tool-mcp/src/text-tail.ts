import { StringDecoder } from 'node:string_decoder';

const MAX_CHARACTERS = 4_000;
const LINES = 5;
const LINE_CHARACTERS = 300;

/** The last words of a stream, however much it says. */
export class TextTail {
  readonly #decoder = new StringDecoder('utf8');
  #text = '';

  write(chunk: Buffer): void {
    this.#text = (this.#text + this.#decoder.write(chunk)).slice(-MAX_CHARACTERS);
  }

  /** Its last lines, oldest first. */
  get lines(): readonly string[] {
    const lines = this.#text.split(/[\r\n]+/).map((line) => line.replace(/\p{Cc}/gu, ' ').trim());
    return lines
      .filter((line) => line !== '')
      .slice(-LINES)
      .map((line) => line.slice(0, LINE_CHARACTERS));
  }
}
