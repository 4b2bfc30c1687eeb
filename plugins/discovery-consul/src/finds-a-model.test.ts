import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { LanguageModel } from '@tiercel/capabilities/language-model';
import { FakeLanguageModel } from '@tiercel/capabilities/language-model/testing';
import { Log } from '@tiercel/capabilities/log';
import { FakeLog } from '@tiercel/capabilities/log/testing';
import { boot, type Node, type Plugin, type PluginEntryData, supply } from '@tiercel/kernel';
import discoveryConsul from './index.js';
import { ConsulDouble } from './test/consul-double.js';

let consul: ConsulDouble;
let folder: string;
const nodes: Node[] = [];
beforeEach(async () => {
  consul = await ConsulDouble.open({ token: 'a-consul-token' });
  folder = await mkdtemp(path.join(tmpdir(), 'tiercel-consul-'));
});
afterEach(async () => {
  for (const node of nodes.splice(0)) await node[Symbol.asyncDispose]();
  await consul[Symbol.asyncDispose]();
  await rm(folder, { recursive: true });
});

/** A node beside Consul. */
async function openNode(
  name: string,
  plugins: Readonly<Record<string, PluginEntryData>>,
  given: readonly Plugin[] = [],
): Promise<Node> {
  const node = await boot({
    manifest: {
      tier: 'test',
      plugins: {
        'clock-system': null,
        log: { use: '@test/log' },
        'discovery-consul': {
          config: {
            address: consul.address,
            token: 'a-consul-token',
            node: name,
            dataDirectory: path.join(folder, name),
            churnPauseMs: 1,
          },
        },
        ...plugins,
      },
    },
    plugins: [supply('@test/log', Log, new FakeLog()), discoveryConsul, ...given],
    environment: {},
    machine: null,
  });
  nodes.push(node);
  return node;
}

/** A node whose model says who it is, and which registers itself. */
async function openServer(name: string): Promise<Node> {
  const model = new FakeLanguageModel({ replies: () => ({ text: `This is ${name}.` }) });
  const gateway = { config: { groups: ['openai', 'ops'], port: 0, requestsPerMinute: 0, announce: 'all' } };
  return openNode(name, { gateway, model: { use: '@test/model' } }, [
    supply('@test/model', LanguageModel, model),
  ]);
}

async function ask(node: Node): Promise<string> {
  let text = '';
  for await (const event of node.get(LanguageModel).generate({ messages: [{ role: 'user', text: 'Who?' }] }))
    if (event.type === 'text-delta') text += event.text;
  return text;
}

/** Asks until the answer is this one: news of a server takes its way through Consul. */
async function untilAnswered(node: Node, answer: string): Promise<void> {
  while ((await ask(node).catch(() => '')) !== answer) {
    await new Promise((resolve) => {
      setTimeout(resolve, 20);
    });
  }
}

describe('a model server that Consul knows', () => {
  it('is found without an address in the configuration, and followed when it moves', async () => {
    const first = await openServer('first');
    const client = await openNode('client', { 'llm-remote': { config: { retries: 0 } } });
    await untilAnswered(client, 'This is first.');

    await openServer('second');
    await first[Symbol.asyncDispose]();
    await untilAnswered(client, 'This is second.');
    const later = await Promise.all([ask(client), ask(client), ask(client)]);

    expect(later).toEqual(['This is second.', 'This is second.', 'This is second.']);
    expect(consul.registered).toEqual([expect.stringMatching(/^second:llm:/)]);
  });

  it('goes on serving while Consul is away, and is found by its last list after a restart', async () => {
    await openServer('first');
    const client = await openNode('client', { 'llm-remote': { config: { retries: 0 } } });
    await untilAnswered(client, 'This is first.');

    consul.goDown();
    const meanwhile = await ask(client);
    await client[Symbol.asyncDispose]();
    const again = await openNode('client', { 'llm-remote': { config: { retries: 0 } } });
    await untilAnswered(again, 'This is first.');

    expect(meanwhile).toBe('This is first.');
  });

  it('never gets to see the token of Consul', async () => {
    await openServer('first');
    const client = await openNode('client', { 'llm-remote': {} });

    await untilAnswered(client, 'This is first.');

    const body = consul.queries.find(({ path: asked }) => asked.endsWith('/register'))?.body;
    expect(JSON.stringify(body)).not.toContain('a-consul-token');
    expect(consul.queries.every(({ token }) => token === 'a-consul-token')).toBe(true);
  });
});
