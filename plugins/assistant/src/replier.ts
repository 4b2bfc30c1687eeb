import type { Intent } from '@tiercel/capabilities/intent-recognizer';
import type { LanguageModel, ModelMessage } from '@tiercel/capabilities/language-model';
import type { ListedTool } from '@tiercel/capabilities/tool-registry';
import { isTiercelError } from '@tiercel/kernel';
import { AgentLoop } from './agent-loop.js';
import type { Approvals, AskingReply } from './approvals.js';
import { AssistantError } from './errors.js';
import type { History } from './history.js';
import type { Parts } from './parts.js';
import { narrowed, Prompt, type PromptScope, scopeOf } from './prompt.js';
import { resultText } from './result-text.js';
import { sayingsOf } from './sayings.js';
import type { Stages } from './stages.js';
import { ToolCaller, unknownResult } from './tool-caller.js';
import type { Turn } from './turn.js';
import { CallAbandoned, TurnAbort } from './turn-abort.js';

export interface ReplierOptions {
  readonly parts: Parts;
  readonly stages: Stages;
  readonly history: History;
  readonly approvals: Approvals;
  readonly conversationId: string;
  readonly traceparent: string | undefined;
}

/** Makes the reply to what was heard: a fixed command where one matches, else the model's answer. */
export class Replier {
  readonly #options: ReplierOptions;
  readonly #prompt: Prompt;
  /** As last listed, so that a fixed command need not wait for the list. */
  #tools: readonly ListedTool[] = [];

  constructor(options: ReplierOptions) {
    const { parts, conversationId } = options;
    this.#options = options;
    this.#prompt = new Prompt(parts.settings, conversationId);
  }

  /** Evaluates what every prompt of the conversation begins with. Failing does no harm: the first turn is slower then. */
  async warmUp(signal: AbortSignal): Promise<void> {
    const { parts, stages } = this.#options;
    const { model, log, settings } = parts;
    const listed = await this.#listTools(signal);
    if (!model || signal.aborted) return;
    const warmUp = (scope: PromptScope) => {
      const messages: ModelMessage[] = [{ role: 'system', text: this.#prompt.system(scope) }];
      const request = this.#prompt.request(messages, scope.tools);
      const options = { stage: 'warm-up', signal, timeoutMs: settings.modelTimeoutMs };
      return stages.run(options, (stageSignal) => model.warmUp(request, { signal: stageSignal }));
    };
    try {
      const scope = scopeOf(model, listed);
      await warmUp(scope).catch((error) => {
        const narrower = narrowed(scope, error);
        if (!narrower) throw error;
        return warmUp(narrower);
      });
    } catch (error) {
      if (!signal.aborted) log.warn('model was not warmed up', { error });
    }
  }

  /** Writes the reply to what was heard in the turn. */
  async reply(reply: AskingReply): Promise<void> {
    const { turn, signal } = reply;
    const { clock, model } = this.#options.parts;
    const listing = takesTools(model) ? this.#listTools(signal) : undefined;
    const intent = await this.#recognize(turn.heard, turn.language, signal);
    signal.throwIfAborted();
    turn.mark('intent', clock.nowMs());
    if (intent) await this.#carryOut(intent, reply);
    else if (model) await this.#ask(model, (await listing) ?? [], reply);
    else throw new AssistantError('ASSISTANT_MODEL_MISSING', {});
  }

  async #carryOut(intent: Intent, reply: AskingReply): Promise<void> {
    const { tool, args, answer } = intent;
    const { turn, writer } = reply;
    const sayings = sayingsOf(turn.language);
    await turn.choosePath('phrase');
    if (!this.#tools.some(({ name }) => name === tool)) await this.#listTools(reply.signal);
    try {
      const result = await this.#callerFor(reply, this.#tools).call(tool, args);
      turn.mark('tool', this.#options.parts.clock.nowMs());
      if (turn.signal.aborted) keepCall(turn, intent, resultText(result));
      await writer.writeSentence(result.spoken ?? answer ?? sayings.done);
    } catch (error) {
      if (error instanceof CallAbandoned) keepCall(turn, intent, unknownResult(tool));
      if (!isTiercelError(error, 'ASSISTANT_APPROVAL_REFUSED')) throw error;
      if (!turn.isSuperseded) await writer.writeSentence(sayings.leftAlone);
    }
  }

  async #ask(model: LanguageModel, tools: readonly ListedTool[], reply: AskingReply): Promise<void> {
    await reply.turn.choosePath('model');
    const { parts, stages, history, traceparent } = this.#options;
    const caller = this.#callerFor(reply, tools);
    const shared = { parts, stages, history, prompt: this.#prompt };
    await new AgentLoop({ ...shared, model, tools, caller, reply, traceparent }).run();
  }

  #callerFor(reply: AskingReply, tools: readonly ListedTool[]): ToolCaller {
    const { parts, stages, approvals, traceparent } = this.#options;
    return new ToolCaller({ parts, stages, approvals, reply, tools, traceparent });
  }

  /** The reading of the first recogniser that has one. One that fails is passed over: the model may still understand. */
  async #recognize(text: string, language: string, signal: AbortSignal): Promise<Intent | undefined> {
    const { parts, stages } = this.#options;
    const { recognizers, log, settings } = parts;
    const options = { stage: 'understanding', signal, timeoutMs: settings.understandTimeoutMs };
    const readings = recognizers.map((recognizer) =>
      stages
        .run(options, (stageSignal) => recognizer.recognize(text, { language, signal: stageSignal }))
        .catch((error) => {
          if (!(error instanceof TurnAbort)) log.warn('intent recognizer failed', { error });
          return undefined;
        }),
    );
    for (const reading of readings) {
      const intent = await reading;
      if (intent) return intent;
    }
    return undefined;
  }

  async #listTools(signal: AbortSignal): Promise<readonly ListedTool[]> {
    const { parts, stages } = this.#options;
    const { tools, log, settings } = parts;
    const options = { stage: 'tool list', signal, timeoutMs: settings.understandTimeoutMs };
    try {
      this.#tools = await stages.run(options, (stageSignal) => tools.list({ signal: stageSignal }));
    } catch (error) {
      if (!(error instanceof TurnAbort)) log.warn('tools could not be listed', { error });
    }
    return this.#tools;
  }
}

/** Before anybody asks it: one that cannot even tell what it is like is of no use, and commands need none. */
function takesTools(model: LanguageModel | undefined): boolean {
  try {
    return model?.features.tools === 'native';
  } catch {
    return false;
  }
}

/** What was done is remembered although nobody heard of it. */
function keepCall({ number, exchanges }: Turn, { tool, args }: Intent, text: string): void {
  const id = `command-${number}`;
  exchanges.push(
    { role: 'assistant', text: '', toolCalls: [{ id, name: tool, args }] },
    { role: 'tool', toolCallId: id, text },
  );
}
