import type {
  FinishReason,
  LanguageModelEvent,
  ModelRequest,
  ModelToolCall,
  ModelUsage,
} from '@tiercel/capabilities/language-model';
import type { CircuitCall } from '@tiercel/failover';
import { chatBody } from './chat-body.js';
import { type ChatChunk, chatChunk } from './chat-chunk.js';
import { estimatePromptTokens, estimateTokens } from './estimate-tokens.js';
import { Exchange, type Line, readDocument } from './exchange.js';
import type { HttpAnswer } from './http-client.js';
import { objectOf, parseJson } from './json.js';
import { END_TIMEOUT_MS, FINISH_TIMEOUT_MS } from './limits.js';
import { readEvents, type ServerEvent } from './read-events.js';
import type { ServerEndpoint } from './server-endpoint.js';
import { ServerFault } from './server-failure.js';
import { type Asked, refusalError, statusOfStreamError } from './server-refusal.js';
import { ToolCallMerger } from './tool-call-merger.js';

export interface ChatAttemptOptions {
  readonly line: Line;
  readonly endpoint: ServerEndpoint;
  readonly circuitCall: CircuitCall;
  readonly request: ModelRequest;
  /** Further fields of the body. */
  readonly fields: Readonly<Record<string, unknown>>;
  readonly contextTokens: number;
  readonly traceparent?: string | undefined;
  readonly signal: AbortSignal;
  /** At the first sign that the model works. */
  readonly onBegin: () => void;
}

/** How one server answered, up to its end. */
export interface ChatAnswer {
  readonly text: string;
  readonly finishReason: FinishReason;
  readonly calls: readonly ModelToolCall[];
  readonly usage: ModelUsage;
}

/** Asks one server once. Text is handed on as it comes; nothing else is told before the end. */
export class ChatAttempt {
  readonly #options: ChatAttemptOptions;
  readonly #exchange: Exchange;
  readonly #merger = new ToolCallMerger();
  #text = '';
  /** Everything that came, of whatever kind, for servers that do not count. */
  #written = '';
  #hasBegun = false;
  #isRefusal = false;
  #finishReason = '';
  #usage: ChatChunk['usage'];
  #timings: ModelUsage['timings'];

  constructor(options: ChatAttemptOptions) {
    this.#options = options;
    this.#exchange = new Exchange(options.line, options.signal);
  }

  /** What was handed on until now. */
  get text(): string {
    return this.#text;
  }

  /** What the answer has cost until now, counted here if the server did not. */
  get usage(): ModelUsage {
    const timings = this.#timings && { timings: this.#timings };
    if (this.#usage) return { ...this.#usage, isEstimated: false, ...timings };
    return {
      inputTokens: estimatePromptTokens(this.#options.request),
      cachedTokens: 0,
      outputTokens: estimateTokens(this.#written),
      isEstimated: true,
      ...timings,
    };
  }

  /**
   * Throws a `ServerFault` where another server may do better, a typed error where none would, and the reason of an
   * aborted signal. The circuit is told with the first sign of work, or with the failure.
   */
  async *run(): AsyncGenerator<LanguageModelEvent, ChatAnswer> {
    const { circuitCall, endpoint, line } = this.#options;
    using exchange = this.#exchange;
    try {
      const answer = await this.#ask();
      exchange.timer.enter('first content', line.limits.firstContentMs);
      yield* this.#read(answer);
      endpoint.isWell();
      return this.#conclude();
    } catch (thrown) {
      const error = exchange.explain(thrown);
      if (this.#finishReason !== '' && !this.#options.signal.aborted) return this.#conclude();
      if (error instanceof ServerFault) {
        circuitCall.fail(error.failure.finding, error.failure.retryAfterMs);
        if (error.failure.isAway) endpoint.forget(error.failure.finding);
      }
      throw error;
    } finally {
      circuitCall.release();
    }
  }

  async #ask(): Promise<HttpAnswer> {
    const { endpoint, request, fields, traceparent, signal } = this.#options;
    const model = await endpoint.modelName(signal);
    const url = `${endpoint.base}/chat/completions`;
    const answer = await this.#exchange.open({
      url,
      body: chatBody(request, { model, fields }),
      traceparent,
    });
    if (answer.status !== 200) {
      const refusal = { status: answer.status, headers: answer.headers, body: await readDocument(answer) };
      throw this.#refuse(refusalError(refusal, this.#asked(model)));
    }
    const type = answer.headers['content-type'] ?? 'text/event-stream';
    if (!/^text\/event-stream\b/i.test(type)) {
      throw new ServerFault({ finding: 'it answers with something else than a stream', canRepeat: false });
    }
    const encoding = answer.headers['content-encoding'] ?? 'identity';
    if (encoding !== 'identity')
      throw new ServerFault({ finding: 'it compresses its stream, unasked', canRepeat: false });
    return answer;
  }

  async *#read({ body }: HttpAnswer): AsyncGenerator<LanguageModelEvent, void> {
    const { timer } = this.#exchange;
    let isOver = false;
    for await (const event of readEvents(body)) {
      if (isOver) continue;
      if (event.data.trim() === '[DONE]') {
        isOver = true;
        // The answer is whole: the rest of the stream is only read so that the connection can be used again.
        timer.enter('finish', END_TIMEOUT_MS);
        continue;
      }
      const text = this.#take(event);
      if (text === '') continue;
      this.#text += text;
      timer.hold();
      yield { type: 'text-delta', text };
      this.#options.signal.throwIfAborted();
      timer.progress();
    }
    if (this.#finishReason === '')
      throw new ServerFault({ finding: 'its stream ended before the answer did', canRepeat: true });
  }

  /** The text in an event. */
  #take({ event, data }: ServerEvent): string {
    const json = parseJson(data);
    if (json === undefined)
      throw new ServerFault({ finding: 'a line of its stream is not JSON', canRepeat: true });
    // Some servers send `error: null` with every piece.
    const { error } = objectOf(json);
    if (event === 'error' || (error !== undefined && error !== null)) {
      const model = this.#options.endpoint.facts?.models[0] ?? '';
      throw this.#refuse(refusalError({ status: statusOfStreamError(json), body: json }, this.#asked(model)));
    }
    const chunk = chatChunk(json);
    for (const delta of chunk.toolDeltas) this.#merger.push(delta);
    this.#written += chunk.text + chunk.reasoning + chunk.toolDeltas.map(({ args }) => args).join('');
    this.#isRefusal ||= chunk.isRefusal;
    this.#usage = chunk.usage ?? this.#usage;
    this.#timings = chunk.timings ?? this.#timings;
    this.#note(chunk);
    return chunk.text;
  }

