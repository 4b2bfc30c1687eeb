/** Rows as lines whose cells stand below each other; the last cell of a row takes what room it needs. */
export function aligned(rows: readonly (readonly string[])[], indent = 2): string[] {
  const widths: number[] = [];
  for (const row of rows) {
    for (const [index, cell] of row.slice(0, -1).entries()) {
      widths[index] = Math.max(widths[index] ?? 0, cell.length);
    }
  }
  const margin = ' '.repeat(indent);
  return rows.map((row) => {
    const cells = row.map((cell, index) =>
      index === row.length - 1 ? cell : cell.padEnd(widths[index] ?? 0),
    );
    return `${margin}${cells.join('  ')}`.trimEnd();
  });
}
