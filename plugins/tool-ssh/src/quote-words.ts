const plain = /^[A-Za-z0-9_/.:@,+-][A-Za-z0-9_/.:@,+=%-]*$/;

/**
 * A command line of exactly these words, whatever they contain. Quotes and backslashes stand in double quotes of their own,
 * because fish, unlike POSIX shells, lets a backslash escape within single quotes.
 */
export function quoteWords(words: readonly string[]): string {
  return words.map(quoteWord).join(' ');
}

function quoteWord(word: string): string {
  if (plain.test(word)) return word;
  const inner = word.replace(/['\\]/g, (character) => (character === "'" ? `'"'"'` : `'"\\\\"'`));
  return `'${inner}'`;
}
