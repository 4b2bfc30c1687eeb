import { setImmediate as nextLoop } from 'node:timers/promises';
import type { LlamaContextSequence, LlamaGrammarEvaluationState, Token } from 'node-llama-cpp';
import type { ChunkSizer } from './chunk-sizer.js';
import type { Slot } from './slot-pool.js';

/** What a slot has done so far, for tests and reports. */
export interface SlotCounters {
  /** Tokens that it remembers. */
  readonly heldTokens: number;
  /** Prompt tokens evaluated, and in how many chunks. */
  readonly evaluatedTokens: number;
  readonly evaluatedChunks: number;
  readonly generatedTokens: number;
}

export interface SampleOptions {
  readonly temperature: number;
  readonly topP: number;
  readonly seed: number | undefined;
  readonly grammar: LlamaGrammarEvaluationState | undefined;
}

/** One sequence of the context: evaluates prompts in chunks, keeps what it evaluated, generates. One call at a time. */
export class LlamaSlot implements Slot {
  readonly #sequence: LlamaContextSequence;
  readonly #sizer: ChunkSizer;
  #evaluatedTokens = 0;
  #evaluatedChunks = 0;
  #generatedTokens = 0;

  constructor(sequence: LlamaContextSequence, sizer: ChunkSizer) {
    this.#sequence = sequence;
    this.#sizer = sizer;
  }

  get counters(): SlotCounters {
    return {
      heldTokens: this.heldTokens,
      evaluatedTokens: this.#evaluatedTokens,
      evaluatedChunks: this.#evaluatedChunks,
      generatedTokens: this.#generatedTokens,
    };
  }

  get heldTokens(): number {
    return this.#sequence.nextTokenIndex;
  }

  commonPrefix(tokens: readonly number[]): number {
    // The library marks its numbers as tokens; they are plain numbers at run time.
    return this.#sequence.compareContextTokens(tokens as Token[]).firstDifferentIndex;
  }

  /** Forgets what differs from `tokens` and returns how many of them are already evaluated. */
  async adapt(tokens: readonly Token[]): Promise<number> {
    await this.#sequence.adaptStateToTokens([...tokens], false);
    return this.#sequence.nextTokenIndex;
  }

  /**
   * Evaluates `tokens` from `start` on. Looks at `signal` between chunks; what was evaluated until then stays usable.
   * @param onChunk after each chunk
   */
  async prefill(
    tokens: readonly Token[],
    start: number,
    options: { readonly signal: AbortSignal; readonly onChunk: () => void },
  ): Promise<void> {
    for (let at = start; at < tokens.length; ) {
      options.signal.throwIfAborted();
      const chunk = tokens.slice(at, at + this.#sizer.size);
      const startMs = performance.now();
      await this.#sequence.evaluateWithoutGeneratingNewTokens(chunk);
      this.#sizer.measured(chunk.length, performance.now() - startMs);
      at += chunk.length;
      this.#evaluatedTokens += chunk.length;
      this.#evaluatedChunks++;
      options.onChunk();
      await nextLoop();
    }
    options.signal.throwIfAborted();
  }

  /** Generates after `last`, the last token of the prompt, until the model ends its answer or the caller leaves. */
  async *generate(last: Token, options: SampleOptions): AsyncGenerator<Token, void, void> {
    this.#evaluatedTokens++;
    const tokens = this.#sequence.evaluate([last], {
      temperature: options.temperature,
      topP: options.topP,
      ...(options.seed === undefined ? {} : { seed: options.seed }),
      ...(options.grammar ? { grammarEvaluationState: options.grammar } : {}),
    });
    for await (const token of tokens) {
      this.#generatedTokens++;
      yield token;
    }
  }

  /** Forgets everything, so that no half-evaluated state can leak into the next call. */
  async clear(): Promise<void> {
    await this.#sequence.clearHistory();
  }
}
