import {
  type LanguageModel,
  LanguageModelError,
  type LanguageModelEvent,
  type LanguageModelFeatures,
  type ModelRequest,
} from '@tiercel/capabilities/language-model';
import type { Log } from '@tiercel/capabilities/log';
import type { Metrics } from '@tiercel/capabilities/metrics';
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
import { ModelFigures } from './model-figures.js';
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

/** What the model tells its surroundings. */
export interface LlamaLanguageModelSurroundings {
  readonly log: Log;
  readonly health: PluginHealth;
  readonly metrics?: Metrics | undefined;
  /** A slot makes no progress. Its call has failed; whether it ever comes back, nobody knows. */
  readonly onStuck?: ((finding: string) => void) | undefined;
}

/** What one slot is doing and has done. */
export interface SlotState extends SlotCounters {
  readonly isBusy: boolean;
}

type CallOptions = { readonly signal?: AbortSignal | undefined };
type SlotWork<T> = (
  slot: LlamaSlot,
  lease: { readonly watch: Pick<ProgressWatch, 'advance'>; readonly queueMs: number },
) => Promise<T>;

/** A chat model in this process. Does not own its engine: whoever opened that disposes it after this. */
export class LlamaLanguageModel implements LanguageModel, AsyncDisposable {
  readonly features: LanguageModelFeatures;
  readonly #engine: LlamaEngine;
  readonly #options: LlamaLanguageModelOptions;
  readonly #surroundings: LlamaLanguageModelSurroundings;
  readonly #figures: ModelFigures;
  readonly #pool: SlotPool<LlamaSlot>;
  readonly #running = new Set<ChildController>();
  #stuckSlots = 0;
  #isRehearsing = false;
  #isClosed = false;

  constructor(
    engine: LlamaEngine,
    options: LlamaLanguageModelOptions,
    surroundings: LlamaLanguageModelSurroundings,
  ) {
    this.#engine = engine;
    this.#options = options;
    this.#surroundings = surroundings;
    this.#figures = new ModelFigures(surroundings.metrics);
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

  /** Calls that wait for a slot, and slots that are not free. */
  get load(): { readonly waiting: number; readonly busy: number } {
    return { waiting: this.#pool.waiting, busy: this.#pool.busy.filter(Boolean).length };
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
    const work = this.#withSlot(tokens, request, controller, async (slot, { watch }) => {
      const start = await slot.adapt(tokens);
      await slot.prefill(tokens, start, { signal: controller.signal, onChunk: () => watch.advance() });
    });
    await raceSignal(work, controller.signal);
  }

