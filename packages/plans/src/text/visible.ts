/** A name from outside on one line and without power over a terminal: what cannot be printed stands as an escape. */
export function visible(text: string): string {
  return text.replace(/[\p{C}\p{Zl}\p{Zp}]/gu, (character) => {
    return `\\u{${character.codePointAt(0)?.toString(16)}}`;
  });
}

/** Names as a list in a sentence; `nobody` where there are none. */
export function names(list: readonly string[], nobody = 'nobody'): string {
  return list.length === 0 ? nobody : list.map(visible).join(', ');
}
