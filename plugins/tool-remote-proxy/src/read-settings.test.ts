import { describe, expect, it } from '@jest/globals';
import { Discovery } from '@tiercel/capabilities/discovery';
import { FakeDiscovery } from '@tiercel/capabilities/discovery/testing';
import { supply } from '@tiercel/kernel';
import { openProxy } from './open-proxy.test.support.js';
import { readSettings } from './read-settings.js';
import { startScripted } from './scripted-server.test.support.js';

const given = { url: '', apiKey: '', prefix: '', only: [], except: [], policy: {} };

describe('readSettings', () => {
  it.each<[string, string]>([
    ['http://core:8001', 'http://core:8001/mcp'],
    ['https://core.example/', 'https://core.example/mcp'],
    ['https://acme.example/api/mcp', 'https://acme.example/api/mcp'],
  ])('asks %s at %s', (url, expected) => {
    expect(readSettings({ ...given, url }).url?.href).toBe(expected);
  });

  it.each<[string, string]>([
    ['core:8001', 'http or https'],
    ['ftp://core', 'http or https'],
    ['core', 'no URL'],
    ['http://user:hunter2@core', 'credential'],
    ['http://core/?key=hunter2', 'query'],
    ['http://core:8000/v1', '/v1'],
    ['http://core:8001/run_tool/', '/run_tool/'],
  ])('refuses %s', (url, finding) => {
    const read = () => readSettings({ ...given, url });

    expect(read).toThrow(finding);
    expect(read).not.toThrow('hunter2');
  });

  it('tells everything that is wrong at once, and never the key', () => {
    const wrong = {
      ...given,
      url: 'ftp://core',
      apiKey: 'hunter2\r\nX-Evil: 1',
      prefix: 'Core-',
      policy: { wipe: 'sometimes' },
    };

    expect(() => readSettings(wrong)).toThrow(
      expect.objectContaining({
        code: 'TOOL_SERVER_CONFIG_INVALID',
        details: {
          findings: [
            'url is not http or https',
            'apiKey holds a character that no key has',
            'prefix is not lower case with underscores, at most 32 characters',
            'policy of wipe is not allow, ask or deny',
          ],
        },
      }),
    );
    expect(() => readSettings(wrong)).not.toThrow('hunter2');
  });
});

describe('tool-remote-proxy', () => {
  it('wants an address, or somebody who knows it', async () => {
    await expect(openProxy({})).rejects.toMatchObject({
      cause: { cause: { code: 'TOOL_SERVER_ADDRESS_MISSING' } },
    });
  });

  it('asks discovery where no address is set', async () => {
    const server = await startScripted();
    const discovery = new FakeDiscovery({ 'tools-of-the-house': [{ url: server.url }] });
    const proxy = await openProxy({ service: 'tools-of-the-house' }, [
      supply('@test/discovery', Discovery, discovery),
    ]);

    const tools = await proxy.tools.list();

    expect(tools.map(({ name }) => name)).toEqual(['work']);
    await proxy[Symbol.asyncDispose]();
    await server[Symbol.asyncDispose]();
  });
});
