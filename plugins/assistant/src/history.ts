import type { LanguageModel, ModelMessage, ModelRequest } from '@tiercel/capabilities/language-model';

export interface HistoryTurn {
  readonly user: string;
  /** Tool calls of the model and their results, in order. */
  readonly exchanges: readonly ModelMessage[];
  /** The part of the reply that was heard; empty if none was. */
  readonly playout: string;
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
   * Forgets as many turns as needed for `build()` to leave room for the answer. Counting costs time, so it is left out
   * where the prompt fits whatever the tokenizer makes of it.
   */
  async fit(
    model: Pick<LanguageModel, 'features' | 'countTokens'>,
    build: () => ModelRequest,
    maxReplyTokens: number,
    signal: AbortSignal,
  ): Promise<ModelRequest> {
    let allowed = model.features.contextTokens - maxReplyTokens;
    let request = build();
    while (this.#turns.length > 0 && mostTokens(request) > allowed) {
      if ((await model.countTokens(request, { signal })) <= allowed) break;
      allowed = Math.min(allowed, ROOM_AFTER_CUT * (model.features.contextTokens - maxReplyTokens));
      this.#turns.shift();
      request = build();
    }
    return request;
  }
}

function appendUser(messages: ModelMessage[], text: string): void {
  const last = messages.at(-1);
  if (last?.role === 'user') messages[messages.length - 1] = { role: 'user', text: `${last.text}\n${text}` };
  else messages.push({ role: 'user', text });
}

function mostTokens(request: ModelRequest): number {
  const bytes = Buffer.byteLength(JSON.stringify([request.messages, request.tools ?? []]));
  return bytes + TEMPLATE_TOKENS_PER_MESSAGE * request.messages.length;
}
