import { LanguageModelError } from './errors.js';
import type {
  FinishReason,
  LanguageModel,
  LanguageModelEvent,
  LanguageModelFeatures,
  ModelRequest,
  ModelToolCall,
  ModelUsage,
} from './language-model.js';
import { checkModelRequest } from './request-rules.js';
import { sampleValue } from './sample-value.js';

/** What the fake says to one request. */
export interface FakeReply {
  /** Streamed word by word. */
  readonly text?: string;
  readonly toolCalls?: readonly { readonly name: string; readonly args: Readonly<Record<string, unknown>> }[];
  /** Awaited before the last word, so that a test decides when the answer goes on. An abort does not wait for it. */
  readonly until?: Promise<unknown>;
  /** Thrown after `text`, instead of an end. */
  readonly error?: unknown;
  readonly finishReason?: FinishReason;
}

export interface FakeLanguageModelOptions {
  /** What it says, in this order; or a function that decides. Afterwards it says how many messages it was given. */
  readonly replies?: readonly FakeReply[] | ((request: ModelRequest) => FakeReply);
  readonly features?: Partial<LanguageModelFeatures>;
}

const FEATURES: LanguageModelFeatures = {
  model: 'fake',
  contextTokens: 4096,
  tools: 'native',
  responseSchema: 'native',
  reusesPrefix: true,
};

/** A chat model that says what it is told to. A word is a token; prompts that it has seen before are cached. */
export class FakeLanguageModel implements LanguageModel {
  readonly features: LanguageModelFeatures;
  readonly #replies: FakeReply[];
  readonly #decide: ((request: ModelRequest) => FakeReply) | undefined;
  readonly #requests: ModelRequest[] = [];
  readonly #warmUps: ModelRequest[] = [];
  #remembered: readonly string[] = [];
  #calls = 0;
  #running = 0;

  constructor({ replies = [], features }: FakeLanguageModelOptions = {}) {
    this.features = { ...FEATURES, ...features };
    this.#replies = typeof replies === 'function' ? [] : [...replies];
    this.#decide = typeof replies === 'function' ? replies : undefined;
  }

  /** Every request that `generate` began to answer, oldest first. */
  get requests(): readonly ModelRequest[] {
    return this.#requests;
  }

  get warmUps(): readonly ModelRequest[] {
    return this.#warmUps;
  }

  /** Answers that have begun and not ended. */
  get running(): number {
    return this.#running;
  }

  async *generate(
    request: ModelRequest,
    { signal }: { readonly signal?: AbortSignal | undefined } = {},
  ): AsyncGenerator<LanguageModelEvent, void, void> {
    signal?.throwIfAborted();
    this.#check(request);
    const prompt = words(request);
    this.#checkLength(prompt);
    this.#requests.push(request);
    this.#running++;
    try {
      yield* this.#answer(request, prompt, signal);
    } finally {
      this.#running--;
    }
  }

  async countTokens(
    request: ModelRequest,
    { signal }: { readonly signal?: AbortSignal | undefined } = {},
  ): Promise<number> {
    signal?.throwIfAborted();
    this.#check(request);
    return words(request).length;
  }

  async warmUp(
    request: ModelRequest,
    { signal }: { readonly signal?: AbortSignal | undefined } = {},
  ): Promise<void> {
    signal?.throwIfAborted();
    const prompt = words(request);
    this.#checkLength(prompt);
    this.#warmUps.push(request);
    this.#remembered = prompt;
  }

