import type { ModelMessage, ModelRequest } from '@tiercel/capabilities/language-model';
import type { ChatWrapper, LlamaModel, LlamaText, Token } from 'node-llama-cpp';
import { chatFunctions, chatHistory } from './chat-history.js';
import type { ToolCallSyntax } from './tool-call-parser.js';

type Library = typeof import('node-llama-cpp');

/** A request as the model reads it. */
export interface Prompt {
  readonly tokens: readonly Token[];
  /** Tokens after which the template says that the answer is over. */
  readonly stopTokens: ReadonlySet<Token>;
  readonly stopTexts: readonly string[];
}

/** Makes prompts with the chat template of one model. What people wrote can never become a control token. */
export class ChatTemplate {
  readonly #model: LlamaModel;
  readonly #wrapper: ChatWrapper;
  readonly tools: 'native' | 'none';
  readonly toolCallSyntax: ToolCallSyntax;

  /** @param options.tools what the catalogue says; without it, whether the template has its own syntax for calls */
  constructor(
    library: Library,
    model: LlamaModel,
    options: { readonly tools: 'native' | 'none' | undefined },
  ) {
    this.#model = model;
    this.#wrapper = library.resolveChatWrapper(model, { warningLogs: false });
    const { call, parallelism } = this.#wrapper.settings.functions;
    const text = (value: string | LlamaText | undefined): string =>
      value === undefined ? '' : library.LlamaText([value]).toString();
    const generic = library.ChatWrapper.defaultSettings.functions.call;
    this.tools = options.tools ?? (text(call.prefix) === text(generic.prefix) ? 'none' : 'native');
    const sectionPrefix = text(parallelism?.call.sectionPrefix);
    this.toolCallSyntax = {
      prefixes: [
        text(call.prefix),
        `${sectionPrefix}${text(call.prefix)}`,
        ...(call.prefixAlternateMatches ?? []).map((prefix) => text(prefix)),
      ],
      paramsPrefix: text(call.paramsPrefix),
      suffix: text(call.suffix),
    };
  }

  prompt(request: ModelRequest): Prompt {
    const functions = chatFunctions(request);
    const state = this.#wrapper.generateContextState({
      chatHistory: chatHistory(request.messages, { tools: this.tools }),
      ...(functions && this.tools === 'native'
        ? { availableFunctions: functions, documentFunctionParams: true }
        : {}),
    });
    return { tokens: this.#tokenize(state.contextText), ...this.#stops(state.stopGenerationTriggers) };
  }

  /** The beginning that every request with these system prompt, tools and earlier messages shares, whatever is asked next. */
  sharedPrefix(request: ModelRequest): readonly Token[] {
    const earlier = request.messages;
    const asked = (text: string): readonly ModelMessage[] => [...earlier, { role: 'user', text }];
    const one = this.prompt({ ...request, messages: asked('a') }).tokens;
    const other = this.prompt({ ...request, messages: asked('Z') }).tokens;
    const end = one.findIndex((token, index) => token !== other[index]);
    return end < 0 ? one : one.slice(0, end);
  }

  #tokenize(text: LlamaText): readonly Token[] {
    const tokens = text.tokenize(this.#model.tokenizer);
    // A template that begins with the token the wrapper puts in front of every prompt would have it twice.
    return tokens[0] !== undefined && tokens[0] === this.#model.tokens.bos && tokens[1] === tokens[0]
      ? tokens.slice(1)
      : tokens;
  }

  #stops(triggers: readonly LlamaText[]): Pick<Prompt, 'stopTokens' | 'stopTexts'> {
    const stopTokens = new Set<Token>();
    const stopTexts = new Set<string>();
    for (const trigger of triggers) {
      const tokens = trigger.tokenize(this.#model.tokenizer);
      const [only] = tokens;
      if (tokens.length === 1 && only !== undefined && this.#model.isSpecialToken(only)) stopTokens.add(only);
      else if (tokens.length > 0) stopTexts.add(trigger.toString());
    }
    return { stopTokens, stopTexts: [...stopTexts] };
  }
}
