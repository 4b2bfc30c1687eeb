import type { ModelToolCall } from '@tiercel/capabilities/language-model';
import type { ToolResult } from '@tiercel/capabilities/tool-provider';
import type { ListedTool } from '@tiercel/capabilities/tool-registry';
import { isTiercelError } from '@tiercel/kernel';
import { approvalQuestion } from './approval-question.js';
import type { Approvals, AskingReply } from './approvals.js';
import { AssistantError } from './errors.js';
import { isOutOfReach } from './out-of-reach.js';
import type { Parts } from './parts.js';
import { resultText } from './result-text.js';
import { SETTLE_MS, type Stages } from './stages.js';
import { CallAbandoned, TurnAbort } from './turn-abort.js';

/** Who calls, for the policy and the audit log of the registry. */
export const CALLER = 'assistant';

/** More calls in one answer are not run. */
export const MAX_CALLS = 16;

export interface ToolCallerOptions {
  readonly parts: Parts;
  readonly stages: Stages;
  readonly approvals: Approvals;
  readonly reply: AskingReply;
  /** As the registry last listed them. */
  readonly tools: readonly ListedTool[];
  readonly traceparent: string | undefined;
}

/** Calls tools for one turn. */
export class ToolCaller {
  readonly #options: ToolCallerOptions;

  constructor(options: ToolCallerOptions) {
    this.#options = options;
  }

  /**
   * Runs a tool and reports it; asks the person first where that is needed. A call that changes something is not given up
   * with the turn: it is waited for, and only then the turn's abort is thrown.
   */
  async call(name: string, args: Readonly<Record<string, unknown>>): Promise<ToolResult> {
    const { turn } = this.#options.reply;
    const { number, emit } = turn;
    turn.signal.throwIfAborted();
    await emit({ type: 'tool-start', turn: number, tool: name, args });
    turn.tools.push(name);
    let isError = true;
    try {
      const result = await this.#callAllowed(name, args);
      isError = false;
      return result;
    } catch (error) {
      if (isTiercelError(error, 'ASSISTANT_APPROVAL_REFUSED'))
        turn.tools.splice(turn.tools.lastIndexOf(name), 1);
      throw error;
    } finally {
      await emit({ type: 'tool-end', turn: number, tool: name, isError });
    }
  }

  /**
   * Runs what a model asked for in one answer: side by side what changes nothing, the rest in the order of the calls. Each
   * answer goes to its place in `answers`; those that are missing when this throws were given up with the turn, and have
   * changed nothing.
   */
  async answerAll(calls: readonly ModelToolCall[], answers: (string | undefined)[]): Promise<void> {
    let failure: { readonly error: unknown } | undefined;
    let running: Promise<void>[] = [];
    const start = async (call: ModelToolCall, index: number) => {
      try {
        answers[index] = index < MAX_CALLS ? await this.#answer(call) : tooMany(calls.length);
      } catch (error) {
        failure ??= { error };
        if (error instanceof CallAbandoned) answers[index] = unknownResult(call.name);
      }
    };
    for (const [index, call] of calls.entries()) {
      const isAlone = !this.#canShare(call.name);
      if (isAlone) {
        await Promise.all(running);
        running = [];
      }
      if (failure) break;
      const started = start(call, index);
      running.push(started);
      if (isAlone) await started;
    }
    await Promise.all(running);
    if (failure) throw failure.error;
  }

  /** Failures become text for the model, so that it can mend its call or say what happened. */
  async #answer({ name, args, isInvalid }: ModelToolCall): Promise<string> {
    const { turn } = this.#options.reply;
    if (isInvalid) return `The arguments of ${name} are not a JSON object. Call it again with one.`;
    if (turn.isSuperseded) return `${name} was not run: the person went on to something else.`;
    try {
      return resultText(await this.call(name, args));
    } catch (error) {
      if (error instanceof TurnAbort || turn.signal.aborted) throw error;
      if (isTiercelError(error, 'ASSISTANT_APPROVAL_REFUSED')) return error.message;
      this.#options.parts.log.warn('tool failed', { tool: name, error });
      if (isOutOfReach(error)) return `${name} is out of reach right now. Tell the person so.`;
      const isExplained = isTiercelError(error) && error.code !== 'ASSISTANT_STAGE_FAILED';
      return isExplained ? error.message : `Tool ${name} failed.`;
    }
  }

  async #callAllowed(name: string, args: Readonly<Record<string, unknown>>): Promise<ToolResult> {
    const { approvals, reply } = this.#options;
    try {
      return await this.#run(name, args);
    } catch (error) {
      const needed = approvalNeeded(error);
      if (!needed) throw error;
      const { id, expiresInMs } = needed;
      const tool = this.#find(name) ?? { name, description: '' };
      const question = approvalQuestion(tool, args, reply.turn.language);
      const decision = await approvals.ask({ id, tool: name, args, question, expiresInMs }, reply);
      if (decision !== 'allowed')
        throw new AssistantError('ASSISTANT_APPROVAL_REFUSED', { tool: name, decision });
      return await this.#run(name, args, id);
    }
  }

  async #run(name: string, args: Readonly<Record<string, unknown>>, approval?: string): Promise<ToolResult> {
    const { parts, stages, approvals, reply, traceparent } = this.#options;
    const { language, signal, id } = reply.turn;
    const options = { caller: CALLER, requestId: id, turnId: id, language, traceparent, approval };
    const stage = `tool ${name}`;
    const timeoutMs = parts.settings.toolTimeoutMs;
    const call = (stageSignal: AbortSignal) =>
      parts.tools.call(name, args, { ...options, canAsk: approvals.canAsk, signal: stageSignal });
    if (this.#find(name)?.effect === 'read') return stages.run({ stage, signal, timeoutMs }, call);

    using unhurried = graceful(signal, parts, SETTLE_MS);
    return await stages.run({ stage, signal: unhurried.signal, timeoutMs }, call);
  }

  #find(name: string): ListedTool | undefined {
    return this.#options.tools.find((tool) => tool.name === name);
  }

  #canShare(name: string): boolean {
    const tool = this.#find(name);
    return tool !== undefined && (tool.effect === 'read' || (tool.idempotent && tool.weight === 'light'));
  }
}

/** What the history keeps of a call that was given up although it may have changed something. */
export function unknownResult(name: string): string {
  return `${name} was still running when the turn was given up. Its result is not known.`;
}

function tooMany(calls: number): string {
  return `Not run: ${calls} calls in one answer are too many, ${MAX_CALLS} are allowed. Call what is still needed again.`;
}

function approvalNeeded(error: unknown): { readonly id: string; readonly expiresInMs: number } | undefined {
  if (!isTiercelError(error, 'TOOL_APPROVAL_NEEDED')) return undefined;
  const { id, expiresInMs } = error.details;
  return typeof id === 'string' && typeof expiresInMs === 'number' ? { id, expiresInMs } : undefined;
}

/** A signal that follows `signal` only `graceMs` later. */
function graceful(signal: AbortSignal, { clock }: Pick<Parts, 'clock'>, graceMs: number) {
  const controller = new AbortController();
  const timer = new AbortController();
  const abandon = () => {
    // Whoever holds the conversation may stop it with any reason.
    const { reason } = signal.reason instanceof TurnAbort ? signal.reason : new TurnAbort('stopped');
    controller.abort(new CallAbandoned(reason));
  };
  const follow = () => {
    clock.delay(graceMs, { signal: timer.signal }).then(abandon, () => undefined);
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
