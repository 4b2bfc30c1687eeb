import { isAbbreviation } from './abbreviations.js';
import { conjunctionsOf } from './words.js';

/** What stands at the end of a segment: it decides the length of the gap that follows. */
export type Boundary = 'sentence' | 'clause' | 'cut';

/** A piece of a reply. All segments of a reply, joined, are the reply. */
export interface Segment {
  readonly text: string;
  /** Place in the reply, in UTF-16 units. */
  readonly start: number;
  readonly end: number;
  readonly boundary: Boundary;
}

/** Later segments are merged until they have this many characters: short ones sound chopped. */
const MIN_LENGTH = 40;
const MAX_LENGTH = 200;
const FIRST_MIN_LENGTH = 15;
const FIRST_MIN_WORDS = 3;
const EXPIRED_MIN_WORDS = 8;

const WORD = /[\p{L}\p{N}]/u;
const SPACE = /\s/u;
const CLOSER = /["'”’»›)\]}*_`」』）】〉》]/u;
const STOP = /[.!?…‼⁇⁈⁉؟۔]/u;
const CLAUSE = /[,;:—–،؛]/u;
/** Scripts that write no space after these, so they need none to end a segment. */
const TIGHT_STOP = /[。！？｡।॥]/u;
const TIGHT_CLAUSE = /[，、；：]/u;

interface Candidate {
  at: number;
  readonly boundary: Boundary;
}

/**
 * Cuts a growing reply into segments that are spoken one by one: the first early, at a clause if need be, the later ones at
 * ends of sentences. Each decision is taken at one character and looks only back, so it does not matter in which pieces
 * the text arrives. A cut waits for the first letter or digit behind it: then it is known what the punctuation meant, and
 * no segment is punctuation only (unless the whole reply is).
 */
export class Segmenter {
  readonly #language: string;
  readonly #conjunctions: ReadonlySet<string>;
  #pending = '';
  #start = 0;
  #isFirst = true;
  #candidate: Candidate | undefined;
  #halfPair = '';

  constructor(language = 'en') {
    this.#language = language;
    this.#conjunctions = conjunctionsOf(language);
  }

  /** Takes more of the reply and returns the segments that are complete now, often none. */
  push(text: string): Segment[] {
    const segments: Segment[] = [];
    const whole = this.#halfPair + text;
    // The first half of a surrogate pair waits for the second.
    const isSplit = /[\uD800-\uDBFF]$/.test(whole);
    this.#halfPair = isSplit ? whole.slice(-1) : '';
    for (const character of isSplit ? whole.slice(0, -1) : whole) this.#step(character, segments);
    return segments;
  }

  /** For when the writer pauses before the first segment is complete: cuts at the last space if enough words wait. */
  expire(): Segment[] {
    if (!this.#isFirst || countWords(this.#pending) < EXPIRED_MIN_WORDS) return [];
    const at = this.#lastSpaceBefore(this.#pending.trimEnd().length);
    if (!this.#isCuttable(at) || !WORD.test(this.#pending.slice(at))) return [];
    return [this.#cut({ at, boundary: 'cut' })];
  }

  /** Ends the reply, or a part of it: what waits, or nothing if there is nothing. What follows begins early again. */
  flush(): Segment[] {
    this.#pending += this.#halfPair;
    this.#halfPair = '';
    const rest: Segment[] =
      this.#pending === '' ? [] : [this.#cut({ at: this.#pending.length, boundary: 'sentence' })];
    this.#isFirst = true;
    return rest;
  }

  #step(character: string, segments: Segment[]): void {
    if (WORD.test(character)) {
      if (this.#candidate && this.#accepts(this.#candidate, character)) {
        segments.push(this.#cut(this.#candidate));
      } else if (this.#pending.length >= MAX_LENGTH) {
        const space = this.#lastSpaceBefore(MAX_LENGTH);
        const at = this.#isCuttable(space) ? space : this.#pending.length;
        if (this.#isCuttable(at)) segments.push(this.#cut({ at, boundary: 'cut' }));
      }
      this.#candidate = undefined;
    }
    this.#pending += character;
    if (SPACE.test(character)) this.#afterSpace(character, segments);
    else if (!WORD.test(character)) this.#afterMark(character);
  }

  #afterSpace(character: string, segments: Segment[]): void {
    const length = this.#pending.length;
    if (character === '\n') {
      this.#candidate = { at: length, boundary: 'sentence' };
      return;
    }
    if (this.#candidate) {
      if (this.#candidate.at === length - 1) this.#candidate.at = length;
      return;
    }
    const body = withoutClosers(this.#pending.trimEnd());
    const last = body.at(-1) ?? '';
    if (STOP.test(last)) this.#candidate = { at: length, boundary: 'sentence' };
    else if (this.#isFirst && CLAUSE.test(last)) this.#candidate = { at: length, boundary: 'clause' };
    else if (this.#isFirst) this.#cutBeforeConjunction(segments);
  }

  #afterMark(character: string): void {
    const length = this.#pending.length;
    const isTightStop = TIGHT_STOP.test(character);
    const follows = this.#candidate?.at === length - character.length;
    if (isTightStop) this.#candidate = { at: length, boundary: 'sentence' };
    else if (this.#candidate && follows && CLOSER.test(character) && isTight(this.#pending))
      this.#candidate.at = length;
    else if (!this.#candidate && TIGHT_CLAUSE.test(character))
      this.#candidate = { at: length, boundary: 'clause' };
  }

  #cutBeforeConjunction(segments: Segment[]): void {
    const body = this.#pending.trimEnd();
    const at = this.#lastSpaceBefore(body.length);
    if (!this.#conjunctions.has(body.slice(at).toLowerCase())) return;
    if (isLongEnoughToStart(body.slice(0, at))) segments.push(this.#cut({ at, boundary: 'cut' }));
  }

  #accepts({ at, boundary }: Candidate, next: string): boolean {
    const text = this.#pending.slice(0, at);
    if (!WORD.test(text)) return false;
    if (boundary === 'clause') return this.#isFirst && isLongEnoughToStart(text);
    if (!this.#isFirst && text.length < MIN_LENGTH) return false;
    return this.#endsSentence(text, next);
  }

  #endsSentence(text: string, next: string): boolean {
    const trimmed = text.trimEnd();
    if (text.slice(trimmed.length).includes('\n')) return true;
    const body = withoutClosers(trimmed);
    const isLower = /\p{Ll}/u.test(next);
    if (!body.endsWith('.')) return TIGHT_STOP.test(body.at(-1) ?? '') || !isLower;
    if (body.endsWith('..') || body.length < trimmed.length) return !isLower;
    const word = /[^\s("'“‘«[]*$/u.exec(body.slice(0, -1))?.[0] ?? '';
    return !isAbbreviation(word, next, this.#language) && !isListMarker(body);
  }

  #lastSpaceBefore(end: number): number {
    for (let at = Math.min(end, this.#pending.length); at > 0; at--) {
      if (SPACE.test(this.#pending.charAt(at - 1))) return at;
    }
    return 0;
  }

  #isCuttable(at: number): boolean {
    return WORD.test(this.#pending.slice(0, at));
  }

  #cut({ at, boundary }: Candidate): Segment {
    const text = this.#pending.slice(0, at);
    const segment = { text, start: this.#start, end: this.#start + at, boundary };
    this.#pending = this.#pending.slice(at);
    this.#start += at;
    this.#isFirst = false;
    this.#candidate = undefined;
    return segment;
  }
}

function withoutClosers(text: string): string {
  let end = text.length;
  while (end > 0 && CLOSER.test(text.charAt(end - 1))) end--;
  return text.slice(0, end);
}

function isTight(text: string): boolean {
  const body = withoutClosers(text);
  return TIGHT_STOP.test(body.at(-1) ?? '') || TIGHT_CLAUSE.test(body.at(-1) ?? '');
}

/** "1." at the beginning of a line. */
function isListMarker(body: string): boolean {
  return /(^|\n)[^\p{L}\p{N}\n]*\d{1,3}\.$/u.test(body);
}

function isLongEnoughToStart(text: string): boolean {
  return text.trim().length >= FIRST_MIN_LENGTH && countWords(text) >= FIRST_MIN_WORDS;
}

/** Words between spaces; where a script writes none, two of its characters count as one. */
function countWords(text: string): number {
  const spaced = text.split(/\s+/u).filter((word) => WORD.test(word)).length;
  const unspaced =
    text.match(/[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}]/gu)?.length ?? 0;
  return Math.max(spaced, Math.floor(unspaced / 2));
}
