import type { Clock } from '@tiercel/capabilities/clock';
import {
  type FinishReason,
  LanguageModelError,
  type ModelToolCall,
  type ModelUsage,
} from '@tiercel/capabilities/language-model';
import type { Log } from '@tiercel/capabilities/log';
import { coreMetrics, type Metrics } from '@tiercel/capabilities/metrics';
import { type ChildController, childController } from '@tiercel/kernel';
import type { Request, Response } from 'express';
import { GatewayError } from '../errors.js';
import { EventStream } from '../http/event-stream.js';
import { failureOf, isOurs } from '../http/failure.js';
import { contextOf, type RequestContext } from '../http/request-context.js';
import { watchReader } from '../http/watch-reader.js';
import { within } from '../within.js';
import { type AnswerFacts, ChatAnswer } from './chat-answer.js';
import type { ChatModel, ChatOptions } from './chat-model.js';
import { type ChatRequest, parseChatRequest } from './chat-request.js';
import { eventsWithin } from './events-within.js';
import { ModelQueue, type ModelQueueOptions } from './model-queue.js';
import { renderOpenAiFailure } from './openai-failure.js';
import type { ServedModels } from './served-models.js';

export interface ChatCompletionsOptions {
  readonly models: ServedModels;
  readonly queue: Omit<ModelQueueOptions, 'clock'>;
  /** Longest wait for the next piece of an answer. */
  readonly idleTimeoutMs: number;
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics: Metrics | undefined;
}

type Piece =
  | { readonly type: 'text'; readonly text: string }
  | { readonly type: 'call'; readonly call: ModelToolCall; readonly index: number }
  | { readonly type: 'end'; readonly reason: FinishReason; readonly facts: AnswerFacts };

/** `POST /v1/chat/completions`: checked, counted, queued, answered, and given up as soon as the client is gone. */
export class ChatCompletions {
  readonly #options: ChatCompletionsOptions;
  readonly #queues = new Map<string, ModelQueue>();

  constructor(options: ChatCompletionsOptions) {
    this.#options = options;
  }

  async answer(request: Request, response: Response): Promise<void> {
    const context = contextOf(request);
    const chat = parseChatRequest(request.body);
    const model = this.#options.models.find(chat.model, context.caller);
    using work = childController(context.signal);
    const options = {
      signal: work.signal,
      session: readSession(request, context),
      traceparent: context.traceparent,
    };
    await this.#inTime(model.check(chat, options), work.signal);
    if (chat.isStream) await this.#stream(model, chat, options, response, { context, work });
    else await this.#respond(model, chat, options, response);
  }

  async countTokens(request: Request, response: Response): Promise<void> {
    const { caller, signal, traceparent } = contextOf(request);
    const chat = parseChatRequest(request.body);
    const model = this.#options.models.find(chat.model, caller);
    const counting = model.countTokens(chat, { signal, traceparent, session: undefined });
    const tokens = await this.#inTime(counting, signal);
    response.json({ object: 'response.input_tokens', input_tokens: tokens });
  }

