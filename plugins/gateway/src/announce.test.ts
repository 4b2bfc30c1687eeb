import { describe, expect, it } from '@jest/globals';
import { ServiceAnnouncer } from '@tiercel/capabilities/discovery';
import { FakeServiceAnnouncer } from '@tiercel/capabilities/discovery/testing';
import { FakeLanguageModel } from '@tiercel/capabilities/language-model/testing';
import { FakeToolRegistry } from '@tiercel/capabilities/tool-registry/testing';
import { supply, TiercelError } from '@tiercel/kernel';
import { serveGateway } from './gateway.test.support.js';

const KEYS = { TOOL_SERVER_API_KEY: 'a-tool-key' };
const OPEN = { ...KEYS, GATEWAY_API_KEYS: 'a'.repeat(64), GATEWAY_HOST: '0.0.0.0' };

const serve = (announcer: ServiceAnnouncer, environment: Readonly<Record<string, string>>) =>
  serveGateway({
    models: { llm: new FakeLanguageModel() },
    tools: new FakeToolRegistry(),
    plugins: [supply('@test/announcer', ServiceAnnouncer, announcer)],
    environment,
  });

describe('a gateway beside an announcer', () => {
  it('makes the groups known that other machines reach', async () => {
    const announcer = new FakeServiceAnnouncer();
    await using gateway = await serve(announcer, OPEN);

    expect(announcer.announced).toEqual([
      { service: 'llm', port: gateway.port, protocol: 'http', healthPath: '/readyz', version: '0.1.0' },
    ]);
  });

  it('makes nothing known of this machine alone', async () => {
    const announcer = new FakeServiceAnnouncer();
    await using _gateway = await serve(announcer, KEYS);

    expect(announcer.announced).toEqual([]);
  });

  it('makes everything known where it is told to, with the address that it is bound to', async () => {
    const announcer = new FakeServiceAnnouncer();
    await using _gateway = await serve(announcer, { ...KEYS, GATEWAY_ANNOUNCE: 'all' });

    expect(announcer.announced.map(({ service, host }) => [service, host])).toEqual([
      ['llm', '127.0.0.1'],
      ['tool-server-api', '127.0.0.1'],
    ]);
  });

  it('makes nothing known where it is told not to', async () => {
    const announcer = new FakeServiceAnnouncer();
    await using _gateway = await serve(announcer, { ...OPEN, GATEWAY_ANNOUNCE: 'none' });

    expect(announcer.announced).toEqual([]);
  });

  it('withdraws before it stops to listen', async () => {
    const announcer = new FakeServiceAnnouncer();
    const answers: number[] = [];
    const watching: ServiceAnnouncer = {
      async *announce(announcement, options) {
        try {
          yield* announcer.announce(announcement, options);
        } finally {
          answers.push((await fetch(`${gateway.url}/livez`)).status);
        }
      },
    };
    const gateway = await serve(watching, { ...KEYS, GATEWAY_ANNOUNCE: 'all' });

    await gateway.stop();
    await gateway[Symbol.asyncDispose]();

    expect([announcer.announced, answers]).toEqual([[], [200, 200]]);
  });

  it('tells when a service is lost, and announces again after an announcer was lost', async () => {
    const announcer = new FakeServiceAnnouncer();
    let calls = 0;
    const failing: ServiceAnnouncer = {
      announce(announcement, options) {
        if (++calls <= 2)
          throw new TiercelError('PROVIDER_LOST', 'Its process is gone.', { retryable: true });
        return announcer.announce(announcement, options);
      },
    };
    await using gateway = await serve(failing, { ...KEYS, GATEWAY_ANNOUNCE: 'all' });
    await gateway.clock.whenPending(2);

    await gateway.clock.advance(10_000);
    announcer.lose('the registry is down');
    await gateway.clock.advance(1);

    expect(gateway.log.messages('warn').slice(0, 2)).toEqual(['not announced', 'not announced']);
    expect(gateway.log.messages('warn')).toContain('not announced: the registry is down');
    expect(gateway.log.messages('info')).toContain('announced');
  });
});
