import { defineErrors } from '@tiercel/kernel';

/** What can go wrong before the model answers its first question. Errors of single calls are in the language-model contract. */
export const LlmLocalError = defineErrors(
  'LlmLocalError',
  {
    LLM_LOCAL_MODEL_UNSUPPORTED: (d: { file: string; finding: string }) =>
      `${d.file} cannot be used as a chat model: ${d.finding}. Choose an instruct model in GGUF format.`,
    LLM_LOCAL_ENGINE_MISSING: (d: { gpu: string; finding: string }) =>
      `llama.cpp could not be loaded for gpu "${d.gpu}": ${d.finding}. Run "npm install" for this platform, or set gpu to "cpu".`,
    LLM_LOCAL_MEMORY_SHORT: (d: { file: string; contextTokens: number; slots: number; neededMiB: number }) =>
      `${d.file} with ${d.slots} slots of ${d.contextTokens} tokens takes about ${d.neededMiB} MiB, more than is free. Lower contextTokens or slots, or choose a smaller model.`,
    LLM_LOCAL_LOAD_FAILED: (d: { file: string; finding: string }) =>
      `${d.file} could not be loaded: ${d.finding}. Verify it with "tiercel models verify", or choose another model.`,
    LLM_LOCAL_STUCK: (d: { model: string; slots: number }) =>
      `Model ${d.model} takes no calls: none of its ${d.slots} slots makes progress. Try again once it moves; with "placement: process" the node starts it again by itself.`,
    LLM_LOCAL_CLOSED: (d: { model: string }) =>
      `Model ${d.model} has been closed and takes no more calls. Ask the node for its present language model.`,
  },
  { retryable: ['LLM_LOCAL_STUCK'] },
);
