/** A character takes at most 4 bytes, so at most 4 tokens; what is broken then stays broken. */
const MAX_PENDING = 4;
const TRAIL = 4;

/** Turns tokens into text as they come, holding back a character until its last byte has arrived. */
export class TokenText<Token> {
  readonly #detokenize: (tokens: readonly Token[], before: readonly Token[]) => string;
  #trail: readonly Token[] = [];
  #pending: Token[] = [];

  /** @param detokenize text of `tokens`, which follow `before` */
  constructor(detokenize: (tokens: readonly Token[], before: readonly Token[]) => string) {
    this.#detokenize = detokenize;
  }

  push(token: Token): string {
    this.#pending.push(token);
    const text = this.#detokenize(this.#pending, this.#trail);
    if (text.endsWith('\uFFFD') && this.#pending.length < MAX_PENDING) return '';
    this.#advance();
    return text;
  }

  flush(): string {
    if (this.#pending.length === 0) return '';
    const text = this.#detokenize(this.#pending, this.#trail);
    this.#advance();
    return text;
  }

  #advance(): void {
    this.#trail = [...this.#trail, ...this.#pending].slice(-TRAIL);
    this.#pending = [];
  }
}
