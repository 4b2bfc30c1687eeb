export interface PieceLimits {
  readonly count: number;
  /** A piece ends earlier where its items are this large together, as JSON; one item it always has. */
  readonly characters: number;
}

/** Where a piece of `items` ends that begins at `start`. */
export function endOfPiece(items: readonly unknown[], start: number, limits: PieceLimits): number {
  let characters = 0;
  let end = start;
  while (end < items.length && end - start < limits.count && characters < limits.characters) {
    characters += JSON.stringify(items[end]).length;
    end += 1;
  }
  return end;
}
