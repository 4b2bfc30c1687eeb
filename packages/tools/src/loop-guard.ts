const MAX_RUNS = 2;

/** Notices a model that goes round in circles. One per turn. */
export class LoopGuard {
  readonly #runs = new Map<string, number>();

  /** Counts this call. `false` before its third run: then do not run it, and tell the model why. */
  admits(name: string, args: unknown): boolean {
    const call = `${name} ${canonicalJson(args)}`;
    const runs = this.#runs.get(call) ?? 0;
    if (runs >= MAX_RUNS) return false;
    this.#runs.set(call, runs + 1);
    return true;
  }
}

/** JSON text that is the same for equal values, whatever the order of their keys. */
export function canonicalJson(value: unknown): string {
  return (
    JSON.stringify(value, (_, node: unknown) =>
      typeof node === 'object' && node !== null && !Array.isArray(node)
        ? Object.fromEntries(Object.entries(node).sort(([a], [b]) => (a < b ? -1 : 1)))
        : node,
    ) ?? 'undefined'
  );
}
