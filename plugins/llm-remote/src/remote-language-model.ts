import {
  checkModelRequest,
  type LanguageModel,
  LanguageModelError,
  type LanguageModelEvent,
  type LanguageModelFeatures,
  type ModelCallOptions,
  type ModelRequest,
  withPartial,
} from '@tiercel/capabilities/language-model';
import type { Log } from '@tiercel/capabilities/log';
import { type ChildController, childController, isTiercelError } from '@tiercel/kernel';
import { addUsage } from './add-usage.js';
import { AttemptPlan, type RetryRules } from './attempt-plan.js';
import type { CallMeter, MeteredCall } from './call-meter.js';
import { type ChatAnswer, ChatAttempt } from './chat-attempt.js';
import { chatBody } from './chat-body.js';
import type { EndpointPool } from './endpoint-pool.js';
import { LlmRemoteError } from './errors.js';
import { estimatePromptTokens } from './estimate-tokens.js';
import { fetchDocument, type Line } from './exchange.js';
import { numberOf, objectOf } from './json.js';
import { LeavableStream } from './leavable-stream.js';
import { limitTime } from './limit-time.js';
import { type AnswerCheck, answerCheck } from './response-schema.js';
import { RetryBudget } from './retry-budget.js';
import { type ServerFailure, ServerFault } from './server-failure.js';

export interface RemoteLanguageModelOptions extends RetryRules {
  /** Key of the plugin, told at the end of each answer. */
  readonly name: string;
  /** Services whose servers are in the pool, for errors. */
  readonly services: readonly string[];
  /** Longest call, from its beginning to its end. */
  readonly totalMs: number;
  /** Further fields of each body. */
  readonly fields: Readonly<Record<string, unknown>>;
  readonly features: LanguageModelFeatures;
  /** 0 … 1, for pauses. */
  readonly random: () => number;
}

export interface RemoteLanguageModelDeps {
  readonly line: Line;
  readonly pool: EndpointPool;
  readonly meter: CallMeter;
  readonly log: Log;
}

/** What one call needs on its way. */
interface Call {
  readonly traceparent: string | undefined;
  readonly signal: AbortSignal;
  readonly metered: MeteredCall;
  /** Why it was ended from here, and not by its caller. */
  stopped?: Error;
  /** The latest attempt whose text was handed on as it came. */
  spoken?: ChatAttempt;
}

type Events<R> = AsyncGenerator<LanguageModelEvent, R>;

/** A chat model behind one or several OpenAI-compatible servers. */
export class RemoteLanguageModel implements LanguageModel, Disposable {
  readonly features: LanguageModelFeatures;
  readonly #deps: RemoteLanguageModelDeps;
  readonly #options: RemoteLanguageModelOptions;
  readonly #budget = new RetryBudget();
  /** Ways to end each call that is under way. */
  readonly #running = new Set<(error: Error) => void>();
  #isClosed = false;

  constructor(deps: RemoteLanguageModelDeps, options: RemoteLanguageModelOptions) {
    this.features = options.features;
    this.#deps = deps;
    this.#options = options;
  }

