/** The result of reading a `when` expression: whether it holds, or what is wrong with it. */
export type WhenResult =
  | { readonly ok: true; readonly holds: boolean }
  | { readonly ok: false; readonly finding: string };

export type Environment = Readonly<Record<string, string | undefined>>;

/** The value of a variable, and nothing of what every object inherits. */
export function variableOf(environment: Environment, name: string): string | undefined {
  return Object.hasOwn(environment, name) ? environment[name] : undefined;
}

const TRUE = new Set(['true', '1', 'yes', 'on']);
const FALSE = new Set(['false', '0', 'no', 'off', '']);

/** Reads a flag strictly: `undefined` for text that is neither yes nor no. An unset variable is `false`. */
export function parseFlag(text: string | undefined): boolean | undefined {
  const word = (text ?? '').trim().toLowerCase();
  if (TRUE.has(word)) return true;
  return FALSE.has(word) ? false : undefined;
}

class WhenError extends Error {}

const maxLength = 1_000;

/**
 * Evaluates `NAME`, `NAME == 'text'`, `!=`, `!`, `&&`, `||` and parentheses over environment variables.
 * A bare name is a flag. Nothing is executed and nothing but `environment` is read.
 */
export function evaluateWhen(expression: string, environment: Environment): WhenResult {
  try {
    return { ok: true, holds: new WhenParser(tokenize(expression), environment).parse() };
  } catch (error) {
    if (error instanceof WhenError) return { ok: false, finding: error.message };
    throw error;
  }
}

type Token = { readonly kind: 'name' | 'text' | 'operator'; readonly value: string; readonly column: number };

function tokenize(expression: string): readonly Token[] {
  if (expression.length > maxLength) throw new WhenError(`it is longer than ${maxLength} characters`);
  const tokens: Token[] = [];
  const pattern = /(?:([A-Za-z_][A-Za-z0-9_]*)|'([^']*)'|"([^"]*)"|(&&|\|\||==|!=|[!()]))\s*/y;
  pattern.lastIndex = expression.length - expression.trimStart().length;
  const end = expression.trimEnd().length;
  while (pattern.lastIndex < end) {
    const column = pattern.lastIndex + 1;
    const match = pattern.exec(expression);
    if (!match) throw new WhenError(`character ${column} of "${expression}" cannot be read`);
    const [, name, single, double, operator] = match;
    if (name !== undefined) tokens.push({ kind: 'name', value: name, column });
    else if (operator !== undefined) tokens.push({ kind: 'operator', value: operator, column });
    else tokens.push({ kind: 'text', value: single ?? double ?? '', column });
  }
  if (tokens.length === 0) throw new WhenError('it is empty');
  return tokens;
}

class WhenParser {
  #next = 0;
  readonly #tokens: readonly Token[];
  readonly #environment: Environment;

  constructor(tokens: readonly Token[], environment: Environment) {
    this.#tokens = tokens;
    this.#environment = environment;
  }

  parse(): boolean {
    const holds = this.#or();
    const rest = this.#tokens[this.#next];
    if (rest) throw new WhenError(`"${rest.value}" at character ${rest.column} is not expected there`);
    return holds;
  }

  #takes(operator: string): boolean {
    const token = this.#tokens[this.#next];
    if (token?.kind !== 'operator' || token.value !== operator) return false;
    this.#next++;
    return true;
  }

  #or(): boolean {
    let holds = this.#and();
    while (this.#takes('||')) holds = this.#and() || holds;
    return holds;
  }

  #and(): boolean {
    let holds = this.#not();
    while (this.#takes('&&')) holds = this.#not() && holds;
    return holds;
  }

  #not(): boolean {
    if (this.#takes('!')) return !this.#not();
    if (this.#takes('(')) {
      const holds = this.#or();
      if (!this.#takes(')')) throw new WhenError('a ")" is missing');
      return holds;
    }
    return this.#comparison();
  }

  #comparison(): boolean {
    const left = this.#operand();
    if (this.#takes('==')) return this.#valueOf(left) === this.#valueOf(this.#operand());
    if (this.#takes('!=')) return this.#valueOf(left) !== this.#valueOf(this.#operand());
    if (left.kind === 'text')
      throw new WhenError(`the text '${left.value}' stands alone; compare it with == or !=`);
    const flag = parseFlag(variableOf(this.#environment, left.value));
    if (flag === undefined) throw new WhenError(`variable ${left.value} is neither true nor false`);
    return flag;
  }

  #operand(): Token {
    const token = this.#tokens[this.#next];
    if (!token || token.kind === 'operator') {
      throw new WhenError(
        token ? `a name is expected before "${token.value}"` : 'a name is missing at the end',
      );
    }
    this.#next++;
    return token;
  }

  #valueOf(token: Token): string {
    return token.kind === 'text' ? token.value : (variableOf(this.#environment, token.value) ?? '');
  }
}
