import type { LlamaContextSequence, LlamaGrammarEvaluationState, Token } from 'node-llama-cpp';
import type { ChunkSizer } from './chunk-sizer.js';
import type { EvaluationGate } from './evaluation-gate.js';
import type { PrefillTurns } from './prefill-turns.js';
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

/** What all sequences of a context share. */
export interface SharedEvaluation {
  readonly sizer: ChunkSizer;
  readonly turns: PrefillTurns;
  readonly gate: EvaluationGate;
  /** Sequences that evaluate or generate now. */
  readonly active: Set<LlamaSlot>;
}

export interface PrefillOptions {
  /** Looked at between chunks; what was evaluated until then stays usable. */
  readonly signal: AbortSignal;
  readonly onChunk: () => void;
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
  readonly #shared: SharedEvaluation;
  #evaluatedTokens = 0;
  #evaluatedChunks = 0;
  #generatedTokens = 0;

  constructor(sequence: LlamaContextSequence, shared: SharedEvaluation) {
    this.#sequence = sequence;
    this.#shared = shared;
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
    if (this.commonPrefix(tokens) < this.heldTokens)
      await this.#shared.gate.hold(() => this.#sequence.adaptStateToTokens([...tokens], false));
    return this.#sequence.nextTokenIndex;
  }

  /** Evaluates `tokens` from `start` on. */
  async prefill(tokens: readonly Token[], start: number, options: PrefillOptions): Promise<void> {
    this.#shared.active.add(this);
    try {
      const rest = await this.#prefillToLastChunk(tokens, start, options);
      if (rest.length === 0) return;
      await this.#chunk(rest.length, options, () => this.#sequence.evaluateWithoutGeneratingNewTokens(rest));
      options.signal.throwIfAborted();
    } finally {
      this.#shared.active.delete(this);
    }
  }

  /** Evaluates `prompt` from `start` on and generates what follows, until the model ends its answer or the caller leaves. */
  async *generate(
    prompt: readonly Token[],
    start: number,
    options: PrefillOptions & SampleOptions,
  ): AsyncGenerator<Token, void, void> {
    const { temperature, topP, seed, grammar } = options;
    this.#shared.active.add(this);
    try {
      // The last chunk and the first token are one step: a step of its own for the last token would cost a whole token.
      const rest = await this.#prefillToLastChunk(prompt, start, options);
      const tokens = this.#sequence.evaluate(rest, {
        temperature,
        topP,
        ...(seed === undefined ? {} : { seed }),
        ...(grammar ? { grammarEvaluationState: grammar } : {}),
      });
      try {
        let step = await this.#chunk(rest.length, options, () => tokens.next());
        while (step.done !== true) {
          this.#generatedTokens++;
          yield step.value;
          await this.#shared.gate.open();
          step = await this.#shared.turns.step(() => tokens.next());
        }
      } finally {
        await tokens.return();
      }
    } finally {
      this.#shared.active.delete(this);
    }
  }

  /** Forgets everything, so that no half-evaluated state can leak into the next call. */
  async clear(): Promise<void> {
    await this.#shared.gate.hold(() => this.#sequence.clearHistory());
  }

  async #prefillToLastChunk(
    tokens: readonly Token[],
    start: number,
    options: PrefillOptions,
  ): Promise<Token[]> {
    const startMs = performance.now();
    const { sizer, active } = this.#shared;
    for (let at = start; ; ) {
      const size = sizer.size({ isAlone: active.size === 1, elapsedMs: performance.now() - startMs });
      const chunk = tokens.slice(at, at + size);
      at += chunk.length;
      if (at === tokens.length) return chunk;
      await this.#chunk(chunk.length, options, () =>
        this.#sequence.evaluateWithoutGeneratingNewTokens(chunk),
      );
    }
  }

  async #chunk<T>(count: number, options: PrefillOptions, evaluate: () => Promise<T>): Promise<T> {
    const timed = async () => {
      await this.#shared.gate.open();
      const startMs = performance.now();
      const result = await evaluate();
      this.#shared.sizer.measured(count, performance.now() - startMs);
      return result;
    };
    const result = await this.#shared.turns.take(timed, options.signal);
    this.#evaluatedTokens += count;
    this.#evaluatedChunks++;
    options.onChunk();
    return result;
  }
}
