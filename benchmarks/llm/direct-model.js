// node-llama-cpp without anything of ours: the least code that streams an answer, with the settings that llm-local has.
import { getLlama } from 'node-llama-cpp';

/** A loaded model whose sequences are `conversations`. `close` gives everything back. */
export async function openDirectModel({ file, contextTokens, slots, threads }) {
  const llama = await getLlama({
    build: 'never',
    skipDownload: true,
    gpu: false,
    maxThreads: threads,
    logLevel: 'error',
  });
  const model = await llama.loadModel({ modelPath: file });
  const context = await model.createContext({ contextSize: contextTokens, sequences: slots, threads });
  const conversations = Array.from({ length: slots }, () => new DirectConversation(model, context));
  const close = async () => {
    await context.dispose();
    await model.dispose();
    await llama.dispose();
  };
  return { conversations, close };
}

class DirectConversation {
  #model;
  #sequence;

  constructor(model, context) {
    this.#model = model;
    this.#sequence = context.getSequence();
  }

  forget = () => this.#sequence.clearHistory();

  /** Texts of an answer, token by token. */
  async *answer(messages, { maxTokens }) {
    const tokens = this.#model.tokenize(chatMl(messages), true);
    let count = 0;
    for await (const token of this.#sequence.evaluate(tokens, { temperature: 0 })) {
      yield this.#model.detokenize([token]);
      if (++count === maxTokens) return;
    }
  }
}

function chatMl(messages) {
  const told = messages.map(({ role, text }) => `<|im_start|>${role}\n${text}<|im_end|>\n`);
  return `${told.join('')}<|im_start|>assistant\n`;
}
