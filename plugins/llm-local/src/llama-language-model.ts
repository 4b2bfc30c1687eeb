import {
  type LanguageModel,
  LanguageModelError,
  type LanguageModelEvent,
  type LanguageModelFeatures,
  type ModelRequest,
} from '@tiercel/capabilities/language-model';
import type { Log } from '@tiercel/capabilities/log';
import {
  type ChildController,
  childController,
  isTiercelError,
  openDeadline,
  type PluginHealth,
  raceSignal,
} from '@tiercel/kernel';
import type { Token } from 'node-llama-cpp';
import { answerPlan } from './answer-plan.js';
import { AnswerRun } from './answer-run.js';
import { type AnswerOutput, AnswerStream } from './answer-stream.js';
import type { Prompt } from './chat-template.js';
import { LlmLocalError } from './errors.js';
import { CLOSE_TIMEOUT_MS, MIN_ANSWER_TOKENS } from './limits.js';
import type { LlamaEngine } from './llama-engine.js';
import type { LlamaSlot, SlotCounters } from './llama-slot.js';
import { ProgressWatch } from './progress-watch.js';
import { checkRequest } from './request-checks.js';
import { SlotPool } from './slot-pool.js';

export interface LlamaLanguageModelOptions {
  /** Calls that may wait for a slot. */
  readonly maxWaiting: number;
  readonly queueTimeoutMs: number;
  /** Longest answer where the request says nothing. */
  readonly maxTokens: number;
}

/** What one slot is doing and has done. */
export interface SlotState extends SlotCounters {
  readonly isBusy: boolean;
}

type CallOptions = { readonly signal?: AbortSignal | undefined };
type SlotWork<T> = (slot: LlamaSlot, watch: ProgressWatch) => Promise<T>;

/** A chat model in this process. Does not own its engine: whoever opened that disposes it after this. */
export class LlamaLanguageModel implements LanguageModel, AsyncDisposable {
  readonly features: LanguageModelFeatures;
  readonly #engine: LlamaEngine;
  readonly #options: LlamaLanguageModelOptions;
  readonly #log: Log;
  readonly #health: PluginHealth;
  readonly #pool: SlotPool<LlamaSlot>;
  readonly #running = new Set<ChildController>();
  #stuckSlots = 0;
  #isClosed = false;

