import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, describe, expect, it } from '@jest/globals';
import { ToolProvider } from '@tiercel/capabilities/tool-provider';
import { bootTest } from '@tiercel/testkit';
import toolMcp from './index.js';
import { officialServer } from './official-servers.test.support.js';
import { openTestServers } from './test-servers.test.support.js';

const files = await openTestServers();
afterAll(() => files[Symbol.asyncDispose]());

function openServers(servers: Readonly<Record<string, unknown>>, secrets = {}) {
  return bootTest({ plugins: [toolMcp], config: { 'tool-mcp': { servers, secrets } } });
}

describe('server-everything', () => {
  it('offers its tools under its prefix, read where it says so, else write', async () => {
    await using test = await openServers({ everything: officialServer('everything') });

    const tools = await test.get(ToolProvider).list();

    const effects = Object.fromEntries(tools.map(({ name, effect }) => [name, effect]));
    expect(effects).toMatchObject({
      everything_echo: 'read',
      everything_get_sum: 'read',
      everything_toggle_simulated_logging: 'write',
    });
    expect(test.node.describe().plugins.at(-1)).toMatchObject({
      state: 'ready',
      facts: { servers: { everything: { state: 'ready', starts: 1, leftOut: [], program: /everything/ } } },
    });
  });

  it('answers with text, structured content and parts', async () => {
    await using test = await openServers({ everything: officialServer('everything') });
    const tools = test.get(ToolProvider);

    const echo = await tools.call('everything_echo', { message: 'hello' });
    const weather = await tools.call('everything_get_structured_content', { location: 'New York' });
    const picture = await tools.call('everything_get_tiny_image', {});
    const links = await tools.call('everything_get_resource_links', { count: 1 });
    const resource = await tools.call('everything_get_resource_reference', { resourceType: 'Text' });

    expect(echo.content).toBe('Echo: hello');
    expect(weather.content).toMatchObject({
      temperature: expect.any(Number),
      conditions: expect.any(String),
    });
    expect(picture.content).toContainEqual({ type: 'image', mimeType: 'image/png', sizeBytes: 4033 });
    expect(links.content).toContainEqual(expect.objectContaining({ type: 'link', uri: expect.any(String) }));
    expect(resource.content).toContainEqual(
      expect.objectContaining({ type: 'resource', text: expect.any(String) }),
    );
  });

  it('gets the environment that is configured and nothing else of this node', async () => {
    process.env.TIERCEL_TEST_CREDENTIAL = 'do not tell';
    await using test = await openServers(
      { everything: { ...officialServer('everything'), env: { COLOUR: 'green' } } },
      { everything: { TOKEN: 'for it alone' } },
    );
    delete process.env.TIERCEL_TEST_CREDENTIAL;

    const { content } = await test.get(ToolProvider).call('everything_get_env', {});

    const environment = JSON.parse(String(content)) as Readonly<Record<string, string>>;
    expect(environment).toMatchObject({ COLOUR: 'green', TOKEN: 'for it alone' });
    expect(
      Object.keys(environment).filter(
        (name) => !['PATH', 'HOME', 'USER', 'LANG', 'TMPDIR', 'TZ', 'COLOUR', 'TOKEN'].includes(name),
      ),
    ).toEqual([]);
  });

  it('is cancelled when its caller gives up, and goes on serving', async () => {
    await using test = await openServers({ everything: officialServer('everything') });
    const tools = test.get(ToolProvider);
    const caller = new AbortController();
    const reason = new Error('enough');
    const parts: unknown[] = [];

    const call = tools.call(
      'everything_trigger_long_running_operation',
      { duration: 600, steps: 60_000 },
      {
        signal: caller.signal,
        progress: (part) => {
          parts.push(part);
          caller.abort(reason);
        },
      },
    );

    await expect(call).rejects.toBe(reason);
    expect(parts[0]).toMatchObject({ progress: 1, total: 60_000 });
    expect((await tools.call('everything_echo', { message: 'still here' })).content).toBe('Echo: still here');
  });
});

describe('server-filesystem', () => {
  it('reads, and writes only what its owner allows', async () => {
    await writeFile(path.join(files.folder, 'list.txt'), 'milk');
    await using test = await openServers({
      files: {
        ...officialServer('filesystem', files.folder),
        allow: ['read_*', 'write_file', 'list_*'],
        deny: ['read_media_file'],
        tools: { write_file: { policy: 'allow', effect: 'destructive', weight: 'heavy' } },
      },
    });
    const tools = test.get(ToolProvider);

    const listed = await tools.list();
    const read = await tools.call('files_read_text_file', { path: path.join(files.folder, 'list.txt') });
    await tools.call('files_write_file', { path: path.join(files.folder, 'new.txt'), content: 'bread' });

    expect(JSON.stringify(read.content)).toContain('milk');
    expect(await readFile(path.join(files.folder, 'new.txt'), 'utf8')).toBe('bread');
    expect(listed.find(({ name }) => name === 'files_write_file')).toMatchObject({
      policy: 'allow',
      effect: 'destructive',
      weight: 'heavy',
    });
    expect(listed.map(({ name }) => name)).not.toContain('files_read_media_file');
    expect(listed.map(({ name }) => name)).not.toContain('files_move_file');
    await expect(tools.call('files_move_file', {})).rejects.toMatchObject({ code: 'TOOL_UNKNOWN' });
  });

  it('tells why it refuses', async () => {
    await using test = await openServers({ files: officialServer('filesystem', files.folder) });

    const call = test.get(ToolProvider).call('files_read_text_file', { path: '/etc/passwd' });

    await expect(call).rejects.toMatchObject({
      code: 'TOOL_FAILED',
      details: { tool: 'files_read_text_file', finding: expect.stringMatching(/denied/i) },
    });
  });
});

describe('server-memory', () => {
  it('keeps what it is told, in objects within lists', async () => {
    await using test = await openServers({
      memory: {
        ...officialServer('memory'),
        env: { MEMORY_FILE_PATH: path.join(files.folder, 'memory.jsonl') },
        prefix: '',
      },
    });
    const tools = test.get(ToolProvider);
    const entities = [{ name: 'Ada', entityType: 'person', observations: ['likes tea'] }];

    await tools.call('create_entities', { entities });
    const found = await tools.call('search_nodes', { query: 'tea' });

    expect(found.content).toMatchObject({ entities });
  });
});
