import { afterAll, describe, expect, it } from '@jest/globals';
import { ToolRegistry } from '@tiercel/capabilities/tool-registry';
import { bootTest } from '@tiercel/testkit';
import toolMcp from './index.js';
import { officialServer } from './official-servers.test.support.js';
import { openTestServers } from './test-servers.test.support.js';

const files = await openTestServers();
afterAll(() => files[Symbol.asyncDispose]());

function openNode() {
  const servers = {
    everything: { ...officialServer('everything'), tools: { toggle_simulated_logging: { policy: 'deny' } } },
    files: officialServer('filesystem', files.folder),
    memory: { ...officialServer('memory'), env: { MEMORY_FILE_PATH: `${files.folder}/memory.jsonl` } },
  };
  return bootTest({
    plugins: [toolMcp],
    entries: { 'tool-registry': { config: { dataDirectory: files.folder } } },
    config: { 'tool-mcp': { servers } },
  });
}

describe('the tool registry with the official servers', () => {
  it('takes every tool that they offer', async () => {
    await using test = await openNode();

    const tools = await test.get(ToolRegistry).list();

    const ofServer = (prefix: string) => tools.filter(({ name }) => name.startsWith(prefix)).length;
    expect(ofServer('everything_')).toBeGreaterThanOrEqual(10);
    expect(ofServer('files_')).toBeGreaterThanOrEqual(10);
    expect(ofServer('memory_')).toBe(9);
    expect(JSON.stringify(test.node.describe())).not.toContain('its schema');
  });

  it('runs what reads, asks for what writes, and refuses what is forbidden', async () => {
    await using test = await openNode();
    const registry = test.get(ToolRegistry);
    const entities = [{ name: 'Ada', entityType: 'person', observations: [] }];

    const sum = await registry.call('everything_get_sum', { a: 2, b: 3 });
    const write = registry.call('memory_create_entities', { entities });
    const forbidden = registry.call('everything_toggle_simulated_logging', {});

    expect(sum.content).toContain('5');
    await expect(write).rejects.toMatchObject({ code: 'TOOL_DENIED', details: { policy: 'ask' } });
    await expect(forbidden).rejects.toMatchObject({ code: 'TOOL_DENIED', details: { policy: 'deny' } });
    await expect(registry.call('everything_get_sum', { a: 'x', c: 1 })).rejects.toMatchObject({
      code: 'TOOL_ARGUMENTS_INVALID',
    });
  });
});
