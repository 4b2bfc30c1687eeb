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
import { ANSWER_CHOICE, type AnswerPlan } from './answer-plan.js';
import { AnswerWriter, type WrittenAnswer } from './answer-writer.js';
import type { Prompt } from './chat-template.js';
import { MIN_ANSWER_TOKENS } from './limits.js';
import type { LlamaEngine } from './llama-engine.js';
import type { LlamaSlot } from './llama-slot.js';
import type { AnswerCheck } from './response-schema.js';
import { parseObject, parseToolCalls } from './tool-call-parser.js';

export interface AnswerRunOptions {
  readonly signal: AbortSignal;
  readonly maxTokens: number;
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
  #usage: ModelUsage = { inputTokens: 0, cachedTokens: 0, outputTokens: 0, isEstimated: false };

  constructor(engine: LlamaEngine, slot: LlamaSlot, options: AnswerRunOptions) {
    this.#engine = engine;
    this.#slot = slot;
    this.#options = options;
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
    const callPrefixes = syntax.prefixes.map((prefix) => prefix.trim());
    const written = await this.#write(request, prompt, { callPrefixes, onText: this.#say });
    if (written.callText === '' || written.finishReason === 'length') return this.#end(written.finishReason);
    const calls = parseToolCalls(written.callText, syntax, randomUUID);
    for (const call of calls) this.#options.write({ type: 'tool-call', call });
    this.#end(calls.length > 0 ? 'tool-calls' : 'stop');
  }

  async #json(request: ModelRequest, plan: AnswerPlan & { kind: 'json' }, prompt: Prompt): Promise<void> {
    const grammar = await this.#engine.llama.createGrammarForJsonSchema(plan.grammar);
    const written = await this.#write(request, prompt, { grammar });
    if (written.finishReason === 'length') return this.#endCut(written);
    const findings = findingsOf(written.text, plan.check);
    const text =
      findings.length === 0
        ? written.text
        : await this.#repair(request, written, findings, grammar, plan.check);
    if (text === undefined) return;
    this.#say(text.trim());
    this.#end('stop');
  }

  /** Asks once more, with what was wrong; `undefined` when the second answer was cut and is already ended. */
  async #repair(
    request: ModelRequest,
    first: WrittenAnswer,
    findings: readonly string[],
    grammar: LlamaGrammar,
    check: AnswerCheck,
  ): Promise<string | undefined> {
    const complaint = `This does not fit the required form: ${findings.join('; ')}. Answer again, with all of it.`;
    const prompt = this.#options.prompt([
      ...request.messages,
      { role: 'assistant', text: first.text.trim() },
      { role: 'user', text: complaint },
    ]);
    if (prompt.tokens.length > this.#engine.contextTokens - MIN_ANSWER_TOKENS) throw violated(findings);
    const second = await this.#write(request, prompt, { grammar });
    if (second.finishReason === 'length') {
      this.#endCut(second);
      return undefined;
    }
    const remaining = findingsOf(second.text, check);
    if (remaining.length > 0) throw violated(remaining);
    return second.text;
  }

  async #choice(request: ModelRequest, plan: AnswerPlan & { kind: 'choice' }, prompt: Prompt): Promise<void> {
    const grammar = await this.#engine.llama.createGrammarForJsonSchema(plan.grammar);
    const written = await this.#write(request, prompt, { grammar });
    if (written.finishReason === 'length') return this.#end('length');
    const choice = parseObject(written.text);
    const name = choice?.['name'];
    const value = choice?.['arguments'];
    if (typeof name !== 'string') throw violated(['/name is missing']);
    if (name === ANSWER_CHOICE) {
      const findings = plan.check?.(value) ?? [];
      if (findings.length > 0) throw violated(findings);
      this.#say(JSON.stringify(value));
      return this.#end('stop');
    }
    const call: ModelToolCall = { id: randomUUID(), name, args: value as ModelToolCall['args'] };
    this.#options.write({ type: 'tool-call', call });
    this.#end('tool-calls');
  }

  async #write(request: ModelRequest, prompt: Prompt, options: WriteOptions): Promise<WrittenAnswer> {
    const { library, model, contextTokens } = this.#engine;
    const { signal, onStep } = this.#options;
    const beginning = prompt.tokens.slice(0, -1);
    const last = prompt.tokens.at(-1);
    if (last === undefined)
      throw new LanguageModelError('LANGUAGE_MODEL_REQUEST_INVALID', { findings: ['the prompt is empty'] });
    const cachedTokens = await this.#slot.adapt(beginning);
    await this.#slot.prefill(beginning, cachedTokens, { signal, onChunk: onStep });

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
    const tokens = this.#slot.generate(last, {
      temperature: request.temperature ?? 0,
      topP: request.topP ?? DEFAULT_TOP_P,
      seed: request.seed,
      grammar: grammar && new library.LlamaGrammarEvaluationState({ model, grammar }),
    });
    for await (const token of tokens) {
      signal.throwIfAborted();
      onStep();
      if (!writer.push(token)) break;
    }
    signal.throwIfAborted();
    const written = writer.end();
    this.#count(prompt.tokens.length, cachedTokens, written.outputTokens);
    return written;
  }

  readonly #say = (text: string): void => {
    this.#options.write({ type: 'text-delta', text });
  };

  #count(inputTokens: number, cachedTokens: number, outputTokens: number): void {
    this.#usage = {
      inputTokens: this.#usage.inputTokens + inputTokens,
      cachedTokens: this.#usage.cachedTokens + cachedTokens,
      outputTokens: this.#usage.outputTokens + outputTokens,
      isEstimated: false,
    };
  }

  #endCut(written: WrittenAnswer): void {
    if (written.text !== '') this.#say(written.text);
    this.#end('length');
  }

  #end(finishReason: 'stop' | 'length' | 'tool-calls'): void {
    this.#options.write({ type: 'usage', usage: this.#usage });
    this.#options.write({ type: 'end', finishReason });
  }
}

function findingsOf(text: string, check: AnswerCheck): readonly string[] {
  try {
    return check(JSON.parse(text));
  } catch {
    return ['it is not JSON'];
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
