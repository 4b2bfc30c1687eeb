/** What a caller in another process learns of an answer that broke off. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { LanguageModel, partialOf } from '@tiercel/capabilities/language-model';
import { Log } from '@tiercel/capabilities/log';
import { FakeLog } from '@tiercel/capabilities/log/testing';
import { supply } from '@tiercel/kernel';
import { describeInEveryPlacement } from '@tiercel/testkit';
import llmRemote from './index.js';
import { role, text } from './test/chunks.js';
import { HELLO, outcomeOf } from './test/open-test-model.js';
import { ScriptedServer } from './test/scripted-server.js';

let server: ScriptedServer;
beforeAll(async () => {
  server = await ScriptedServer.open((call) => call.end(role + text('The quince ')));
});
afterAll(async () => await server[Symbol.asyncDispose]());

describeInEveryPlacement(
  'llm-remote',
  {
    capability: LanguageModel,
    plugin: llmRemote,
    config: () => ({ url: server.url }),
    beside: { 'clock-system': null },
    plugins: [supply('@tiercel/log', Log, new FakeLog())],
    placements: ['inline', 'process'],
  },
  (title, open) =>
    describe(title, () => {
      it('tells with its error what had been said', async () => {
        const { provider } = await open();

        const { error } = await outcomeOf(provider.generate(HELLO));

        expect(error).toMatchObject({ code: 'LANGUAGE_MODEL_STREAM_TRUNCATED', retryable: true });
        expect(partialOf(error)).toEqual({
          text: 'The quince ',
          usage: { inputTokens: 10, cachedTokens: 0, outputTokens: 3, isEstimated: true },
        });
      });
    }),
);
