import { describe, expect, it } from '@jest/globals';
import { ToolProvider } from '@tiercel/capabilities/tool-provider';
import { bootTest } from '@tiercel/testkit';
import { checkSettings } from './check-settings.js';
import toolsHttp from './index.js';

describe('tools-http', () => {
  it('names the hosts in the description of its tool', async () => {
    await using test = await bootTest({
      plugins: [toolsHttp],
      config: { 'tools-http': { hosts: ['example.com', '*.wikipedia.org'] } },
    });

    expect(await test.get(ToolProvider).list()).toMatchObject([
      {
        name: 'http_get',
        description: expect.stringContaining('example.com, *.wikipedia.org.'),
        effect: 'read',
      },
    ]);
  });

  it('refuses a configuration with everything that is wrong in it', () => {
    const check = () =>
      checkSettings({
        hosts: ['https://example.com', 'a b'],
        privateRanges: ['10/8'],
        nameServers: ['dns.test'],
        userAgent: 'a\r\nb',
      });

    expect(check).toThrow(
      expect.objectContaining({
        code: 'HTTP_CONFIG_INVALID',
        details: {
          findings: [
            'hosts: "https://example.com" is not a host, *.host or *, each with or without :port',
            'hosts: "a b" is not a host, *.host or *, each with or without :port',
            'privateRanges: "10/8" is not a range such as 192.168.1.0/24',
            'nameServers: "dns.test" is not an IP address, with or without :port',
            'userAgent is not 1 to 200 characters of plain ASCII',
          ],
        },
      }),
    );
  });

  it('does not start without a host', () => {
    expect(() =>
      checkSettings({ hosts: [], privateRanges: [], nameServers: [], userAgent: 'tiercel' }),
    ).toThrow(/names no host/);
  });
});