  #inTime<T>(counting: Promise<T>, signal: AbortSignal): Promise<T> {
    const { idleTimeoutMs: ms, clock } = this.#options;
    const late = () => new LanguageModelError('LANGUAGE_MODEL_TIMEOUT', { phase: 'count', waitedMs: ms });
    return within(counting, { ms, clock, signal, late });
  }

  async #respond(
    model: ChatModel,
    chat: ChatRequest,
    options: ChatOptions,
    response: Response,
  ): Promise<void> {
    const { clock } = this.#options;
    const answer = new ChatAnswer(model.id, clock.epochMs());
    const calls: ModelToolCall[] = [];
    let text = '';
    for await (const piece of this.#pieces(model, chat, options)) {
      if (piece.type === 'text') text += piece.text;
      else if (piece.type === 'call') calls.push(piece.call);
      else response.json(answer.whole({ text, calls, reason: piece.reason }, piece.facts));
    }
    if (!response.writableFinished) void watchReader(response, clock);
  }

  async #stream(
    model: ChatModel,
    chat: ChatRequest,
    options: ChatOptions,
    response: Response,
    { context, work }: { readonly context: RequestContext; readonly work: ChildController },
  ): Promise<void> {
    const { clock } = this.#options;
    const answer = new ChatAnswer(model.id, clock.epochMs());
    using stream = new EventStream(response, {
      clock,
      signal: options.signal,
      onSlow: (error) => work.abort(error),
    });
    try {
      let isFirst = true;
      for await (const piece of this.#pieces(model, chat, options)) {
        if (isFirst) await stream.send(answer.role());
        isFirst = false;
        if (piece.type === 'text') await stream.send(answer.text(piece.text));
        else if (piece.type === 'call') await stream.send(answer.toolCall(piece.call, piece.index));
        else {
          await stream.send(answer.finish(piece.reason));
          if (chat.includesUsage) await stream.send(answer.usage(piece.facts));
        }
      }
      await stream.send('[DONE]');
      stream.end();
      void watchReader(response, clock);
    } catch (error) {
      if (!stream.isOpen) throw error;
      this.#failLate(error, stream, response, context);
    }
  }

  /** The headers are out, so the failure is an event, and the stream ends without `[DONE]`. */
  #failLate(error: unknown, stream: EventStream, response: Response, { id, caller }: RequestContext): void {
    if (response.destroyed) return;
    const failure = failureOf(error, id);
    if (isOurs(failure)) this.#options.log.warn('an answer broke off', { id, caller: caller.name, error });
    response.write(`data: ${JSON.stringify(renderOpenAiFailure(failure).body)}\n\n`);
    stream.end();
    void watchReader(response, this.#options.clock);
  }

  /** Waits for a place and reads the answer. Ends with exactly one `end`, or throws. */
  async *#pieces(
    model: ChatModel,
    chat: ChatRequest,
    options: ChatOptions,
  ): AsyncGenerator<Piece, void, void> {
    const { clock, idleTimeoutMs: idleMs } = this.#options;
    using place = await this.#enter(model.id, options.signal);
    let usage: ModelUsage | undefined;
    let calls = 0;
    const { signal } = options;
    for await (const event of eventsWithin(model.answer(chat, options), { idleMs, clock, signal })) {
      switch (event.type) {
        case 'text-delta':
          if (event.text !== '') yield { type: 'text', text: event.text };
          break;
        case 'tool-call':
          if (calls === 0 || chat.isParallel) yield { type: 'call', call: event.call, index: calls };
          calls++;
          break;
        case 'usage':
          usage = event.usage;
          break;
        case 'end': {
          const facts = { usage, provider: event.provider, queueMs: place.waitedMs };
          yield { type: 'end', reason: event.finishReason, facts };
          return;
        }
        default:
          event satisfies never;
      }
    }
    throw new GatewayError('GATEWAY_ANSWER_UNFINISHED', { model: model.id });
  }

  async #enter(id: string, signal: AbortSignal) {
    const { queue, clock } = this.#options;
    const known = this.#queues.get(id) ?? new ModelQueue({ ...queue, clock });
    this.#queues.set(id, known);
    const entering = known.enter(signal);
    this.#countWaiting();
    try {
      return await entering;
    } finally {
      this.#countWaiting();
    }
  }

  #countWaiting(): void {
    const waiting = [...this.#queues.values()].reduce((sum, queue) => sum + queue.waiting, 0);
    this.#options.metrics?.set(coreMetrics.llmQueueDepth, waiting, { provider: 'gateway' });
  }
}

/** A conversation belongs to the key that began it: nobody else gets into it by its name. */
function readSession(request: Request, { caller }: RequestContext): string | undefined {
  const name = request.headers['tiercel-session'];
  if (name === undefined) return undefined;
  if (typeof name === 'string' && /^[\w.:-]{1,128}$/.test(name)) return `${caller.name}/${name}`;
  const findings = ['the header Tiercel-Session is not a name of 1 to 128 letters, digits and _ . : -'];
  throw new GatewayError('GATEWAY_REQUEST_INVALID', { findings });
}
