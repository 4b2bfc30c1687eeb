import { LanguageModel } from '@tiercel/capabilities/language-model';
import { Log } from '@tiercel/capabilities/log';
import { Metrics } from '@tiercel/capabilities/metrics';
import { ModelStore } from '@tiercel/capabilities/model-store';
import { definePlugin, optional, provide } from '@tiercel/kernel';
import { endOwnProcess } from './end-own-process.js';
import { MAX_SLOTS } from './limits.js';
import { openLlamaEngine } from './llama-engine.js';
import { LlamaLanguageModel } from './llama-language-model.js';
import { locateModel } from './locate-model.js';
import { threadCount } from './thread-count.js';

export { LlmLocalError } from './errors.js';
export { type EngineOptions, type LlamaEngine, openLlamaEngine } from './llama-engine.js';
export {
  LlamaLanguageModel,
  type LlamaLanguageModelOptions,
  type LlamaLanguageModelSurroundings,
  type SlotState,
} from './llama-language-model.js';

export default definePlugin({
  name: '@tiercel/llm-local',
  version: '0.1.0',
  provides: { llm: provide(LanguageModel, { offline: true }) },
  requires: { log: Log, models: ModelStore, metrics: optional(Metrics) },
  config: {
    model: {
      doc: 'Catalogue name of the chat model, or the path of a GGUF file',
      format: String,
      default: 'smollm2-135m-instruct',
      env: 'LLM_MODEL_PATH',
      names: 'model',
      aliases: ['LOCAL_LLM_MODEL_PATH'],
    },
    contextTokens: {
      doc: 'Prompt and answer of one call, in tokens; each slot has its own. Lowered to what the model was trained for',
      format: 'nat',
      default: 4096,
      min: 256,
      max: 1_048_576,
      env: 'LLM_CONTEXT',
    },
    slots: {
      doc: 'Calls evaluated at once; each takes memory for contextTokens',
      format: 'nat',
      default: 2,
      min: 1,
      max: MAX_SLOTS,
      env: 'LLM_SLOTS',
    },
    threads: {
      doc: 'Threads for evaluation; 0 takes one less than the cores, or than the CPU quota of the container if that is smaller',
      format: 'nat',
      default: 0,
      max: 512,
      env: 'LLM_THREADS',
    },
    gpu: {
      doc: 'Accelerator; auto takes the best one whose llama.cpp binary is installed, else the CPU',
      format: ['auto', 'cpu', 'cuda', 'vulkan', 'metal'],
      default: 'auto',
      env: 'LLM_GPU',
    },
    queue: {
      doc: 'Calls that may wait for a slot; more are refused',
      format: 'nat',
      default: 32,
      max: 10_000,
      env: 'LLM_QUEUE',
    },
    queueTimeoutMs: { doc: 'Longest wait for a slot', format: 'nat', default: 30_000, min: 1 },
    maxTokens: {
      doc: 'Longest answer in tokens, where the caller sets no limit',
      format: 'nat',
      default: 512,
      min: 1,
    },
  },
  needs: {
    // SmolLM2 with the default context and slots, measured after the first answers; for where the file is not at hand.
    memoryMiB: 540,
    estimate: {
      by: 'gguf',
      from: { model: 'model', contextTokens: 'contextTokens', slots: 'slots' },
    },
  },
  async setup({ name, node, deps, config, signal, health, own }) {
    const { log, metrics } = deps;
    const located = await locateModel(config.model, deps.models, { signal });
    const engine = own(
      await openLlamaEngine(
        {
          ...located,
          contextTokens: config.contextTokens,
          slots: config.slots,
          threads: config.threads || threadCount(),
          gpu: config.gpu,
        },
        { log, signal },
      ),
    );
    const { plugins } = await node.describe();
    const isAlone = plugins.some(({ plugin, placement }) => plugin === name && placement === 'process');
    const llm = own(
      new LlamaLanguageModel(
        engine,
        { maxWaiting: config.queue, queueTimeoutMs: config.queueTimeoutMs, maxTokens: config.maxTokens },
        // A process of its own can be started again; anywhere else it is not this plugin's to end.
        { log, health, metrics, onStuck: isAlone ? endOwnProcess : undefined },
      ),
    );
    await llm.rehearse({ signal });
    const { contextTokens, threads, slots, memoryMiB } = engine;
    const facts = {
      model: located.name,
      contextTokens,
      slots: slots.length,
      threads,
      gpu: engine.llama.gpu || 'cpu',
      memoryMiB,
    };
    health.facts(() => ({ ...facts, ...llm.load }));
    log.info('the language model is loaded', facts);
    return { llm };
  },
});