  /**
   * One short run that leaves no trace, so that the first answer does not pay for reading the weights from disk. That may
   * take as long as it takes: only `signal` ends it.
   */
  async rehearse({ signal }: { readonly signal: AbortSignal }): Promise<void> {
    const request: ModelRequest = { messages: [{ role: 'user', text: 'Hello' }], maxTokens: 1 };
    this.#isRehearsing = true;
    try {
      for await (const _event of this.generate(request, { signal })) signal.throwIfAborted();
    } finally {
      this.#isRehearsing = false;
    }
    await Promise.all(this.#engine.slots.map((slot) => slot.clear()));
  }

  /** Takes no more calls, ends those that run, and waits up to 3 s for their slots. Safe to call again. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#isClosed = true;
    for (const controller of this.#running) controller.abort(this.#closedError());
    using deadline = openDeadline(undefined, CLOSE_TIMEOUT_MS, () => undefined);
    await raceSignal(this.#pool.whenIdle(), deadline.signal).catch(() =>
      this.#surroundings.log.warn('the model was closed while slots were still busy', {
        model: this.#engine.name,
      }),
    );
  }

  async #answer(request: ModelRequest, output: AnswerOutput): Promise<void> {
    this.#checkOpen();
    const look = this.#figures.request();
    checkRequest(request, this.features);
    const plan = await answerPlan(request);
    const prompt = this.#prompt(request);
    this.#checkLength(prompt.tokens);
    using controller = childController(output.signal);
    // An abort of the controller by anybody else, such as the watchdog or closing, ends the answer too.
    controller.signal.addEventListener('abort', () => output.fail(controller.signal.reason), { once: true });
    await this.#withSlot(prompt.tokens, request, controller, async (slot, { watch, queueMs }) => {
      const run = new AnswerRun(this.#engine, slot, {
        signal: controller.signal,
        maxTokens: request.maxTokens ?? this.#options.maxTokens,
        queueMs,
        write: (event) => {
          look(event);
          output.write(event);
        },
        onStep: () => watch.advance(),
        prompt: (messages) => this.#prompt({ ...request, messages }),
      });
      try {
        await run.answer(request, plan, prompt);
      } finally {
        this.#figures.tokens(run.usage);
      }
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
      const askedMs = performance.now();
      const acquiring = this.#pool.acquire({ tokens, conversationId, signal: controller.signal });
      this.#showLoad();
      const lease = await acquiring;
      const queueMs = performance.now() - askedMs;
      const progress = this.#watch(controller);
      let abortedMs: number | undefined;
      const onAbort = () => {
        abortedMs = performance.now();
      };
      controller.signal.addEventListener('abort', onAbort, { once: true });
      try {
        return await work(lease.slot, { watch: progress.watch, queueMs });
      } catch (error) {
        if (controller.signal.aborted || isTiercelError(error)) throw error;
        throw await this.#failure(lease.slot, error);
      } finally {
        progress.stop();
        lease.release();
        if (abortedMs !== undefined) this.#figures.abortToFree(performance.now() - abortedMs);
      }
    } finally {
      this.#running.delete(controller);
      this.#showLoad();
    }
  }

  /** What has failed half-way remembers nothing that can be relied on. */
  async #failure(slot: LlamaSlot, cause: unknown): Promise<Error> {
    const { log } = this.#surroundings;
    await slot.clear().catch((error: unknown) => log.warn('a slot could not be cleared', { error }));
    const finding = cause instanceof Error ? cause.message : String(cause);
    return new LanguageModelError('LANGUAGE_MODEL_FAILED', { model: this.#engine.name, finding }, { cause });
  }

  #watch(controller: ChildController): {
    readonly watch: Pick<ProgressWatch, 'advance'>;
    stop(): void;
  } {
    const nothing = () => undefined;
    if (this.#isRehearsing) return { watch: { advance: nothing }, stop: nothing };
    let isStuck = false;
    const watch = new ProgressWatch((waitedMs) => {
      isStuck = true;
      controller.abort(new LanguageModelError('LANGUAGE_MODEL_TIMEOUT', { phase: 'evaluation', waitedMs }));
      this.#slotStuck(waitedMs);
    });
    const stop = () => {
      watch.stop();
      if (isStuck) this.#slotMoved();
    };
    return { watch, stop };
  }

  #slotStuck(waitedMs: number): void {
    this.#stuckSlots++;
    const { log, health, onStuck } = this.#surroundings;
    const finding = this.#stuckFinding();
    log.error('a slot makes no progress', { model: this.#engine.name, waitedMs });
    health.degraded(finding);
    // Nobody should wait for slots of which none moves.
    if (this.#isStuck()) for (const waiting of this.#running) waiting.abort(this.#stuckError());
    onStuck?.(finding);
  }

  #slotMoved(): void {
    this.#stuckSlots--;
    if (this.#stuckSlots === 0) this.#surroundings.health.ready();
    else this.#surroundings.health.degraded(this.#stuckFinding());
  }

  #stuckFinding(): string {
    return `${this.#stuckSlots} of ${this.#engine.slots.length} slots make no progress`;
  }

  #isStuck(): boolean {
    return this.#stuckSlots === this.#engine.slots.length;
  }

  #showLoad(): void {
    this.#figures.load(this.load);
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
    if (this.#isStuck()) throw this.#stuckError();
  }

  #stuckError(): Error {
    const { name: model, slots } = this.#engine;
    return new LlmLocalError('LLM_LOCAL_STUCK', { model, slots: slots.length });
  }

  #closedError(): Error {
    return new LlmLocalError('LLM_LOCAL_CLOSED', { model: this.#engine.name });
  }
}
