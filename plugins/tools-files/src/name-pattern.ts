/**
 * Whether a name fits a pattern, capitals or not: `*` stands for any characters, `?` for one, and a pattern without either may
 * stand anywhere in the name. Takes at most pattern × name steps, whatever the pattern.
 */
export function namePattern(pattern: string): (name: string) => boolean {
  const wanted = [...pattern.toLowerCase()];
  if (!/[*?]/.test(pattern)) return (name) => name.toLowerCase().includes(pattern.toLowerCase());
  return (name) => fits(wanted, [...name.toLowerCase()]);
}

function fits(pattern: readonly string[], name: readonly string[]): boolean {
  let at = 0;
  let star = -1;
  let afterStar = 0;
  let index = 0;
  while (index < name.length) {
    if (pattern[at] === '*') {
      star = at;
      at += 1;
      afterStar = index;
    } else if (at < pattern.length && (pattern[at] === '?' || pattern[at] === name[index])) {
      at += 1;
      index += 1;
    } else if (star >= 0) {
      // Only the latest star has to take more: an earlier one could gain nothing by it.
      at = star + 1;
      afterStar += 1;
      index = afterStar;
    } else {
      return false;
    }
  }
  return pattern.slice(at).every((part) => part === '*');
}
