import { Assistant } from '@tiercel/capabilities/assistant';
import { describeAssistantContract } from '@tiercel/capabilities/assistant/testing';
import { describeInEveryPlacement } from '@tiercel/testkit';

describeInEveryPlacement(
  'plugin-name',
  { capability: Assistant, plugin: './dist/index.js', key: 'plugin-name' },
  (title, open) => describeAssistantContract(title, open, { speaks: false }),
);
