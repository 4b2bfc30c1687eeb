import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll } from '@jest/globals';
import { Log } from '@tiercel/capabilities/log';
import { FakeLog } from '@tiercel/capabilities/log/testing';
import { ToolProvider } from '@tiercel/capabilities/tool-provider';
import { FakeToolProvider } from '@tiercel/capabilities/tool-provider/testing';
import { ToolRegistry } from '@tiercel/capabilities/tool-registry';
import { describeToolRegistryContract } from '@tiercel/capabilities/tool-registry/testing';
import { supply } from '@tiercel/kernel';
import { describeInEveryPlacement } from '@tiercel/testkit';
import toolRegistry from './index.js';

const door = { type: 'string', enum: ['front', 'back'] };
const tools = new FakeToolProvider([
  { name: 'get_time' },
  {
    name: 'unlock_door',
    effect: 'write',
    parameters: { type: 'object', additionalProperties: false, properties: { door }, required: ['door'] },
  },
  { name: 'open_gate', effect: 'destructive' },
]);

const dataDirectory = await mkdtemp(path.join(tmpdir(), 'tool-registry-'));

afterAll(async () => {
  await rm(dataDirectory, { recursive: true, force: true });
});

// In a process of its own it lists and calls the tools of the node.
describeInEveryPlacement(
  'tool-registry',
  {
    capability: ToolRegistry,
    plugin: toolRegistry,
    config: { policy: { open_gate: 'deny' }, dataDirectory },
    plugins: [supply('@tiercel/log', Log, new FakeLog()), supply('@tiercel/tools', ToolProvider, tools)],
    beside: { 'clock-system': null },
    kill: 'once',
  },
  (title, open) =>
    describeToolRegistryContract(title, open, {
      allowed: { name: 'get_time', args: {} },
      asking: { name: 'unlock_door', args: { door: 'front' } },
      otherArgs: { door: 'back' },
      denied: { name: 'open_gate', args: {} },
    }),
);
