import { afterAll, beforeAll } from '@jest/globals';
import { LanguageModel } from '@tiercel/capabilities/language-model';
import {
  describeLanguageModelContract,
  FakeLanguageModel,
} from '@tiercel/capabilities/language-model/testing';
import { Log } from '@tiercel/capabilities/log';
import { FakeLog } from '@tiercel/capabilities/log/testing';
import { supply } from '@tiercel/kernel';
import { describeInEveryPlacement } from '@tiercel/testkit';
import llmRemote from './index.js';
import { type ModelServer, openModelServer } from './test/model-server.js';

let server: ModelServer;
beforeAll(async () => {
  server = await openModelServer(new FakeLanguageModel(), { apiKey: 'sk-lighthouse' });
});
afterAll(async () => await server[Symbol.asyncDispose]());

describeInEveryPlacement(
  'llm-remote, across the wire',
  {
    capability: LanguageModel,
    plugin: llmRemote,
    config: () => ({ url: server.url, apiKey: 'sk-lighthouse' }),
    beside: { 'clock-system': null },
    plugins: [supply('@tiercel/log', Log, new FakeLog())],
    kill: 'once',
  },
  describeLanguageModelContract,
);
