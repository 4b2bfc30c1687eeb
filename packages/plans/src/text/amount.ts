/** A number as people read it: 1,120. */
export function amount(value: number): string {
  return value.toLocaleString('en');
}

/** A count and its noun: 1 plugin, 2 plugins. */
export function count(value: number, noun: string): string {
  return `${amount(value)} ${noun}${value === 1 ? '' : 's'}`;
}
