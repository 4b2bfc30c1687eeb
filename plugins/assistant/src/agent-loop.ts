import type {
  LanguageModel,
  ModelMessage,
  ModelRequest,
  ModelToolCall,
} from '@tiercel/capabilities/language-model';
import type { ListedTool } from '@tiercel/capabilities/tool-registry';
import { isTiercelError } from '@tiercel/kernel';
import type { AskingReply } from './approvals.js';
import { AssistantError } from './errors.js';
import type { History } from './history.js';
import type { Parts } from './parts.js';
import { narrowed, type Prompt, type PromptScope, scopeOf } from './prompt.js';
import { shortenLongestResult } from './result-text.js';
import { sayingsOf } from './sayings.js';
import type { Stages } from './stages.js';
import type { ToolCaller } from './tool-caller.js';

const MAX_ROUNDS = 10;
/** In one round, over all causes. */
const MAX_TRIES = 4;

export interface AgentLoopOptions {
  readonly parts: Parts;
  readonly stages: Stages;
  readonly history: History;
  readonly prompt: Prompt;
  readonly model: LanguageModel;
  readonly tools: readonly ListedTool[];
  readonly caller: ToolCaller;
  readonly reply: AskingReply;
  readonly traceparent: string | undefined;
}

interface ModelAnswer {
  readonly text: string;
  readonly calls: readonly ModelToolCall[];
}

/** One reply of a model: asks it, runs the tools that it calls, and asks again with their results, until it only answers. */
export class AgentLoop {
  readonly #options: AgentLoopOptions;
  #scope: PromptScope;

  constructor(options: AgentLoopOptions) {
    this.#options = options;
    this.#scope = scopeOf(options.model, options.tools);
  }

  async run(): Promise<void> {
    const { reply } = this.#options;
    for (let round = 0; round < MAX_ROUNDS; round++) {
      const start = reply.writer.text.length;
      const { text, calls } = await this.#ask();
      if (calls.length === 0) return;
      // The exchange holds what was said before the calls, so the reply need not be remembered with it again.
      reply.writer.setAside(start);
      await reply.writer.pause();
      await this.#exchange(text, calls);
      if (reply.turn.isSuperseded) return;
      reply.signal.throwIfAborted();
    }
    throw new AssistantError('ASSISTANT_TOOL_ROUNDS_EXCEEDED', { rounds: MAX_ROUNDS });
  }

  async #exchange(text: string, calls: readonly ModelToolCall[]): Promise<void> {
    const { caller, reply } = this.#options;
    const answers: (string | undefined)[] = calls.map(() => undefined);
    try {
      await caller.answerAll(calls, answers);
    } finally {
      // A round that was broken off keeps the calls that have a result: a call without one confuses models.
      const results = calls.flatMap((call, index): ModelMessage[] => {
        const answer = answers[index];
        return answer === undefined ? [] : [{ role: 'tool', toolCallId: call.id, text: answer }];
      });
      const toolCalls = calls.filter((_, index) => answers[index] !== undefined);
      if (toolCalls.length > 0) reply.turn.exchanges.push({ role: 'assistant', text, toolCalls }, ...results);
    }
  }

  /** Asks until there is an answer. Who answers may take less than who was expected to, or break off where another goes on. */
  async #ask(): Promise<ModelAnswer> {
    const { writer, signal } = this.#options.reply;
    for (let tries = 1; ; tries++) {
      const start = writer.text.length;
      try {
        return await this.#generate(await this.#fit());
      } catch (error) {
        signal.throwIfAborted();
        if (tries === MAX_TRIES) throw error;
        if (writer.text.length > start) {
          if (!(await this.#canStartAgain(error))) throw error;
          await this.#breakOff(start);
        } else {
          const scope = narrowed(this.#scope, error);
          if (!scope) throw error;
          this.#scope = scope;
        }
      }
    }
  }

  /** What was written since `start` is not gone on with. */
  async #breakOff(start: number): Promise<void> {
    const { writer } = this.#options.reply;
    if (/[\p{L}\p{N},;:]\s*$/u.test(writer.text.slice(start))) await writer.write('…');
    await writer.startSentence();
    writer.setAside(start);
  }

  /** A model that is lost inside its answer is no reason to lose the answer, if somebody else can give one. */
  async #canStartAgain(error: unknown): Promise<boolean> {
    const { parts, stages, reply } = this.#options;
    if (!isTiercelError(error) || !error.retryable) return false;
    return parts.degradation.hasOthers(stages, reply.signal);
  }

  #fit(): Promise<ModelRequest> {
    const { parts, stages, history, prompt, model, reply } = this.#options;
    const { modelTimeoutMs: timeoutMs, maxReplyTokens } = parts.settings;
    const { turn, signal } = reply;
    const { tools, contextTokens } = this.#scope;
    const system = prompt.system(this.#scope);
    const fitted = {
      maxTokens: contextTokens - maxReplyTokens,
      build: () => prompt.request([...history.messages(system, turn.heard), ...turn.exchanges], tools),
      shrink: () => shortenLongestResult(turn.exchanges),
    };
    return stages.run({ stage: 'prompt', signal, timeoutMs }, (stageSignal) =>
      history.fit(model, fitted, stageSignal),
    );
  }

  async #generate(request: ModelRequest): Promise<ModelAnswer> {
    const { parts, stages, model, reply, traceparent } = this.#options;
    const { turn, writer, signal } = reply;
    const options = { stage: 'model', signal, timeoutMs: parts.settings.modelTimeoutMs };
    const calls: ModelToolCall[] = [];
    let text = '';
    let hasBegun = false;
    const begin = async () => {
      if (hasBegun) return;
      hasBegun = true;
      await this.#tellLoss();
    };
    turn.mark('modelRequest', parts.clock.nowMs());
    for await (const event of stages.read(options, (stageSignal) =>
      model.generate(request, { signal: stageSignal, traceparent }),
    )) {
      switch (event.type) {
        case 'text-delta':
          if (event.text === '') break;
          turn.mark('modelFirstText', parts.clock.nowMs());
          await begin();
          text += event.text;
          await writer.write(event.text);
          break;
        case 'tool-call':
          await begin();
          calls.push(event.call);
          break;
        case 'end':
          turn.provider = event.provider ?? turn.provider;
          break;
        case 'usage':
          break;
        default:
          event satisfies never;
      }
    }
    return { text, calls };
  }

  async #tellLoss(): Promise<void> {
    const { parts, stages, reply } = this.#options;
    const isNews = await parts.degradation.isNews(stages, reply.signal);
    if (isNews && parts.settings.tellsDegradation)
      await reply.writer.writeAside(sayingsOf(reply.turn.language).onMyOwn);
  }
}