  async *#answer(
    request: ModelRequest,
    prompt: readonly string[],
    signal: AbortSignal | undefined,
  ): AsyncGenerator<LanguageModelEvent, void, void> {
    const reply = this.#reply(request);
    const cachedTokens = this.features.reusesPrefix ? sharedLength(prompt, this.#remembered) : 0;
    this.#remembered = prompt;
    const { parts, isCut, outputTokens } = cut(reply, request);
    for (const [index, text] of parts.entries()) {
      if (index === parts.length - 1) await settled(reply.until, signal);
      yield { type: 'text-delta', text };
      signal?.throwIfAborted();
    }
    if (parts.length === 0) await settled(reply.until, signal);
    if (reply.error !== undefined) throw reply.error;
    const calls = isCut ? [] : this.#toolCalls(reply);
    for (const call of calls) {
      yield { type: 'tool-call', call };
      signal?.throwIfAborted();
    }
    const usage: ModelUsage = { inputTokens: prompt.length, cachedTokens, outputTokens, isEstimated: false };
    yield { type: 'usage', usage };
    signal?.throwIfAborted();
    const finishReason = isCut
      ? 'length'
      : (reply.finishReason ?? (calls.length > 0 ? 'tool-calls' : 'stop'));
    yield { type: 'end', finishReason };
  }

  #reply(request: ModelRequest): FakeReply {
    const scripted = this.#decide?.(request) ?? this.#replies.shift();
    if (scripted) return scripted;
    const [tool] = request.tools ?? [];
    if (tool && request.toolChoice === 'required') {
      const args = sampleValue(tool.parameters) as Readonly<Record<string, unknown>>;
      return { toolCalls: [{ name: tool.name, args }] };
    }
    if (request.responseSchema) return { text: JSON.stringify(sampleValue(request.responseSchema)) };
    return { text: `I was given ${request.messages.length} messages.` };
  }

  #toolCalls({ toolCalls = [] }: FakeReply): readonly ModelToolCall[] {
    return toolCalls.map(({ name, args }) => ({ id: `call-${++this.#calls}`, name, args }));
  }

  #check(request: ModelRequest): void {
    checkModelRequest(request, this.features);
    if (request.responseSchema && this.features.responseSchema === 'none') {
      throw new LanguageModelError('LANGUAGE_MODEL_SCHEMA_UNSUPPORTED', { finding: 'it takes no schemas' });
    }
    if (JSON.stringify(request.responseSchema ?? {}).includes('"pattern":')) {
      throw new LanguageModelError('LANGUAGE_MODEL_SCHEMA_UNSUPPORTED', {
        finding: 'pattern cannot be enforced',
      });
    }
  }

  #checkLength({ length }: readonly string[]): void {
    const allowedTokens = this.features.contextTokens;
    if (length <= allowedTokens) return;
    throw new LanguageModelError('LANGUAGE_MODEL_CONTEXT_EXCEEDED', { inputTokens: length, allowedTokens });
  }
}

function words({ messages, tools = [] }: ModelRequest): readonly string[] {
  const byName = [...tools].sort((a, b) => (a.name < b.name ? -1 : 1)).map(({ name }) => name);
  return [...byName, ...messages.flatMap(({ role, text }) => [role, ...text.split(/\s+/)])].filter(
    (word) => word !== '',
  );
}

function sharedLength(prompt: readonly string[], remembered: readonly string[]): number {
  const end = prompt.findIndex((word, index) => word !== remembered[index]);
  return end < 0 ? prompt.length : end;
}

/** The parts of a reply that fit `stop` and `maxTokens`. A call counts as one token. */
function cut(
  { text = '', toolCalls = [] }: FakeReply,
  { stop = [], maxTokens = Number.POSITIVE_INFINITY }: ModelRequest,
): { readonly parts: readonly string[]; readonly isCut: boolean; readonly outputTokens: number } {
  const end = Math.min(text.length, ...stop.map((part) => text.indexOf(part)).filter((index) => index >= 0));
  const all = text.slice(0, end).match(/\S+\s*|\s+/g) ?? [];
  const isCut = all.length + toolCalls.length * 2 > maxTokens;
  const parts = isCut ? all.slice(0, maxTokens) : all;
  return {
    parts,
    isCut,
    outputTokens: isCut ? Math.min(maxTokens, all.length + toolCalls.length) : all.length + toolCalls.length,
  };
}

function settled(until: Promise<unknown> | undefined, signal: AbortSignal | undefined): Promise<unknown> {
  if (!until || !signal) return Promise.resolve(until);
  return new Promise((resolve, reject) => {
    const onAbort = () => reject(signal.reason);
    if (signal.aborted) onAbort();
    signal.addEventListener('abort', onAbort, { once: true });
    until.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort));
  });
}
