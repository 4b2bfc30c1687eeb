import type { FinishReason } from '@tiercel/capabilities/language-model';
import type { Token } from 'node-llama-cpp';
import { StopFilter } from './stop-filter.js';
import { TokenText } from './token-text.js';

/** What the tokens of one run came to. */
export interface WrittenAnswer {
  readonly text: string;
  /** From the beginning of the first call on; empty without calls. */
  readonly callText: string;
  readonly outputTokens: number;
  readonly finishReason: Extract<FinishReason, 'stop' | 'length'>;
}

export interface WriterOptions {
  readonly maxTokens: number;
  readonly stopTokens: ReadonlySet<Token>;
  readonly stopTexts: readonly string[];
  /** Texts at which prose ends and a call begins. */
  readonly callPrefixes: readonly string[];
  readonly detokenize: (tokens: readonly Token[], before: readonly Token[]) => string;
  /** Gets text as soon as it is certain. */
  readonly onText: (text: string) => void;
  /** Whether what has been written so far needs no further token. */
  readonly isComplete?: (text: string) => boolean;
}

/** Turns the tokens of one run into text, and decides when the answer is over. */
export class AnswerWriter {
  readonly #options: WriterOptions;
  readonly #decoder: TokenText<Token>;
  readonly #stop: StopFilter;
  readonly #calls: StopFilter;
  #text = '';
  #outputTokens = 0;
  #isCut = false;

  constructor(options: WriterOptions) {
    this.#options = options;
    this.#decoder = new TokenText(options.detokenize);
    this.#stop = new StopFilter(options.stopTexts);
    this.#calls = new StopFilter(options.callPrefixes);
  }

  get outputTokens(): number {
    return this.#outputTokens;
  }

  /** Takes the next token; false once the answer is over. */
  push(token: Token): boolean {
    if (this.#options.stopTokens.has(token)) return false;
    this.#outputTokens++;
    this.#pass(this.#stop.push(this.#decoder.push(token)));
    if (this.#stop.isStopped || this.#options.isComplete?.(this.#text)) return false;
    this.#isCut = this.#outputTokens >= this.#options.maxTokens;
    return !this.#isCut;
  }

  end(): WrittenAnswer {
    if (!this.#stop.isStopped) this.#pass(this.#stop.push(this.#decoder.flush()) + this.#stop.flush());
    this.#say(this.#calls.flush());
    return {
      text: this.#text,
      callText: this.#calls.rest,
      outputTokens: this.#outputTokens,
      finishReason: this.#isCut && !this.#stop.isStopped ? 'length' : 'stop',
    };
  }

  #pass(text: string): void {
    this.#say(this.#calls.push(text));
  }

  #say(text: string): void {
    if (text === '') return;
    this.#text += text;
    this.#options.onText(text);
  }
}
