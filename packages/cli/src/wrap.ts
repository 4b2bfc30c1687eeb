export interface WrapOptions {
  readonly columns: number;
  /** Spaces before every line but the first, which begins after as many characters of something else. */
  readonly indent: number;
}

/** Narrower columns of text than this are harder to read than lines that the terminal breaks. */
const MIN_WIDTH = 16;

/** Breaks a text at spaces, and words that are too long anywhere, so that what follows the first line hangs below it. */
export function wrap(text: string, { columns, indent }: WrapOptions): string[] {
  const width = Math.max(MIN_WIDTH, columns - indent - 1);
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    const longer = line === '' ? word : `${line} ${word}`;
    if (lengthOf(longer) <= width) {
      line = longer;
      continue;
    }
    if (line !== '') lines.push(line);
    const pieces = piecesOf(word, width);
    lines.push(...pieces.slice(0, -1));
    line = pieces.at(-1) ?? '';
  }
  return [...lines, line];
}

function piecesOf(word: string, width: number): string[] {
  const characters = [...word];
  const pieces: string[] = [];
  for (let start = 0; start < characters.length; start += width) {
    pieces.push(characters.slice(start, start + width).join(''));
  }
  return pieces;
}

function lengthOf(text: string): number {
  return [...text].length;
}
