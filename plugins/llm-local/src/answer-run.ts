import { randomUUID } from 'node:crypto';
import {
  LanguageModelError,
  type LanguageModelEvent,
  type ModelMessage,
  type ModelRequest,
  type ModelToolCall,
  type ModelUsage,
} from '@tiercel/capabilities/language-model';
import type { LlamaGrammar } from 'node-llama-cpp';
import { type AnswerPlan, answerFindings, choiceFindings, FINAL_ANSWER } from './answer-plan.js';
import { AnswerWriter, type WrittenAnswer } from './answer-writer.js';
import type { Prompt } from './chat-template.js';
import { MIN_ANSWER_TOKENS, PROVIDER } from './limits.js';
import type { LlamaEngine } from './llama-engine.js';
import type { LlamaSlot } from './llama-slot.js';
import { callMarks, parseObject, parseToolCalls } from './tool-call-parser.js';
import { UsageMeter } from './usage-meter.js';

export interface AnswerRunOptions {
  readonly signal: AbortSignal;
  readonly maxTokens: number;
  /** How long the request waited for its slot. */
  readonly queueMs: number;
  readonly write: (event: LanguageModelEvent) => void;
  /** After each chunk of the prompt and each token. */
  readonly onStep: () => void;
  /** The same request with other messages. */
  readonly prompt: (messages: readonly ModelMessage[]) => Prompt;
}

interface WriteOptions {
  readonly grammar?: LlamaGrammar;
  readonly callPrefixes?: readonly string[];
  readonly onText?: (text: string) => void;
}

const DEFAULT_TOP_P = 0.95;
/** A grammar for JSON ends with empty lines, which nobody needs to wait for. */
const JSON_END = '\n\n\n\n';

/** Evaluates one request in one slot and writes its events, up to exactly one `end`. */
export class AnswerRun {
  readonly #engine: LlamaEngine;
  readonly #slot: LlamaSlot;
  readonly #options: AnswerRunOptions;
  readonly #meter: UsageMeter;

  constructor(engine: LlamaEngine, slot: LlamaSlot, options: AnswerRunOptions) {
    this.#engine = engine;
    this.#slot = slot;
    this.#options = options;
    this.#meter = new UsageMeter(options.queueMs);
  }

  /** What the request has taken so far, also when it failed. */
  get usage(): ModelUsage {
    return this.#meter.usage;
  }

  async answer(request: ModelRequest, plan: AnswerPlan, prompt: Prompt): Promise<void> {
    switch (plan.kind) {
      case 'text':
        return this.#end((await this.#write(request, prompt, { onText: this.#say })).finishReason);
      case 'text-or-calls':
        return this.#textOrCalls(request, prompt);
      case 'json':
        return this.#json(request, plan, prompt);
      case 'choice':
        return this.#choice(request, plan, prompt);
      default:
        plan satisfies never;
    }
  }

