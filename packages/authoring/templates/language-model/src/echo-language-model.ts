import {
  checkModelRequest,
  type FinishReason,
  type LanguageModel,
  LanguageModelError,
  type LanguageModelEvent,
  type LanguageModelFeatures,
  type ModelRequest,
} from '@tiercel/capabilities/language-model';

interface CallOptions {
  readonly signal?: AbortSignal | undefined;
}

/** Repeats what the user said last. A word is a token; tools and response schemas are beyond it, and it says so. */
export class EchoLanguageModel implements LanguageModel {
  readonly features: LanguageModelFeatures;

  constructor(contextTokens: number) {
    this.features = {
      model: 'echo',
      contextTokens,
      tools: 'none',
      responseSchema: 'none',
      reusesPrefix: false,
    };
  }

  async *generate(
    request: ModelRequest,
    { signal }: CallOptions = {},
  ): AsyncGenerator<LanguageModelEvent, void, void> {
    signal?.throwIfAborted();
    const inputTokens = this.#checkedLength(request);
    const { words, finishReason } = answer(request);
    for (const text of words) {
      yield { type: 'text-delta', text };
      signal?.throwIfAborted();
    }
    const outputTokens = words.length;
    yield { type: 'usage', usage: { inputTokens, cachedTokens: 0, outputTokens, isEstimated: false } };
    signal?.throwIfAborted();
    yield { type: 'end', finishReason };
  }

  async countTokens(request: ModelRequest, { signal }: CallOptions = {}): Promise<number> {
    signal?.throwIfAborted();
    this.#check(request);
    return promptLength(request);
  }

  async warmUp(request: ModelRequest, { signal }: CallOptions = {}): Promise<void> {
    signal?.throwIfAborted();
    this.#checkedLength(request);
  }

  #checkedLength(request: ModelRequest): number {
    this.#check(request);
    const inputTokens = promptLength(request);
    const allowedTokens = this.features.contextTokens;
    if (inputTokens <= allowedTokens) return inputTokens;
    throw new LanguageModelError('LANGUAGE_MODEL_CONTEXT_EXCEEDED', { inputTokens, allowedTokens });
  }

  #check(request: ModelRequest): void {
    checkModelRequest(request, this.features);
    if (!request.responseSchema) return;
    throw new LanguageModelError('LANGUAGE_MODEL_SCHEMA_UNSUPPORTED', {
      finding: 'it writes plain text only',
    });
  }
}

function promptLength({ messages }: ModelRequest): number {
  return messages.reduce((sum, { text }) => sum + wordsOf(text).length, 0);
}

function answer({ messages, stop = [], maxTokens = Number.POSITIVE_INFINITY }: ModelRequest): {
  readonly words: readonly string[];
  readonly finishReason: FinishReason;
} {
  const said = messages.findLast(({ role }) => role === 'user')?.text ?? '';
  const ends = stop.map((text) => said.indexOf(text)).filter((index) => index >= 0);
  const words = wordsOf(said.slice(0, Math.min(said.length, ...ends)));
  const isCut = words.length > maxTokens;
  return { words: words.slice(0, maxTokens), finishReason: isCut ? 'length' : 'stop' };
}

/** Words with the space behind them. */
function wordsOf(text: string): readonly string[] {
  return text.match(/\S+\s*|\s+/g) ?? [];
}