  generate(request: ModelRequest, options: ModelCallOptions = {}): AsyncIterableIterator<LanguageModelEvent> {
    const { signal, traceparent } = options;
    return new LeavableStream((own) => this.#generate(request, traceparent, own), signal);
  }

  /** In the server's own tokens where it tells them, else an estimate. */
  async countTokens(request: ModelRequest, { signal, traceparent }: ModelCallOptions = {}): Promise<number> {
    signal?.throwIfAborted();
    checkModelRequest(request, this.features);
    return (await this.#countThere(request, traceparent, signal)) ?? estimatePromptTokens(request);
  }

  /** One call that is cut at its first token, where the servers are known to keep what they have evaluated. */
  async warmUp(request: ModelRequest, options: ModelCallOptions = {}): Promise<void> {
    options.signal?.throwIfAborted();
    if (!this.features.reusesPrefix) return;
    const { responseSchema: _, ...plain } = request;
    const answer = this.generate({ ...plain, maxTokens: 1 }, options);
    for await (const { type } of answer) if (type === 'end') return;
  }

  /** Ends every call that is under way. */
  [Symbol.dispose](): void {
    this.#isClosed = true;
    for (const stop of this.#running) stop(this.#closed());
  }

  #closed(): Error {
    return new LlmRemoteError('LLM_REMOTE_CLOSED', { plugin: this.#options.name });
  }

  async *#generate(
    request: ModelRequest,
    traceparent: string | undefined,
    own: ChildController,
  ): Events<void> {
    const { signal } = own;
    signal.throwIfAborted();
    if (this.#isClosed) throw this.#closed();
    checkModelRequest(request, this.features);
    const check = await this.#checkFor(request);

    using metered = this.#deps.meter.start();
    const call: Call = { traceparent, signal, metered };
    const stop = (error: Error) => {
      call.stopped = error;
      own.abort(error);
    };
    using _limit = this.#limitTotal(stop);
    this.#budget.earn();
    this.#running.add(stop);
    try {
      const answer = yield* check
        ? this.#answerInForm(request, call, check)
        : this.#ask(request, call, { isHeld: false });
      for (const toolCall of answer.calls) {
        yield { type: 'tool-call', call: toolCall };
        signal.throwIfAborted();
      }
      metered.count(answer.usage);
      yield { type: 'usage', usage: answer.usage };
      signal.throwIfAborted();
      yield { type: 'end', finishReason: answer.finishReason, provider: this.#options.name };
    } catch (error) {
      if (!signal.aborted || call.stopped) throw tellPartial(error, call);
      metered.abort();
      throw error;
    } finally {
      this.#running.delete(stop);
    }
  }

  #limitTotal(stop: (error: Error) => void): Disposable {
    const { totalMs: waitedMs } = this.#options;
    return limitTime(this.#deps.line.clock, waitedMs, () =>
      stop(new LanguageModelError('LANGUAGE_MODEL_TIMEOUT', { phase: 'total', waitedMs })),
    );
  }

  async #checkFor({ responseSchema }: ModelRequest): Promise<AnswerCheck | undefined> {
    if (!responseSchema) return undefined;
    if (this.features.responseSchema === 'native') return answerCheck(responseSchema);
    throw new LanguageModelError('LANGUAGE_MODEL_SCHEMA_UNSUPPORTED', { finding: 'it takes no schemas' });
  }

  /** Text is only handed on when it fits; the model is told once what does not. */
  async *#answerInForm(request: ModelRequest, call: Call, check: AnswerCheck): Events<ChatAnswer> {
    const first = await drain(this.#ask(request, call, { isHeld: true }));
    const findings = findingsOf(first, check);
    const answer =
      findings.length === 0 ? first : await this.#repair({ request, call, check, first, findings });
    if (answer.text !== '') yield { type: 'text-delta', text: answer.text };
    call.signal.throwIfAborted();
    return answer;
  }

  async #repair({
    request,
    call,
    check,
    first,
    findings,
  }: {
    readonly request: ModelRequest;
    readonly call: Call;
    readonly check: AnswerCheck;
    readonly first: ChatAnswer;
    readonly findings: readonly string[];
  }): Promise<ChatAnswer> {
    const complaint = `This does not fit the required form: ${findings.join('; ')}. Answer again, with all of it.`;
    const messages: ModelRequest['messages'] = [
      ...request.messages,
      { role: 'assistant', text: first.text },
      { role: 'user', text: complaint },
    ];
    const second = await drain(this.#ask({ ...request, messages }, call, { isHeld: true }));
    const remaining = findingsOf(second, check);
    if (remaining.length > 0)
      throw new LanguageModelError('LANGUAGE_MODEL_SCHEMA_VIOLATED', { findings: remaining });
    return { ...second, usage: addUsage(first.usage, second.usage) };
  }

  /**
   * Asks one server after the other until one answers.
   * @param options.isHeld nothing is handed on, so that even an answer that broke off can be asked for again
   */
  async *#ask(
    request: ModelRequest,
    call: Call,
    { isHeld }: { readonly isHeld: boolean },
  ): Events<ChatAnswer> {
    const { line, pool, log } = this.#deps;
    const { signal } = call;
    const plan = new AttemptPlan(this.#options, this.#budget, this.#options.random);
    while (true) {
      using lease = await pool.acquire({ except: plan.except, key: request.conversationId, signal });
      if (!lease) {
        const pauseMs = plan.nextPauseMs(line.clock.nowMs());
        if (pauseMs === undefined) throw plan.error(pool.all, this.#options.services);
        await line.clock.delay(pauseMs, { signal });
        continue;
      }
      const { endpoint, circuitCall } = lease;
      const attempt = new ChatAttempt({
        line,
        endpoint,
        circuitCall,
        request,
        fields: this.#options.fields,
        contextTokens: this.features.contextTokens,
        traceparent: call.traceparent,
        signal,
        onBegin: () => call.metered.begin(),
      });
      if (!isHeld) call.spoken = attempt;
      try {
        return isHeld ? await drain(attempt.run()) : yield* attempt.run();
      } catch (error) {
        if (!(error instanceof ServerFault)) throw error;
        const { failure } = error;
        log.warn('a model server failed', { endpoint: endpoint.origin, finding: failure.finding });
        if (!isHeld && attempt.text !== '') throw brokenOff(endpoint.origin, failure);
        plan.fail(endpoint, failure);
      }
    }
  }

  async #countThere(
    request: ModelRequest,
    traceparent: string | undefined,
    callerSignal: AbortSignal | undefined,
  ): Promise<number | undefined> {
    const endpoint = this.#deps.pool.preferred(request.conversationId);
    if (!endpoint || endpoint.countsTokens === false) return undefined;
    using child = childController(callerSignal);
    try {
      const model = await endpoint.modelName(child.signal);
      const url = `${endpoint.base}/chat/completions/input_tokens`;
      const body = chatBody(request, { model, fields: this.#options.fields });
      const answer = await fetchDocument(this.#deps.line, { url, body, traceparent }, child.signal);
      const tokens = answer.status === 200 ? numberOf(objectOf(answer.body)['input_tokens']) : undefined;
      endpoint.countsTokens = tokens !== undefined;
      return tokens;
    } catch (error) {
      callerSignal?.throwIfAborted();
      if (!(error instanceof ServerFault) && !isTiercelError(error)) throw error;
      endpoint.countsTokens = false;
      return undefined;
    }
  }
}

async function drain(answer: Events<ChatAnswer>): Promise<ChatAnswer> {
  while (true) {
    const { done, value } = await answer.next();
    if (done) return value;
  }
}

/** Only whole answers have a form. */
function findingsOf({ text, finishReason }: ChatAnswer, check: AnswerCheck): readonly string[] {
  return finishReason === 'stop' ? check(text) : [];
}

function brokenOff(endpoint: string, { finding, timeout }: ServerFailure): Error {
  return timeout
    ? new LanguageModelError('LANGUAGE_MODEL_TIMEOUT', { ...timeout })
    : new LanguageModelError('LANGUAGE_MODEL_STREAM_TRUNCATED', { endpoint, finding });
}

function tellPartial(error: unknown, { spoken }: Call): unknown {
  if (!spoken || spoken.text === '' || !isTiercelError(error)) return error;
  return withPartial(error, { text: spoken.text, usage: spoken.usage });
}