  constructor(
    engine: LlamaEngine,
    options: LlamaLanguageModelOptions,
    surroundings: { readonly log: Log; readonly health: PluginHealth },
  ) {
    this.#engine = engine;
    this.#options = options;
    this.#log = surroundings.log;
    this.#health = surroundings.health;
    this.#pool = new SlotPool(engine.slots, {
      maxWaiting: options.maxWaiting,
      waitMs: options.queueTimeoutMs,
    });
    this.features = Object.freeze({
      model: engine.name,
      contextTokens: engine.contextTokens,
      tools: engine.template.tools,
      responseSchema: 'native',
      reusesPrefix: engine.reusesPrefix,
    });
  }

  /** Calls that wait for a slot. */
  get waiting(): number {
    return this.#pool.waiting;
  }

  slotStates(): readonly SlotState[] {
    const { busy } = this.#pool;
    return this.#engine.slots.map((slot, index) => ({ isBusy: busy[index] ?? false, ...slot.counters }));
  }

  /** Settles once every slot is free. */
  whenIdle(): Promise<void> {
    return this.#pool.whenIdle();
  }

  generate(request: ModelRequest, { signal }: CallOptions = {}): AsyncIterable<LanguageModelEvent> {
    return new AnswerStream((output) => this.#answer(request, output), signal);
  }

  async countTokens(request: ModelRequest, { signal }: CallOptions = {}): Promise<number> {
    signal?.throwIfAborted();
    this.#checkOpen();
    checkRequest(request, this.features);
    return this.#prompt(request).tokens.length;
  }

  async warmUp(request: ModelRequest, { signal }: CallOptions = {}): Promise<void> {
    signal?.throwIfAborted();
    this.#checkOpen();
    const tokens = this.#template(() => this.#engine.template.sharedPrefix(request));
    this.#checkLength(tokens);
    using controller = childController(signal);
    const work = this.#withSlot(tokens, request, controller, async (slot, watch) => {
      const start = await slot.adapt(tokens);
      await slot.prefill(tokens, start, { signal: controller.signal, onChunk: () => watch.advance() });
    });
    await raceSignal(work, controller.signal);
  }

  /** One short run that leaves no trace, so that the first answer does not pay for reading the weights from disk. */
  async rehearse({ signal }: { readonly signal: AbortSignal }): Promise<void> {
    const request: ModelRequest = { messages: [{ role: 'user', text: 'Hello' }], maxTokens: 1 };
    for await (const _event of this.generate(request, { signal })) signal.throwIfAborted();
    await Promise.all(this.#engine.slots.map((slot) => slot.clear()));
  }

  /** Takes no more calls, ends those that run, and waits up to 3 s for their slots. Safe to call again. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#isClosed = true;
    for (const controller of this.#running) controller.abort(this.#closedError());
    using deadline = openDeadline(undefined, CLOSE_TIMEOUT_MS, () => undefined);
    await raceSignal(this.#pool.whenIdle(), deadline.signal).catch(() =>
      this.#log.warn('the model was closed while slots were still busy', { model: this.#engine.name }),
    );
  }

  async #answer(request: ModelRequest, output: AnswerOutput): Promise<void> {
    this.#checkOpen();
    checkRequest(request, this.features);
    const plan = await answerPlan(request);
    const prompt = this.#prompt(request);
    this.#checkLength(prompt.tokens);
    using controller = childController(output.signal);
    // An abort of the controller by anybody else, such as the watchdog or closing, ends the answer too.
    controller.signal.addEventListener('abort', () => output.fail(controller.signal.reason), { once: true });
    await this.#withSlot(prompt.tokens, request, controller, async (slot, watch) => {
      const run = new AnswerRun(this.#engine, slot, {
        signal: controller.signal,
        maxTokens: request.maxTokens ?? this.#options.maxTokens,
        write: (event) => output.write(event),
        onStep: () => watch.advance(),
        prompt: (messages) => this.#prompt({ ...request, messages }),
      });
      await run.answer(request, plan, prompt);
    });
  }

  /** Runs `work` with the slot that fits `tokens` best. The slot is free again when `work` has ended, not before. */
  async #withSlot<T>(
    tokens: readonly Token[],
    { conversationId }: ModelRequest,
    controller: ChildController,
    work: SlotWork<T>,
  ): Promise<T> {
    this.#running.add(controller);
    try {
      const lease = await this.#pool.acquire({ tokens, conversationId, signal: controller.signal });
      const watch = this.#watch(controller);
      try {
        return await work(lease.slot, watch.progress);
      } catch (error) {
        if (controller.signal.aborted || isTiercelError(error)) throw error;
        await lease.slot
          .clear()
          .catch((cause: unknown) => this.#log.warn('a slot could not be cleared', { error: cause }));
        const finding = error instanceof Error ? error.message : String(error);
        throw new LanguageModelError(
          'LANGUAGE_MODEL_FAILED',
          { model: this.#engine.name, finding },
          { cause: error },
        );
      } finally {
        watch.stop();
        lease.release();
      }
    } finally {
      this.#running.delete(controller);
    }
  }

  #watch(controller: ChildController): { readonly progress: ProgressWatch; stop(): void } {
    let isStuck = false;
    const progress = new ProgressWatch((waitedMs) => {
      isStuck = true;
      this.#stuckSlots++;
      this.#log.error('a slot makes no progress', { model: this.#engine.name, waitedMs });
      this.#health.degraded(`${this.#stuckSlots} of ${this.#engine.slots.length} slots make no progress`);
      controller.abort(new LanguageModelError('LANGUAGE_MODEL_TIMEOUT', { phase: 'evaluation', waitedMs }));
    });
    const stop = () => {
      progress.stop();
      if (isStuck && --this.#stuckSlots === 0) this.#health.ready();
    };
    return { progress, stop };
  }

  #prompt(request: ModelRequest): Prompt {
    return this.#template(() => this.#engine.template.prompt(request));
  }

  #template<T>(make: () => T): T {
    try {
      return make();
    } catch (cause) {
      // What the template says may quote the conversation, so it stays in the cause.
      const findings = ['the chat template of this model refuses these messages'];
      throw new LanguageModelError('LANGUAGE_MODEL_REQUEST_INVALID', { findings }, { cause });
    }
  }

  #checkLength(tokens: readonly Token[]): void {
    const allowedTokens = this.#engine.contextTokens - MIN_ANSWER_TOKENS;
    if (tokens.length <= allowedTokens) return;
    throw new LanguageModelError('LANGUAGE_MODEL_CONTEXT_EXCEEDED', {
      inputTokens: tokens.length,
      allowedTokens,
    });
  }

  #checkOpen(): void {
    if (this.#isClosed) throw this.#closedError();
  }

  #closedError(): Error {
    return new LlmLocalError('LLM_LOCAL_CLOSED', { model: this.#engine.name });
  }
}
