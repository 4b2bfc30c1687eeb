import type { ModelToolCall } from '@tiercel/capabilities/language-model';
import type { ToolDescriptor, ToolResult } from '@tiercel/capabilities/tool-provider';
import { isTiercelError } from '@tiercel/kernel';
import { LoopGuard } from '@tiercel/tools';
import type { Parts } from './parts.js';
import { SETTLE_MS, type Stages } from './stages.js';
import type { Turn } from './turn.js';
import { TurnAbort } from './turn-abort.js';

/** Calls tools for one turn. */
export class ToolCaller {
  readonly #parts: Parts;
  readonly #stages: Stages;
  readonly #turn: Turn;
  readonly #guard = new LoopGuard();

  constructor(parts: Parts, stages: Stages, turn: Turn) {
    this.#parts = parts;
    this.#stages = stages;
    this.#turn = turn;
  }

  /**
   * Runs a tool and reports it. A call that changes something is not given up with the turn: it is waited for, and only
   * then the turn's abort is thrown.
   */
  async call(
    name: string,
    args: Readonly<Record<string, unknown>>,
    descriptors: readonly ToolDescriptor[],
  ): Promise<ToolResult> {
    const { number: turn, emit, tools } = this.#turn;
    this.#turn.signal.throwIfAborted();
    tools.push(name);
    await emit({ type: 'tool-start', turn, tool: name, args });
    let isError = true;
    try {
      const result = await this.#run(name, args, descriptors);
      isError = false;
      return result;
    } finally {
      await emit({ type: 'tool-end', turn, tool: name, isError });
    }
  }

  /** Runs what a model asked for. Failures become text for the model, so that it can mend its call or say what happened. */
  async answer(call: ModelToolCall, descriptors: readonly ToolDescriptor[]): Promise<string> {
    const { name, args } = call;
    if (call.isInvalid) return `The arguments of ${name} are not a JSON object. Call it again with one.`;
    if (!this.#guard.admits(name, args))
      return `${name} was already called with these arguments. Use its earlier result.`;
    try {
      const { content } = await this.call(name, args, descriptors);
      return typeof content === 'string' ? content : (JSON.stringify(content) ?? 'null');
    } catch (error) {
      if (error instanceof TurnAbort) throw error;
      this.#parts.log.warn('tool failed', { tool: name, error });
      return isTiercelError(error) ? error.message : `Tool ${name} failed.`;
    }
  }

  async #run(
    name: string,
    args: Readonly<Record<string, unknown>>,
    descriptors: readonly ToolDescriptor[],
  ): Promise<ToolResult> {
    const { language, signal } = this.#turn;
    const stage = `tool ${name}`;
    const timeoutMs = this.#parts.settings.toolTimeoutMs;
    const call = (stageSignal: AbortSignal) =>
      this.#parts.tools.call(name, args, { language, signal: stageSignal });
    const effect = descriptors.find((descriptor) => descriptor.name === name)?.effect;
    if (effect === 'read') return this.#stages.run({ stage, signal, timeoutMs }, call);

    using unhurried = graceful(signal, this.#parts, SETTLE_MS);
    return await this.#stages.run({ stage, signal: unhurried.signal, timeoutMs }, call);
  }
}

/** A signal that follows `signal` only `graceMs` later. */
function graceful(signal: AbortSignal, { clock }: Pick<Parts, 'clock'>, graceMs: number) {
  const controller = new AbortController();
  const timer = new AbortController();
  const follow = () => {
    clock.delay(graceMs, { signal: timer.signal }).then(
      () => controller.abort(signal.reason),
      () => undefined,
    );
  };
  if (signal.aborted) follow();
  else signal.addEventListener('abort', follow, { once: true });
  return {
    signal: controller.signal,
    [Symbol.dispose]: () => {
      signal.removeEventListener('abort', follow);
      timer.abort(new TurnAbort('superseded'));
    },
  };
}
