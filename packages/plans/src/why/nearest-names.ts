import { nearest } from '@tiercel/kernel';

const shown = 3;

/** Known names that may have been meant: those that hold the word, else the one that is a slip of the pen away. */
export function nearestNames(word: string, known: Iterable<string>): readonly string[] {
  const all = [...new Set(known)];
  const part = word.toLowerCase();
  const holding = part.length > 2 ? all.filter((name) => name.toLowerCase().includes(part)) : [];
  if (holding.length > 0) return holding.slice(0, shown);
  const near = nearest(word, all);
  return near === undefined ? [] : [near];
}
