import type { Intent } from '@tiercel/capabilities/intent-recognizer';
import type {
  LanguageModel,
  ModelMessage,
  ModelRequest,
  ModelToolCall,
} from '@tiercel/capabilities/language-model';
import type { ToolDescriptor } from '@tiercel/capabilities/tool-provider';
import { AssistantError } from './errors.js';
import type { History } from './history.js';
import type { Parts } from './parts.js';
import type { ReplyWriter } from './reply-writer.js';
import { sayingsOf } from './sayings.js';
import type { Stages } from './stages.js';
import { ToolCaller } from './tool-caller.js';
import type { Turn } from './turn.js';
import { TurnAbort } from './turn-abort.js';

const MAX_ROUNDS = 10;

const CANNOT_ACT =
  'You have no tools: you cannot switch devices, set timers, or look anything up. If you are asked to, say that you cannot. Never say that something was done.';

/** Makes the reply to what was heard: a fixed command where one matches, else the model's answer. */
export class Replier {
  readonly #parts: Parts;
  readonly #stages: Stages;
  readonly #history: History;
  readonly #conversationId: string;
  /** As last listed, so that a fixed command need not wait for the list. */
  #descriptors: readonly ToolDescriptor[] = [];

  constructor(parts: Parts, stages: Stages, history: History, conversationId: string) {
    this.#parts = parts;
    this.#stages = stages;
    this.#history = history;
    this.#conversationId = conversationId;
  }

  /** Evaluates what every prompt of the conversation begins with. Failing does no harm: the first turn is slower then. */
  async warmUp(signal: AbortSignal): Promise<void> {
    const { model, log, settings } = this.#parts;
    const descriptors = await this.#listTools(signal);
    if (!model || signal.aborted) return;
    try {
      const tools = model.features.tools === 'native' ? descriptors : [];
      const messages: ModelMessage[] = [{ role: 'system', text: this.#systemPrompt(model) }];
      await this.#stages.run(
        { stage: 'warm-up', signal, timeoutMs: settings.modelTimeoutMs },
        (stageSignal) => model.warmUp(this.#request(messages, tools), { signal: stageSignal }),
      );
    } catch (error) {
      if (!signal.aborted) log.warn('model was not warmed up', { error });
    }
  }

  /** Writes the reply to `turn.heard`. `turn.signal` aborts it; `signal` also aborts when the voice fails. */
  async reply(turn: Turn, writer: ReplyWriter, signal: AbortSignal): Promise<void> {
    const { clock, model } = this.#parts;
    const listing = model?.features.tools === 'native' ? this.#listTools(signal) : undefined;
    const intent = await this.#recognize(turn.heard, turn.language, signal);
    signal.throwIfAborted();
    turn.mark('intent', clock.nowMs());
    if (intent) await this.#carryOut(turn, intent, writer);
    else if (model) await this.#ask(turn, model, (await listing) ?? [], writer, signal);
    else throw new AssistantError('ASSISTANT_MODEL_MISSING', {});
  }

  async #carryOut(turn: Turn, intent: Intent, writer: ReplyWriter): Promise<void> {
    await turn.choosePath('phrase');
    const caller = new ToolCaller(this.#parts, this.#stages, turn);
    const { spoken } = await caller.call(intent.tool, intent.args, this.#descriptors);
    turn.mark('tool', this.#parts.clock.nowMs());
    await writer.write(spoken ?? intent.answer ?? sayingsOf(turn.language).done);
  }

  async #ask(
    turn: Turn,
    model: LanguageModel,
    tools: readonly ToolDescriptor[],
    writer: ReplyWriter,
    signal: AbortSignal,
  ): Promise<void> {
    await turn.choosePath('model');
    const { clock, settings } = this.#parts;
    const timeoutMs = settings.modelTimeoutMs;
    const system = this.#systemPrompt(model);
    const build = () =>
      this.#request([...this.#history.messages(system, turn.heard), ...turn.exchanges], tools);
    const caller = new ToolCaller(this.#parts, this.#stages, turn);

    for (let round = 0; round < MAX_ROUNDS; round++) {
      const request = await this.#stages.run({ stage: 'prompt', signal, timeoutMs }, (stageSignal) =>
        this.#history.fit(model, build, settings.maxReplyTokens, stageSignal),
      );
      turn.mark('modelRequest', clock.nowMs());
      const { text, calls } = await this.#generate(turn, model, request, writer, signal);
      if (calls.length === 0) return;
      const results: ModelMessage[] = [];
      try {
        for (const call of calls) {
          const answer = await caller.answer(call, tools);
          results.push({ role: 'tool', toolCallId: call.id, text: answer });
        }
      } finally {
        // A round that was broken off keeps the calls that have a result: a call without one confuses models.
        const answered = calls.slice(0, results.length);
        if (answered.length > 0)
          turn.exchanges.push({ role: 'assistant', text, toolCalls: answered }, ...results);
      }
      signal.throwIfAborted();
      await writer.startSentence();
    }
    throw new AssistantError('ASSISTANT_TOOL_ROUNDS_EXCEEDED', { rounds: MAX_ROUNDS });
  }

  async #generate(
    turn: Turn,
    model: LanguageModel,
    request: ModelRequest,
    writer: ReplyWriter,
    signal: AbortSignal,
  ): Promise<{ readonly text: string; readonly calls: readonly ModelToolCall[] }> {
    const options = { stage: 'model', signal, timeoutMs: this.#parts.settings.modelTimeoutMs };
    const calls: ModelToolCall[] = [];
    let text = '';
    for await (const event of this.#stages.read(options, (stageSignal) =>
      model.generate(request, { signal: stageSignal }),
    )) {
      switch (event.type) {
        case 'text-delta':
          if (event.text !== '') turn.mark('modelFirstText', this.#parts.clock.nowMs());
          text += event.text;
          await writer.write(event.text);
          break;
        case 'tool-call':
          calls.push(event.call);
          break;
        case 'usage':
        case 'end':
          break;
        default:
          event satisfies never;
      }
    }
    return { text, calls };
  }

  #request(messages: readonly ModelMessage[], descriptors: readonly ToolDescriptor[]): ModelRequest {
    const { maxReplyTokens: maxTokens, temperature } = this.#parts.settings;
    const tools = descriptors
      .map(({ name, description, parameters }) => ({ name, description, parameters }))
      .sort((a, b) => (a.name < b.name ? -1 : 1));
    const request = { messages, maxTokens, temperature, conversationId: this.#conversationId };
    return tools.length === 0 ? request : { ...request, tools };
  }

  #systemPrompt(model: LanguageModel): string {
    const { systemPrompt } = this.#parts.settings;
    return model.features.tools === 'none' ? `${systemPrompt} ${CANNOT_ACT}`.trim() : systemPrompt;
  }

  /** The reading of the first recogniser that has one. One that fails is passed over: the model may still understand. */
  async #recognize(text: string, language: string, signal: AbortSignal): Promise<Intent | undefined> {
    const { recognizers, log, settings } = this.#parts;
    const options = { stage: 'understanding', signal, timeoutMs: settings.understandTimeoutMs };
    const readings = recognizers.map((recognizer) =>
      this.#stages
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

  async #listTools(signal: AbortSignal): Promise<readonly ToolDescriptor[]> {
    const { tools, log, settings } = this.#parts;
    const options = { stage: 'tool list', signal, timeoutMs: settings.understandTimeoutMs };
    try {
      this.#descriptors = await this.#stages.run(options, () => tools.list());
    } catch (error) {
      if (!(error instanceof TurnAbort)) log.warn('tools could not be listed', { error });
    }
    return this.#descriptors;
  }
}
