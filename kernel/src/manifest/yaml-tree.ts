import type { Node } from 'yaml';
import { libraries } from '../libraries.js';
import type { Problem } from '../plan/problem.js';
import { problem } from '../plan/problems.js';
import type { Position } from './manifest.js';

/** In a tree: the value was written as `null` or `~` on purpose. An empty value is `undefined` instead. */
export const REMOVED = Symbol('removed');

/** Value of a tree whose text could not be read: what is missing in it means nothing. */
export const UNREADABLE = Symbol('unreadable');

export type Path = readonly (string | number)[];

/** Plain data with the position of every value and key. */
export class LocatedTree {
  readonly value: unknown;
  readonly #positions: ReadonlyMap<string, Position>;

  constructor(value: unknown, positions: ReadonlyMap<string, Position> = new Map()) {
    this.value = value;
    this.#positions = positions;
  }

  /** Position of the value at `path`, else of the closest value around it. An item of a list may be named by its value. */
  at(path: Path): Position | undefined {
    const steps = stepsWithin(this.value, path);
    for (let length = steps.length; length >= 0; length--) {
      const position = this.#positions.get(pathKey(steps.slice(0, length)));
      if (position) return position;
    }
    return undefined;
  }

  /** Lays `over` on this tree: maps merge by key, everything else is replaced, `REMOVED` takes away. */
  merge(over: LocatedTree): LocatedTree {
    const positions = new Map([...this.#positions, ...over.#positions]);
    return new LocatedTree(mergeValues(this.value, over.value), positions);
  }
}

function mergeValues(base: unknown, over: unknown): unknown {
  if (over === undefined || base === UNREADABLE) return base;
  if (!isRecord(base) || !isRecord(over)) return over;
  const merged: Record<string, unknown> = Object.assign(Object.create(null), base);
  for (const [key, value] of Object.entries(over)) {
    if (value === REMOVED) delete merged[key];
    else merged[key] = mergeValues(merged[key], value);
  }
  return merged;
}

/** As much of `path` as leads to something: a merge leaves positions behind for what it replaced. */
function stepsWithin(value: unknown, path: Path): Path {
  const steps: (string | number)[] = [];
  let inner = value;
  for (const step of path) {
    const key = Array.isArray(inner) && typeof step === 'string' ? inner.indexOf(step) : step;
    if (Object(inner) !== inner || !Object.hasOwn(inner as object, key)) break;
    steps.push(key);
    inner = (inner as Record<string | number, unknown>)[key];
  }
  return steps;
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function pathKey(path: Path): string {
  return path.join('\u0000');
}

const maxNodes = 100_000;
const maxDepth = 64;

/** Findings of the parser that speak of its own interface, or quote what may be a secret. */
const findings: Readonly<Record<string, string>> = {
  TAG_RESOLVE_FAILED: 'a tag stands here, and a manifest has none; put a text that begins with "!" in quotes',
  MULTIPLE_DOCS: 'a second document starts here, and a manifest is only one',
  RESOURCE_EXHAUSTION: 'it is nested too deeply',
};

/** Reads YAML 1.2. Broken syntax and duplicate keys become problems; what could be read is returned. */
export function parseYaml(text: string, file: string): { tree: LocatedTree; problems: readonly Problem[] } {
  const { isAlias, isMap, isScalar, isSeq, LineCounter, parseDocument } = libraries.yaml;
  const lines = new LineCounter();
  // The parser looks for duplicate keys in quadratic time; `read` sees them in passing.
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, uniqueKeys: false });
  const locate = (offset: number): Position => {
    const { line, col } = lines.linePos(offset);
    return { file, line, column: col };
  };
  const problems: Problem[] = [];
  const refuse = (finding: string, offset: number) => {
    problems.push(problem('KERNEL_YAML_INVALID', { finding }, { at: locate(offset) }));
  };
  for (const { code, message, pos } of [...document.errors, ...document.warnings]) {
    refuse(findings[code] ?? firstSentence(message), pos[0]);
    if (code === 'RESOURCE_EXHAUSTION') break;
  }
  if (document.errors.length > 0) return { tree: new LocatedTree(UNREADABLE), problems };
  const positions = new Map<string, Position>();
  const anchors = new Map<string, unknown>();
  let nodes = 0;
  let excess: string | undefined;

  const read = (node: unknown, path: Path): unknown => {
    if (++nodes > maxNodes) excess = `it has more than ${maxNodes} values`;
    else if (path.length > maxDepth) excess = `it is nested more than ${maxDepth} levels deep`;
    if (excess !== undefined) return undefined;
    if (isAlias(node)) {
      if (anchors.has(node.source)) return read(anchors.get(node.source), path);
      const finding = 'this alias has no anchor above it; put a text that begins with "*" in quotes';
      refuse(finding, node.range?.[0] ?? 0);
      return undefined;
    }
    const { range, anchor } = (node ?? {}) as Partial<Node> & { readonly anchor?: string };
    if (anchor !== undefined) anchors.set(anchor, node);
    if (range && !positions.has(pathKey(path))) positions.set(pathKey(path), locate(range[0]));
    if (isMap(node)) {
      const record: Record<string, unknown> = Object.create(null);
      for (const pair of node.items) {
        const key = isScalar(pair.key) ? String(pair.key.value) : String(pair.key);
        const keyRange = (pair.key as Node | null)?.range;
        if (key in record) refuse(`the key "${key}" stands twice in this map`, keyRange?.[0] ?? 0);
        if (keyRange) positions.set(pathKey([...path, key]), locate(keyRange[0]));
        record[key] = read(pair.value, [...path, key]);
      }
      return record;
    }
    if (isSeq(node)) return node.items.map((item, index) => read(item, [...path, index]));
    if (!isScalar(node) || node.value === undefined) return undefined;
    if (node.value === null) return node.source ? REMOVED : undefined;
    return node.value;
  };

  const value = read(document.contents, []);
  if (excess === undefined) return { tree: new LocatedTree(value, positions), problems };
  refuse(excess, 0);
  return { tree: new LocatedTree(UNREADABLE), problems };
}

/** Plain data as a tree. Its values stand in `source`, on no line; `null` takes away. */
export function treeOf(value: unknown, source: string): LocatedTree {
  const at: Position = { file: source, line: 0, column: 0 };
  const positions = new Map<string, Position>();
  const convert = (item: unknown, path: Path): unknown => {
    positions.set(pathKey(path), at);
    if (item === null) return REMOVED;
    if (Array.isArray(item)) return item.map((inner, index) => convert(inner, [...path, index]));
    if (!isRecord(item)) return item;
    const record: Record<string, unknown> = Object.create(null);
    for (const [key, inner] of Object.entries(item)) record[key] = convert(inner, [...path, key]);
    return record;
  };
  return new LocatedTree(convert(value, []), positions);
}

/** A value as a message shows it. */
export function show(value: unknown): string {
  if (value === undefined) return 'missing';
  if (value === REMOVED) return 'null';
  if (Array.isArray(value)) return 'a list';
  if (isRecord(value)) return 'a map';
  return typeof value === 'string' ? JSON.stringify(value) : String(value);
}

/** Without what the parser quotes from the manifest, for that may be a secret. */
function firstSentence(text: string): string {
  return /^[^\n:]*[^\n:.\s]/.exec(text)?.[0] ?? text;
}
