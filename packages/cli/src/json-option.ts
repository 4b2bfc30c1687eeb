/** What every command has that prints results for programs. */
export const jsonOption = [
  '--json',
  'print exactly one JSON document, and nothing else, on standard output',
] as const;
