import { Clock } from '@tiercel/capabilities/clock';
import { Discovery } from '@tiercel/capabilities/discovery';
import { LanguageModel } from '@tiercel/capabilities/language-model';
import { Log } from '@tiercel/capabilities/log';
import { Metrics } from '@tiercel/capabilities/metrics';
import { definePlugin, optional, provide } from '@tiercel/kernel';
import { openRemoteModel } from './open-remote-model.js';

export { parseBaseUrl } from './base-url.js';
export { LlmRemoteError } from './errors.js';

export default definePlugin({
  name: '@tiercel/llm-remote',
  version: '0.1.0',
  provides: { llm: provide(LanguageModel, { offline: false }) },
  requires: { log: Log, clock: Clock, discovery: optional(Discovery), metrics: optional(Metrics) },
  config: {
    url: {
      doc: 'Address of the model server, with or without /v1; several, separated by commas, are asked in this order. Empty asks discovery',
      format: String,
      default: '',
      env: 'LLM_URL',
      aliases: ['LLAMA_API_URL_OVERRIDE', 'LLAMA_API_URL', 'LLM_BASE_URL', 'LLAMA_API_BASE_URL'],
    },
    service: {
      doc: 'Names under which discovery knows the model servers, in order of preference; unused where url is set',
      format: 'list',
      default: ['llm'],
      env: 'LLM_SERVICE',
      aliases: ['LLAMA_API_SERVICE_NAME', 'MAIN_API_SERVICE_NAME'],
    },
    model: {
      doc: 'Name of the model on the server; empty takes the first that it lists',
      format: String,
      default: '',
      env: 'LLM_MODEL',
    },
    apiKey: {
      doc: 'Key for the model servers, sent to no other address',
      format: String,
      default: '',
      env: 'LLM_API_KEY',
      sensitive: true,
    },
    concurrency: {
      doc: 'Calls at once to each server; more wait',
      format: 'nat',
      default: 4,
      min: 1,
      max: 1_000,
      env: 'LLM_CONCURRENCY',
    },
    queue: { doc: 'Calls that may wait; more are refused', format: 'nat', default: 32, max: 10_000 },
    queueTimeoutMs: { doc: 'Longest wait for a free place', format: 'nat', default: 30_000, min: 1 },
    connectTimeoutMs: {
      doc: 'Longest way to a connection, from the lookup of the name to TLS',
      format: 'nat',
      default: 5_000,
      min: 1,
      env: 'LLM_CONNECT_TIMEOUT_MS',
    },
    headersTimeoutMs: {
      doc: 'Longest wait for the status line after the request was sent',
      format: 'nat',
      default: 15_000,
      min: 1,
      env: 'LLM_HEADERS_TIMEOUT_MS',
    },
    firstContentTimeoutMs: {
      doc: 'Longest wait for a first sign of work after the status line: text, reasoning, a tool call, progress on the prompt',
      format: 'nat',
      default: 120_000,
      min: 1,
      env: 'LLM_FIRST_CONTENT_TIMEOUT_MS',
    },
    idleTimeoutMs: {
      doc: 'Longest silence between signs of work; comments of the server are none',
      format: 'nat',
      default: 60_000,
      min: 1,
      env: 'LLM_IDLE_TIMEOUT_MS',
    },
    totalTimeoutMs: {
      doc: 'Longest call, waiting and repetitions included',
      format: 'nat',
      default: 300_000,
      min: 1,
      env: 'LLM_TOTAL_TIMEOUT_MS',
    },
    retries: {
      doc: 'Repetitions of one call after each server has failed once; never after the first piece of text',
      format: 'nat',
      default: 2,
      max: 10,
    },
    longestRetryAfterMs: {
      doc: 'A server that asks to be left alone for longer is not waited for; lower it where another model can answer meanwhile',
      format: 'nat',
      default: 60_000,
    },
    contextTokens: {
      doc: 'Prompt and answer of one call, in tokens; 0 takes what the server tells while the plugin starts, or 4096',
      format: 'nat',
      default: 0,
    },
    tools: {
      doc: 'Whether the model can call tools; auto believes the server, and takes it for able where it does not tell',
      format: ['auto', 'native', 'none'],
      default: 'auto',
    },
    responseSchema: {
      doc: 'Whether servers hold answers to a JSON Schema; auto believes them, and takes them for able where they do not tell',
      format: ['auto', 'native', 'none'],
      default: 'auto',
    },
    reusesPrefix: {
      doc: 'Whether the server keeps prompts that it has evaluated; auto knows llama.cpp, vLLM and Tiercel',
      format: ['auto', 'yes', 'no'],
      default: 'auto',
    },
    fields: {
      doc: 'Further fields of each request, as the server documents them; null takes one out, such as {temperature: null}',
      format: 'record',
      default: {},
    },
  },
  // The HTTP client, measured when it was loaded.
  needs: { memoryMiB: 25 },
  async setup({ name, deps, config, signal, health, own }) {
    return { llm: await openRemoteModel({ name, config, ...deps }, { signal, health, own }) };
  },
});
