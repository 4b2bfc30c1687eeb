/** A place in a value that JSON cannot hold, and why. */
export interface NotJson {
  /** Such as `config.rooms.default.attic`. */
  readonly path: string;
  readonly finding: string;
}

/** All places of `value` that would be lost or changed by JSON. Absent members of objects count as left out on purpose. */
export function notJson(value: unknown, path: string): readonly NotJson[] {
  return [...search(value, path, new Set())];
}

function* search(value: unknown, path: string, ancestors: ReadonlySet<object>): Generator<NotJson> {
  if (typeof value === 'string' || typeof value === 'boolean' || value === null) return;
  if (typeof value === 'number') {
    if (!Number.isFinite(value)) yield { path, finding: `is ${value}` };
    return;
  }
  if (typeof value !== 'object') {
    yield { path, finding: value === undefined ? 'is missing' : `is a ${typeof value}` };
    return;
  }
  if (ancestors.has(value)) {
    yield { path, finding: 'contains itself' };
    return;
  }
  const inside = new Set(ancestors).add(value);
  if (Array.isArray(value)) {
    for (const [index, item] of value.entries()) yield* search(item, `${path}.${index}`, inside);
    return;
  }
  if (!isPlain(value)) {
    yield { path, finding: `is made by class ${value.constructor?.name ?? 'without a name'}` };
    return;
  }
  for (const [key, item] of Object.entries(value)) {
    if (item !== undefined) yield* search(item, `${path}.${key}`, inside);
  }
}

/** Objects of another realm have another `Object.prototype`, whose own prototype is null too. */
function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}
