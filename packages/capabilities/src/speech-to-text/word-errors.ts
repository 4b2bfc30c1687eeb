/**
 * How many words one must put in, take out or change to make `said` of what was heard: the sum that a word error rate
 * divides by the number of words that were said (NIST `sclite`). Capitals, punctuation and whether a small number is
 * written as a word or in digits make no difference.
 */
export function countWordErrors(heard: string, said: string): number {
  const from = wordsOf(heard);
  const to = wordsOf(said);
  let costs = Array.from({ length: to.length + 1 }, (_, index) => index);
  for (const [row, word] of from.entries()) {
    const next = [row + 1];
    for (const [column, wanted] of to.entries()) {
      const changed = (costs[column] ?? 0) + (word === wanted ? 0 : 1);
      next.push(Math.min(changed, (costs[column + 1] ?? 0) + 1, (next[column] ?? 0) + 1));
    }
    costs = next;
  }
  return costs.at(-1) ?? 0;
}

/** Words without capitals and punctuation. Digits of numbers up to twelve are written as a word. */
export function wordsOf(text: string): readonly string[] {
  const words = text.toLowerCase().match(/[\p{L}\p{N}']+/gu) ?? [];
  return words.map((word) => (/^\d{1,2}$/.test(word) ? (numerals[Number(word)] ?? word) : word));
}

const numerals = [
  'zero',
  'one',
  'two',
  'three',
  'four',
  'five',
  'six',
  'seven',
  'eight',
  'nine',
  'ten',
  'eleven',
  'twelve',
];
