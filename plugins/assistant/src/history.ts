import type { LanguageModel, ModelMessage, ModelRequest } from '@tiercel/capabilities/language-model';

export interface HistoryTurn {
  readonly user: string;
  /** Tool calls of the model and their results, in order. */
  readonly exchanges: readonly ModelMessage[];
  /** The part of the reply that was heard; empty if none was. */
  readonly playout: string;
}

export interface FittedPrompt {
  readonly maxTokens: number;
  readonly build: () => ModelRequest;
  /** Makes what is not history shorter; `false` where it cannot. */
  readonly shrink: () => boolean;
}

/** No tokenizer makes more tokens than bytes, and chat templates add a few around each message. */
const TEMPLATE_TOKENS_PER_MESSAGE = 16;
/** Once it is too long, it is cut down to this part, so that the beginning stays the same for some turns. */
const ROOM_AFTER_CUT = 0.75;

/** What was said in one conversation, as the model gets to see it. Whole turns are forgotten, the oldest first. */
export class History {
  readonly #maxTurns: number;
  #turns: HistoryTurn[] = [];

  constructor(maxTurns: number) {
    this.#maxTurns = maxTurns;
  }

  get turns(): readonly HistoryTurn[] {
    return this.#turns;
  }

  add(turn: HistoryTurn): void {
    this.#turns.push(turn);
    if (this.#turns.length > this.#maxTurns) this.#turns.shift();
  }

  /** The conversation so far and what the user says now. Never two user messages in a row: they are merged. */
  messages(system: string, user: string): ModelMessage[] {
    const messages: ModelMessage[] = system === '' ? [] : [{ role: 'system', text: system }];
    for (const turn of this.#turns) {
      appendUser(messages, turn.user);
      messages.push(...turn.exchanges);
      if (turn.playout !== '') messages.push({ role: 'assistant', text: turn.playout });
    }
    appendUser(messages, user);
    return messages;
  }

  /**
   * Forgets as many turns as needed for the prompt to fit, then has it shrunk. Counting costs time, so it is left out where
   * the prompt fits whatever the tokenizer makes of it.
   */
  async fit(
    model: Pick<LanguageModel, 'countTokens'>,
    prompt: FittedPrompt,
    signal: AbortSignal,
  ): Promise<ModelRequest> {
    const { maxTokens, build, shrink } = prompt;
    let allowed = maxTokens;
    let request = build();
    while (mostTokens(request) > allowed && (await model.countTokens(request, { signal })) > allowed) {
      allowed = ROOM_AFTER_CUT * maxTokens;
      if (this.#turns.shift() === undefined && !shrink()) break;
      request = build();
    }
    return request;
  }
}

function appendUser(messages: ModelMessage[], text: string): void {
  if (text === '') return;
  const last = messages.at(-1);
  if (last?.role === 'user') messages[messages.length - 1] = { role: 'user', text: `${last.text}\n${text}` };
  else messages.push({ role: 'user', text });
}

function mostTokens(request: ModelRequest): number {
  const bytes = Buffer.byteLength(JSON.stringify([request.messages, request.tools ?? []]));
  return bytes + TEMPLATE_TOKENS_PER_MESSAGE * request.messages.length;
}
