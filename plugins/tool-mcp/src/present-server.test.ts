import { writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, describe, expect, it } from '@jest/globals';
import { ToolProvider } from '@tiercel/capabilities/tool-provider';
import { bootTest } from '@tiercel/testkit';
import toolMcp from './index.js';
import { openTestServers } from './test-servers.test.support.js';

const files = await openTestServers();
afterAll(() => files[Symbol.asyncDispose]());

const { resolve } = createRequire(import.meta.url);
const importOf = (name: string) =>
  JSON.stringify(pathToFileURL(resolve(name)).href.replace(/\.cjs$/, '.mjs'));

/** A server with the official SDK that refuses older revisions. */
const script = `
import { McpServer, fromJsonSchema } from ${importOf('@modelcontextprotocol/server')};
import { serveStdio } from ${importOf('@modelcontextprotocol/server/stdio')};
serveStdio(() => {
  const server = new McpServer({ name: 'present', version: '1.0.0' }, { capabilities: { tools: { listChanged: true } } });
  const inputSchema = fromJsonSchema({ type: 'object', properties: { city: { type: 'string' } } });
  server.registerTool('weather', { description: 'Tells the weather', inputSchema, annotations: { readOnlyHint: true } },
    async ({ city }) => ({ content: [{ type: 'text', text: 'sunny in ' + city }] }));
  server.registerTool('add', { description: 'Adds a tool', inputSchema }, async () => {
    server.registerTool('added', { description: 'Was added', inputSchema }, async () => ({ content: [] }));
    return { content: [] };
  });
  return server;
}, { legacy: 'reject' });
`;

describe('a server that speaks only MCP 2026-07-28', () => {
  it('is understood', async () => {
    const file = path.join(files.folder, 'present.mjs');
    await writeFile(file, script);
    await using test = await bootTest({
      plugins: [toolMcp],
      config: { 'tool-mcp': { servers: { present: { command: process.execPath, args: [file] } } } },
    });
    const tools = test.get(ToolProvider);

    const result = await tools.call('present_weather', { city: 'Oslo' });

    expect(result).toEqual({ content: 'sunny in Oslo' });
    expect(test.node.describe().plugins.at(-1)).toMatchObject({
      facts: { servers: { present: { protocol: '2026-07-28', starts: 1 } } },
    });
  });
});