  async #textOrCalls(request: ModelRequest, prompt: Prompt): Promise<void> {
    const syntax = this.#engine.template.toolCallSyntax;
    const callPrefixes = callMarks(syntax);
    const written = await this.#write(request, prompt, { callPrefixes, onText: this.#say });
    if (written.callText === '' || written.finishReason === 'length') return this.#end(written.finishReason);
    const calls = parseToolCalls(written.callText, syntax, randomUUID);
    for (const call of calls) this.#options.write({ type: 'tool-call', call });
    this.#end(calls.length > 0 ? 'tool-calls' : 'stop');
  }

  async #json(request: ModelRequest, plan: AnswerPlan & { kind: 'json' }, prompt: Prompt): Promise<void> {
    const written = await this.#writeHeld(request, plan, prompt, (text) => answerFindings(text, plan.check));
    const text = written.finishReason === 'length' ? written.text : written.text.trim();
    if (text !== '') this.#say(text);
    this.#end(written.finishReason);
  }

  async #choice(request: ModelRequest, plan: AnswerPlan & { kind: 'choice' }, prompt: Prompt): Promise<void> {
    const written = await this.#writeHeld(request, plan, prompt, (text) => choiceFindings(text, plan.check));
    if (written.finishReason === 'length') return this.#end('length');
    const choice = parseObject(written.text);
    const value = choice?.['arguments'];
    const name = String(choice?.['name']);
    if (name === FINAL_ANSWER) {
      this.#say(JSON.stringify(value));
      return this.#end('stop');
    }
    // The grammar has held it to an object.
    const call: ModelToolCall = { id: randomUUID(), name, args: value as ModelToolCall['args'] };
    this.#options.write({ type: 'tool-call', call });
    this.#end('tool-calls');
  }

  /** Holds the model to a grammar, checks what it wrote, and asks once more, with what was wrong. */
  async #writeHeld(
    request: ModelRequest,
    plan: Extract<AnswerPlan, { grammar: unknown }>,
    prompt: Prompt,
    findingsOf: (text: string) => readonly string[],
  ): Promise<WrittenAnswer> {
    const grammar = await this.#engine.llama.createGrammarForJsonSchema(plan.grammar);
    const first = await this.#write(request, prompt, { grammar });
    if (first.finishReason === 'length') return first;
    const findings = findingsOf(first.text);
    if (findings.length === 0) return first;

    const complaint = `This does not fit the required form: ${findings.join('; ')}. Answer again, with all of it.`;
    const repair = this.#options.prompt([
      ...request.messages,
      { role: 'assistant', text: first.text.trim() },
      { role: 'user', text: complaint },
    ]);
    if (repair.tokens.length > this.#engine.contextTokens - MIN_ANSWER_TOKENS) throw violated(findings);
    const second = await this.#write(request, repair, { grammar });
    if (second.finishReason === 'length') return second;
    const remaining = findingsOf(second.text);
    if (remaining.length > 0) throw violated(remaining);
    return second;
  }

  async #write(request: ModelRequest, prompt: Prompt, options: WriteOptions): Promise<WrittenAnswer> {
    const { library, model, contextTokens } = this.#engine;
    const { signal, onStep } = this.#options;
    if (prompt.tokens.length === 0)
      throw new LanguageModelError('LANGUAGE_MODEL_REQUEST_INVALID', { findings: ['the prompt is empty'] });
    const startMs = performance.now();
    // The last token is always evaluated: what follows is sampled from it.
    const cachedTokens = await this.#slot.adapt(prompt.tokens.slice(0, -1));
    const { grammar, callPrefixes = [], onText = () => undefined } = options;
    const showsControlTokens = callPrefixes.length > 0;
    const writer = new AnswerWriter({
      // One token of the context stays free: the library would begin to forget at the last one.
      maxTokens: Math.min(this.#options.maxTokens, contextTokens - prompt.tokens.length - 1),
      stopTokens: prompt.stopTokens,
      stopTexts: [...prompt.stopTexts, ...(grammar ? [JSON_END] : (request.stop ?? []))],
      callPrefixes,
      detokenize: (tokens, before) => model.detokenize(tokens, showsControlTokens, before),
      onText,
      ...(grammar ? { isComplete: isWholeJson } : {}),
    });
    const tokens = this.#slot.generate(prompt.tokens, cachedTokens, {
      temperature: request.temperature ?? 0,
      topP: request.topP ?? DEFAULT_TOP_P,
      seed: request.seed,
      grammar: grammar && new library.LlamaGrammarEvaluationState({ model, grammar }),
      signal,
      onChunk: onStep,
    });
    let firstMs: number | undefined;
    for await (const token of tokens) {
      firstMs ??= performance.now();
      signal.throwIfAborted();
      onStep();
      if (!writer.push(token)) break;
    }
    signal.throwIfAborted();
    const written = writer.end();
    const endMs = performance.now();
    this.#meter.add({
      inputTokens: prompt.tokens.length,
      cachedTokens,
      outputTokens: written.outputTokens,
      prefillMs: (firstMs ?? endMs) - startMs,
      decodeMs: endMs - (firstMs ?? endMs),
    });
    return written;
  }

  readonly #say = (text: string): void => {
    this.#options.write({ type: 'text-delta', text });
  };

  #end(finishReason: 'stop' | 'length' | 'tool-calls'): void {
    this.#options.write({ type: 'usage', usage: this.usage });
    this.#options.write({ type: 'end', finishReason, provider: PROVIDER });
  }
}

/** Parsing at every token would be slow, so only after a character that can end a value. */
function isWholeJson(text: string): boolean {
  if (!/[}\]"\nel]$/.test(text)) return false;
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

function violated(findings: readonly string[]): Error {
  return new LanguageModelError('LANGUAGE_MODEL_SCHEMA_VIOLATED', { findings });
}
