/** One step of a way through a template. */
export type Element =
  | { readonly type: 'words'; readonly text: string }
  /** `choices` are missing where the argument's own source decides. */
  | { readonly type: 'slot'; readonly argument: string; readonly choices: readonly Choice[] | undefined }
  | { readonly type: 'constant'; readonly argument: string; readonly value: string };

export interface Choice {
  readonly text: string;
  readonly value: string;
}

export type Way = readonly Element[];

export type ParsedTemplate = { readonly ways: readonly Way[] } | { readonly finding: string };

const MAX_LENGTH = 8_192;
const MAX_WAYS = 2_000;
const MAX_DEPTH = 16;

/** Reads a template and unfolds its alternatives: every way through it, or what is wrong with it. */
export function parseTemplate(template: string): ParsedTemplate {
  try {
    if (template.length > MAX_LENGTH) throw new TemplateFinding(`it has more than ${MAX_LENGTH} characters`);
    return { ways: new TemplateParser(template).parse() };
  } catch (error) {
    if (error instanceof TemplateFinding) return { finding: error.message };
    throw error;
  }
}

/** Leaves the parser only as a finding. */
class TemplateFinding extends Error {}

const closers: Readonly<Record<string, string>> = { '(': ')', '[': ']' };

class TemplateParser {
  readonly #text: string;
  #place = 0;

  constructor(text: string) {
    this.#text = text;
  }

  parse(): readonly Way[] {
    const ways = this.#parseAlternatives(0);
    if (this.#place < this.#text.length) throw this.#finding(`"${this.#text[this.#place]}" closes nothing`);
    return ways;
  }

  #parseAlternatives(depth: number): readonly Way[] {
    if (depth > MAX_DEPTH) throw this.#finding('brackets are nested too deeply');
    const ways = [...this.#parseSequence(depth)];
    while (depth > 0 && this.#text[this.#place] === '|') {
      this.#place += 1;
      ways.push(...this.#parseSequence(depth));
      if (ways.length > MAX_WAYS) throw this.#finding(`there are more than ${MAX_WAYS} ways through it`);
    }
    return ways;
  }

  #parseSequence(depth: number): readonly Way[] {
    let ways: readonly Way[] = [[]];
    while (this.#place < this.#text.length) {
      const character = this.#text[this.#place] ?? '';
      if (character === ')' || character === ']') break;
      if (character === '|') {
        if (depth > 0) break;
        throw this.#finding('"|" stands outside of brackets');
      }
      ways = this.#append(ways, this.#parseItem(character, depth));
    }
    return ways;
  }

  #parseItem(character: string, depth: number): readonly Way[] {
    const closer = closers[character];
    if (closer !== undefined) return this.#parseGroup(closer, depth);
    if (character === '{') return [[this.#parseSlot()]];
    if (character === '}') throw this.#finding('"}" closes nothing');
    const start = this.#place;
    while (this.#place < this.#text.length && !'()[]{}|'.includes(this.#text[this.#place] ?? ''))
      this.#place += 1;
    return [[{ type: 'words', text: this.#text.slice(start, this.#place) }]];
  }

  #parseGroup(closer: string, depth: number): readonly Way[] {
    const start = this.#place;
    if (isLetter(this.#text[start - 1])) throw this.#finding('a bracket begins inside a word');
    this.#place += 1;
    const ways = this.#parseAlternatives(depth + 1);
    if (this.#text[this.#place] !== closer) {
      this.#place = start;
      throw this.#finding(`"${this.#text[start]}" is not closed by "${closer}"`);
    }
    this.#place += 1;
    if (isLetter(this.#text[this.#place])) throw this.#finding('a bracket ends inside a word');
    if (closer === ']') return [...ways, []];
    if (ways.some((way) => way.length === 0))
      throw this.#finding('an alternative is empty; use [ ] for what may be left out');
    return ways;
  }

  #parseSlot(): Element {
    const end = this.#text.indexOf('}', this.#place);
    if (end === -1) throw this.#finding('"{" is not closed by "}"');
    const inside = this.#text.slice(this.#place + 1, end);
    const colon = inside.indexOf(':');
    const argument = (colon === -1 ? inside : inside.slice(0, colon)).trim();
    if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(argument))
      throw this.#finding('an argument in { } has no proper name');
    const slot = colon === -1 ? undefined : inside.slice(colon + 1);
    const element =
      slot === undefined
        ? { type: 'slot' as const, argument, choices: undefined }
        : this.#parseChoices(argument, slot);
    this.#place = end + 1;
    return element;
  }

  #parseChoices(argument: string, text: string): Element {
    const choices = text.split('|').map((choice) => {
      const equals = choice.indexOf('=');
      const words = (equals === -1 ? choice : choice.slice(0, equals)).trim();
      return { text: words, value: equals === -1 ? words : choice.slice(equals + 1).trim() };
    });
    const [only] = choices;
    if (only && choices.length === 1 && only.text === '' && only.value !== '') {
      return { type: 'constant', argument, value: only.value };
    }
    if (choices.some((choice) => choice.text === ''))
      throw this.#finding(`a choice of {${argument}} has no words`);
    return { type: 'slot', argument, choices };
  }

  #append(heads: readonly Way[], tails: readonly Way[]): readonly Way[] {
    if (heads.length * tails.length > MAX_WAYS)
      throw this.#finding(`there are more than ${MAX_WAYS} ways through it`);
    return heads.flatMap((head) => tails.map((tail) => [...head, ...tail]));
  }

  #finding(finding: string): TemplateFinding {
    return new TemplateFinding(`${finding} (column ${this.#place + 1})`);
  }
}

function isLetter(character: string | undefined): boolean {
  return character !== undefined && /[\p{L}\p{N}]/u.test(character);
}
