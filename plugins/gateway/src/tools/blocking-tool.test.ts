import { access, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ToolRegistry } from '@tiercel/capabilities/tool-registry';
import { boot, type Node } from '@tiercel/kernel';
import { createProcessPlacement } from '@tiercel/placement-process';
import { until } from '../gateway.test.support.js';

const key = 'key-one';

describe('A tool that holds up its process', () => {
  let node: Node;
  let url: string;
  let folder: string;

  beforeAll(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'gateway-'));
    node = await boot({
      manifest: {
        tier: 'test',
        plugins: {
          'log-winston': { config: { level: 'error' } },
          'clock-system': null,
          'tool-registry': { config: { dataDirectory: folder } },
          blocking: { use: './blocking-tool.js', placement: 'process' },
          gateway: { config: { groups: ['tools'], toolPort: 0, toolApiKeys: [key] } },
        },
      },
      directory: path.join(import.meta.dirname, '../../fixtures'),
      environment: {},
      placements: [createProcessPlacement({ onOutput: () => undefined })],
    });
    const facts = node.describe().plugins.find(({ plugin }) => plugin === 'gateway')?.facts;
    const [listener] = (facts?.['listeners'] ?? []) as readonly { readonly url: string }[];
    url = listener?.url ?? '';
    await node.get(ToolRegistry).list();
  });
  afterAll(async () => {
    await node.stop();
    await rm(folder, { recursive: true });
  });

  it('holds up neither health, nor other callers, nor the list', async () => {
    const isThere = (name: string) =>
      access(path.join(folder, name)).then(
        () => true,
        () => false,
      );
    const authorization = `Bearer ${key}`;
    const called = fetch(`${url}/run_tool/`, {
      method: 'POST',
      headers: { authorization, 'content-type': 'application/json' },
      body: JSON.stringify({ tool: 'Worker', method: 'block', args: { folder } }),
    });
    await until(() => isThere('began'));

    const statuses: number[] = [];
    for (let round = 0; round < 10; round++)
      for (const route of ['/health', '/livez', '/readyz']) statuses.push((await fetch(url + route)).status);
    const listed = await fetch(`${url}/tools/`, { headers: { authorization } });
    await writeFile(path.join(folder, 'go'), '');
    const answer = await called;

    expect(statuses).toEqual(Array.from({ length: 30 }, () => 200));
    expect(await listed.json()).toHaveProperty('Worker.block');
    expect([answer.status, await answer.json()]).toEqual([200, { result: 'done' }]);
  });
});
