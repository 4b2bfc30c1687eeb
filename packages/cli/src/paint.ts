import type { Terminal } from './terminal.js';

const codes = { bold: 1, dim: 2, red: 31, green: 32, yellow: 33, blue: 34, magenta: 35, cyan: 36 } as const;
export type Colour = keyof typeof codes;

/** Colours text for a terminal, and leaves it as it is where nobody wants to see colours (https://no-color.org). */
export type Paint = (colour: Colour, text: string) => string;

export function paintFor({ isOutputTty, environment }: Pick<Terminal, 'isOutputTty' | 'environment'>): Paint {
  if (!isOutputTty || environment['NO_COLOR']) return (_, text) => text;
  return (colour, text) => `\u001b[${codes[colour]}m${text}\u001b[0m`;
}
