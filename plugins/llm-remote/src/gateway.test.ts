/** The contract between two Tiercel nodes: this plugin on one, the gateway and a model on the other. */
import { afterAll, beforeAll } from '@jest/globals';
import { LanguageModel } from '@tiercel/capabilities/language-model';
import {
  describeLanguageModelContract,
  FakeLanguageModel,
} from '@tiercel/capabilities/language-model/testing';
import { Log } from '@tiercel/capabilities/log';
import { FakeLog } from '@tiercel/capabilities/log/testing';
import { boot, type Node, supply } from '@tiercel/kernel';
import { describeInEveryPlacement } from '@tiercel/testkit';
import llmRemote from './index.js';

let core: Node;

beforeAll(async () => {
  core = await boot({
    manifest: {
      tier: 'test',
      plugins: {
        model: { use: '@test/model' },
        log: { use: '@test/log' },
        'clock-system': null,
        gateway: { config: { port: 0, groups: ['openai'], requestsPerMinute: 0 } },
      },
    },
    plugins: [
      supply('@test/model', LanguageModel, new FakeLanguageModel()),
      supply('@test/log', Log, new FakeLog()),
    ],
    environment: {},
    machine: null,
  });
});

afterAll(async () => await core[Symbol.asyncDispose]());

function coreUrl(): string {
  const gateway = core.describe().plugins.find(({ plugin }) => plugin === 'gateway');
  const [listener] = (gateway?.facts?.['listeners'] ?? []) as readonly { readonly url: string }[];
  return listener?.url ?? '';
}

describeInEveryPlacement(
  'llm-remote, through the gateway of another node',
  {
    capability: LanguageModel,
    plugin: llmRemote,
    config: () => ({ url: coreUrl() }),
    beside: { 'clock-system': null },
    plugins: [supply('@tiercel/log', Log, new FakeLog())],
    placements: ['inline', 'process'],
  },
  describeLanguageModelContract,
);
