import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { LanguageModel } from '@tiercel/capabilities/language-model';
import { Log } from '@tiercel/capabilities/log';
import { FakeLog } from '@tiercel/capabilities/log/testing';
import { coreMetrics, Metrics } from '@tiercel/capabilities/metrics';
import { FakeMetrics } from '@tiercel/capabilities/metrics/testing';
import { ModelStore } from '@tiercel/capabilities/model-store';
import { FakeModelStore } from '@tiercel/capabilities/model-store/testing';
import { writeTinyGguf } from '@tiercel/gguf/testing';
import { boot, supply } from '@tiercel/kernel';
import llmLocal from './index.js';
import { collect, failureOf, textOf } from './test/collect.js';
import { SMOLLM2_FILE } from './test/open-model.js';

const store = new FakeModelStore([
  {
    name: 'smollm2-135m-instruct',
    kind: 'language-model',
    directory: path.dirname(SMOLLM2_FILE),
    files: { model: SMOLLM2_FILE },
    facts: { tools: 'none' },
    licence: 'Apache-2.0',
    sizeBytes: 1,
  },
]);

let metrics: FakeMetrics;

function start(
  config: Readonly<Record<string, unknown>>,
  environment: Readonly<Record<string, string>> = {},
) {
  metrics = new FakeMetrics();
  return boot({
    manifest: {
      tier: 'test',
      plugins: { 'llm-local': { config: { threads: 1, ...config } }, log: null, models: null, metrics: null },
    },
    plugins: [
      llmLocal,
      supply('@tiercel/log', Log, new FakeLog()),
      supply('@tiercel/models', ModelStore, store),
      supply('@tiercel/metrics', Metrics, metrics),
    ],
    environment,
  });
}

describe('@tiercel/llm-local', () => {
  let folder: string;
  let tiny: string;

  beforeAll(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'tiercel-llm-'));
    tiny = path.join(folder, 'tiny.gguf');
    await writeTinyGguf(tiny);
  });

  afterAll(async () => {
    await rm(folder, { recursive: true, force: true });
  });

  it('answers a question with the model of the catalogue', async () => {
    await using node = await start({});
    const model = node.get(LanguageModel);

    const events = await collect(
      model.generate({
        messages: [
          { role: 'system', text: 'You are a helpful assistant.' },
          { role: 'user', text: 'What is the capital of France?' },
        ],
        maxTokens: 24,
      }),
    );

    expect(textOf(events)).toContain('Paris');
    expect(model.features).toEqual({
      model: 'smollm2-135m-instruct',
      contextTokens: 4096,
      tools: 'none',
      responseSchema: 'native',
      reusesPrefix: true,
    });
  });

  it('takes the path of a file, also under the older name of its variable', async () => {
    await using node = await start({}, { LOCAL_LLM_MODEL_PATH: tiny, LLM_CONTEXT: '1024' });

    const { features } = node.get(LanguageModel);

    expect([features.model, features.contextTokens]).toEqual(['tiny', 1024]);
  });

  it('tells about its model, and what it does to the metrics of the node', async () => {
    await using node = await start({ model: tiny, slots: 3 });
    await collect(
      node.get(LanguageModel).generate({ messages: [{ role: 'user', text: 'Hello' }], maxTokens: 4 }),
    );

    const { facts } = node.describe().plugins.find(({ plugin }) => plugin === 'llm-local') ?? {};

    expect(facts).toEqual({
      model: 'tiny',
      contextTokens: 4096,
      slots: 3,
      threads: 1,
      gpu: 'cpu',
      // 3 slots × 2 layers × 4 heads × (16 + 16) values × 2 bytes × 4096 tokens, and the engine
      memoryMiB: 61 + 6,
      waiting: 0,
      busy: 0,
    });
    expect(metrics.valueOf(coreMetrics.llmTokens, { provider: 'llm-local', kind: 'completion' })).toBe(4 + 1);
  });

  it('does not start with a model that is not there', async () => {
    const error = await failureOf(start({ model: path.join(folder, 'nowhere.gguf') }));

    expect(JSON.stringify(error, Object.getOwnPropertyNames(error))).toContain('nowhere.gguf');
  });

  it('refuses calls after the node has stopped', async () => {
    const node = await start({ model: tiny });
    const model = node.get(LanguageModel);

    await node[Symbol.asyncDispose]();

    await expect(collect(model.generate({ messages: [{ role: 'user', text: 'Hello' }] }))).rejects.toThrow();
  });
});
