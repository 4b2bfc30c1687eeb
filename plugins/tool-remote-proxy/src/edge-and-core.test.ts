import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { IntentRecognizer } from '@tiercel/capabilities/intent-recognizer';
import { Log } from '@tiercel/capabilities/log';
import { FakeLog } from '@tiercel/capabilities/log/testing';
import { ToolRegistry } from '@tiercel/capabilities/tool-registry';
import { boot, type Node, supply } from '@tiercel/kernel';
import { type CoreNode, coreKey, startCore } from './core-node.test.support.js';
import toolRemoteProxy from './index.js';

const openGarage = {
  name: 'open_garage',
  parameters: {
    type: 'object',
    additionalProperties: false,
    required: ['door'],
    properties: { door: { enum: ['left', 'right'] } },
  },
  effect: 'write',
  policy: 'allow',
  weight: 'heavy',
  phrases: { en: { templates: ['open the {door} garage'], answer: 'The {door} garage is open.' } },
} as const;

/** Two whole nodes. On the edge, nothing but the proxy knows where a tool runs. */
describe('an edge and its core', () => {
  let core: CoreNode;
  let edge: Node;
  let dataDirectory: string;

  beforeAll(async () => {
    core = await startCore({
      tools: [openGarage, { name: 'wipe_disk', effect: 'destructive', policy: 'allow', weight: 'heavy' }],
    });
    dataDirectory = await mkdtemp(path.join(tmpdir(), 'tiercel-edge-'));
    edge = await boot({
      manifest: {
        tier: 'test',
        plugins: {
          'clock-system': null,
          log: { use: '@test/log' },
          'tools-basic': null,
          'tool-remote-proxy': { config: { policy: { open_garage: 'allow' } } },
          'tool-registry': { config: { dataDirectory } },
          'intents-phrases': null,
        },
      },
      plugins: [toolRemoteProxy, supply('@test/log', Log, new FakeLog())],
      environment: { TOOL_SERVER_URL: core.url, TOOL_SERVER_API_KEY: coreKey },
    });
  });
  afterAll(async () => {
    await edge?.[Symbol.asyncDispose]();
    await core[Symbol.asyncDispose]();
    await rm(dataDirectory, { recursive: true });
  });

  it('understand a command without a model, though its tool runs on the core', async () => {
    const intent = await edge
      .get(IntentRecognizer)
      .recognize('Please open the left garage.', { language: 'en' });
    const result = await edge.get(ToolRegistry).call(intent?.tool ?? '', intent?.args ?? {});

    expect(intent).toMatchObject({
      tool: 'open_garage',
      args: { door: 'left' },
      answer: 'The left garage is open.',
    });
    expect(result).toEqual({ content: { door: 'left' } });
    expect(core.tools.calls).toMatchObject([{ name: 'open_garage', args: { door: 'left' } }]);
  });

  it('have one list, in which the policy is that of the edge', async () => {
    const tools = await edge.get(ToolRegistry).list();

    expect(tools.map(({ name }) => name)).toEqual(
      expect.arrayContaining(['get_time', 'open_garage', 'wipe_disk']),
    );
    expect(tools.find(({ name }) => name === 'wipe_disk')).toMatchObject({
      policy: 'ask',
      server: new URL(core.url).host,
    });
    await expect(edge.get(ToolRegistry).call('wipe_disk', {})).rejects.toMatchObject({ code: 'TOOL_DENIED' });
  });
});
