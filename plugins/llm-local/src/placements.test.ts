import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll } from '@jest/globals';
import { LanguageModel } from '@tiercel/capabilities/language-model';
import { describeLanguageModelContract } from '@tiercel/capabilities/language-model/testing';
import { Log } from '@tiercel/capabilities/log';
import { FakeLog } from '@tiercel/capabilities/log/testing';
import { ModelStore } from '@tiercel/capabilities/model-store';
import { FakeModelStore } from '@tiercel/capabilities/model-store/testing';
import { writeTinyGguf } from '@tiercel/gguf/testing';
import { supply } from '@tiercel/kernel';
import { describeInEveryPlacement } from '@tiercel/testkit';
import llmLocal from './index.js';

const folder = mkdtempSync(path.join(tmpdir(), 'tiercel-llm-placements-'));
const model = path.join(folder, 'tiny.gguf');
beforeAll(() => writeTinyGguf(model));
afterAll(() => rmSync(folder, { recursive: true }));

describeInEveryPlacement(
  'llm-local with random weights',
  {
    capability: LanguageModel,
    plugin: llmLocal,
    config: { model, threads: 1, gpu: 'cpu', maxTokens: 64 },
    plugins: [
      supply('@tiercel/log', Log, new FakeLog()),
      supply('@tiercel/models', ModelStore, new FakeModelStore()),
    ],
    kill: 'once',
  },
  describeLanguageModelContract,
);
