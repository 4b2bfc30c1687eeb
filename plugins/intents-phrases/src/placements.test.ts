import { IntentRecognizer } from '@tiercel/capabilities/intent-recognizer';
import { describeIntentRecognizerContract } from '@tiercel/capabilities/intent-recognizer/testing';
import { Log } from '@tiercel/capabilities/log';
import { FakeLog } from '@tiercel/capabilities/log/testing';
import { ToolRegistry } from '@tiercel/capabilities/tool-registry';
import { FakeToolRegistry } from '@tiercel/capabilities/tool-registry/testing';
import { WorldModel } from '@tiercel/capabilities/world-model';
import { FakeWorldModel } from '@tiercel/capabilities/world-model/testing';
import { supply } from '@tiercel/kernel';
import { describeInEveryPlacement } from '@tiercel/testkit';
import intentsPhrases from './index.js';

const tools = new FakeToolRegistry([
  {
    name: 'set_device',
    parameters: {
      type: 'object',
      additionalProperties: false,
      properties: { device: { type: 'string', maxLength: 100 }, state: { enum: ['on', 'off'] } },
      required: ['device', 'state'],
    },
    slots: { device: 'device' },
    phrases: { en: { templates: ['(turn|switch) {state:on|off} {device}'], answer: '{device} is {state}.' } },
  },
]);
const world = new FakeWorldModel({ entries: { 'device/kitchen-light/name': 'kitchen light' } });

// In a process of its own it lists the tools of the node and watches its world model.
describeInEveryPlacement(
  'intents-phrases',
  {
    capability: IntentRecognizer,
    plugin: intentsPhrases,
    plugins: [
      supply('@tiercel/log', Log, new FakeLog()),
      supply('@tiercel/tools', ToolRegistry, tools),
      supply('@tiercel/world', WorldModel, world),
    ],
    kill: 'once',
  },
  (title, open) =>
    describeIntentRecognizerContract(title, open, {
      command: {
        text: 'Turn on the kitchen light.',
        language: 'en',
        tool: 'set_device',
        args: { device: 'kitchen-light', state: 'on' },
      },
    }),
);
