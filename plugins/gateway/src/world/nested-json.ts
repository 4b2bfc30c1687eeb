import { isAtOrBelow, type WorldEntry } from '@tiercel/capabilities/world-model';

/** `$` cannot stand in a key, so no child has this name. */
const OWN_VALUE = '$value';
const PIECE_CHARACTERS = 65_536;

interface Branch {
  entry: WorldEntry | undefined;
  /** Names such as `__proto__` are entries of a map like all others. */
  readonly children: Map<string, Branch>;
}

/**
 * Entries at or below `prefix` as one JSON document, in which the segments of keys are nested: a value that also has
 * children stands under `$value`. Yields pieces, as all of it together may be large; nothing where there is no entry.
 */
export function* nestedJson(entries: readonly WorldEntry[], prefix: string): Generator<string, void, void> {
  const root: Branch = { entry: undefined, children: new Map() };
  for (const entry of entries) {
    if (isAtOrBelow(entry.key, prefix)) branchOf(root, entry.key.slice(prefix.length)).entry = entry;
  }
  if (prefix !== '' && !root.entry && root.children.size === 0) return;
  let piece = '';
  for (const part of jsonOf(root)) {
    piece += part;
    if (piece.length < PIECE_CHARACTERS) continue;
    yield piece;
    piece = '';
  }
  yield piece;
}

function branchOf(root: Branch, path: string): Branch {
  let branch = root;
  for (const name of path.split('/')) {
    if (name === '') continue;
    const known = branch.children.get(name);
    const next = known ?? { entry: undefined, children: new Map() };
    if (!known) branch.children.set(name, next);
    branch = next;
  }
  return branch;
}

/** As deep as keys have segments. */
function* jsonOf({ entry, children }: Branch): Generator<string, void, void> {
  if (entry && children.size === 0) {
    yield JSON.stringify(entry.value);
    return;
  }
  let separator = '{';
  if (entry) {
    yield `{"${OWN_VALUE}":${JSON.stringify(entry.value)}`;
    separator = ',';
  }
  for (const [name, child] of children) {
    yield `${separator}${JSON.stringify(name)}:`;
    yield* jsonOf(child);
    separator = ',';
  }
  yield separator === '{' ? '{}' : '}';
}