  #note(chunk: ChatChunk): void {
    const { circuitCall, line, onBegin } = this.#options;
    const { timer } = this.#exchange;
    const isWork =
      chunk.text !== '' || chunk.reasoning !== '' || chunk.toolDeltas.length > 0 || chunk.hasPromptProgress;
    if (isWork && !this.#hasBegun) {
      this.#hasBegun = true;
      circuitCall.succeed();
      onBegin();
      timer.enter('idle', line.limits.idleMs);
    } else if (isWork) timer.progress();
    if (chunk.finishReason === '' || this.#finishReason !== '') return;
    this.#finishReason = chunk.finishReason;
    circuitCall.succeed();
    timer.enter('finish', Math.min(FINISH_TIMEOUT_MS, line.limits.idleMs));
  }

  #conclude(): ChatAnswer {
    const reason = finishReasonOf(this.#finishReason, this.#isRefusal);
    // A cut call must never run, and neither must one that a filter has touched.
    const calls = reason === 'stop' || reason === 'tool-calls' ? this.#merger.calls() : [];
    const isCalling = calls.length > 0;
    const finishReason =
      reason === 'stop' || reason === 'tool-calls' ? (isCalling ? 'tool-calls' : 'stop') : reason;
    return { text: this.#text, finishReason, calls, usage: this.usage };
  }

  /** A wrong key is a failure of this server too, though no other one is asked for it. */
  #refuse(error: Error): Error {
    const { code } = Object(error) as { readonly code?: unknown };
    if (code === 'LLM_REMOTE_KEY_REFUSED') this.#options.circuitCall.fail('it refuses the key');
    if (code === 'LANGUAGE_MODEL_UNKNOWN') this.#options.endpoint.doubtModel();
    return error;
  }

  #asked(model: string): Asked {
    const { endpoint, line, request, contextTokens } = this.#options;
    return {
      endpoint: endpoint.origin,
      model,
      known: (endpoint.facts?.models ?? []).slice(0, 20),
      isKeySet: line.apiKey !== '',
      inputTokens: estimatePromptTokens(request),
      contextTokens,
      epochMs: line.clock.epochMs(),
    };
  }
}

function finishReasonOf(reason: string, isRefusal: boolean): FinishReason {
  switch (reason) {
    case 'length':
      return 'length';
    case 'content_filter':
      return 'filtered';
    case 'tool_calls':
    case 'function_call':
      return 'tool-calls';
    default:
      return isRefusal ? 'filtered' : 'stop';
  }
}
