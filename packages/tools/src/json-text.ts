import { setImmediate as nextTurn } from 'node:timers/promises';
import { joinEnds } from './cap-text.js';
import { cleanEnds, cleanText } from './clean-text.js';

const MAX_DEPTH = 64;
const MAX_TOTAL_BYTES = 2 ** 30;
const BYTES_PER_TURN = 2 ** 20;

export interface JsonText {
  readonly text: string;
  /** Whether it is all there, and so JSON. */
  readonly isWhole: boolean;
}

/**
 * The JSON text of a value with clean strings, shortened in the middle to `maxBytes`. `undefined` for what is not JSON, such as
 * circles, and for more than 1 GiB. Keeps only what it returns, and lets others run in between.
 */
export async function jsonTextOf(value: unknown, maxBytes: number): Promise<JsonText | undefined> {
  const ends = new TextEnds(maxBytes);
  let turnBytes = BYTES_PER_TURN;
  try {
    for (const piece of piecesOf(value ?? null, maxBytes, new Set())) {
      ends.push(piece);
      if (ends.bytes < turnBytes) continue;
      if (ends.bytes > MAX_TOTAL_BYTES) return undefined;
      turnBytes = ends.bytes + BYTES_PER_TURN;
      await nextTurn();
    }
  } catch (error) {
    if (error === notJson) return undefined;
    throw error;
  }
  return ends.join();
}

const notJson = Symbol('not JSON');

/** In pieces that are small, or as long as one string of the value. Throws `notJson`. */
function* piecesOf(value: unknown, maxBytes: number, around: Set<object>): Generator<string> {
  const plain = hasToJson(value) ? value.toJSON('') : value;
  if (typeof plain === 'string') yield JSON.stringify(cleanEnds(plain, maxBytes));
  else if (plain === null || typeof plain === 'number' || typeof plain === 'boolean')
    yield JSON.stringify(plain);
  else if (typeof plain !== 'object') throw notJson;
  else {
    if (around.has(plain) || around.size >= MAX_DEPTH) throw notJson;
    around.add(plain);
    yield* Array.isArray(plain) ? itemsOf(plain, maxBytes, around) : membersOf(plain, maxBytes, around);
    around.delete(plain);
  }
}

function* itemsOf(items: readonly unknown[], maxBytes: number, around: Set<object>): Generator<string> {
  let before = '[';
  for (const item of items) {
    yield before;
    yield* piecesOf(isLeftOut(item) ? null : item, maxBytes, around);
    before = ',';
  }
  yield before === '[' ? '[]' : ']';
}

function* membersOf(owner: object, maxBytes: number, around: Set<object>): Generator<string> {
  let before = '{';
  for (const name of Object.keys(owner)) {
    const member: unknown = Reflect.get(owner, name);
    if (isLeftOut(member)) continue;
    yield `${before}${JSON.stringify(cleanText(name))}:`;
    yield* piecesOf(member, maxBytes, around);
    before = ',';
  }
  yield before === '{' ? '{}' : '}';
}

function isLeftOut(value: unknown): boolean {
  return value === undefined || typeof value === 'function' || typeof value === 'symbol';
}

function hasToJson(value: unknown): value is { toJSON(key: string): unknown } {
  return typeof value === 'object' && value !== null && typeof Reflect.get(value, 'toJSON') === 'function';
}

/** Keeps the two ends of a text that comes in pieces. */
class TextEnds {
  readonly #maxBytes: number;
  #beginning = '';
  #end = '';
  #bytes = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  get bytes(): number {
    return this.#bytes;
  }

  push(piece: string): void {
    this.#bytes += Buffer.byteLength(piece);
    if (this.#beginning.length < this.#maxBytes) this.#beginning += piece;
    this.#end += piece;
    if (this.#end.length > 4 * this.#maxBytes) this.#end = this.#end.slice(-2 * this.#maxBytes);
  }

  join(): JsonText {
    // Then the beginning has taken all pieces.
    if (this.#bytes <= this.#maxBytes) return { text: this.#beginning, isWhole: true };
    const text = joinEnds(this.#beginning, this.#end, this.#bytes, this.#maxBytes);
    return { text, isWhole: false };
  }
}
