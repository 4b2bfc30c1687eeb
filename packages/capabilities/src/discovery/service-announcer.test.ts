import { describe, expect, it } from '@jest/globals';
import { describeServiceAnnouncerContract, FakeServiceAnnouncer } from './testing.js';

describeServiceAnnouncerContract('FakeServiceAnnouncer', () => {
  const provider = new FakeServiceAnnouncer();
  const names = () => provider.announced.map(({ service }) => service);
  return {
    provider,
    whenFound: async (service) => expect(names()).toContain(service),
    whenGone: async (service) => expect(names()).not.toContain(service),
    close: () => expect(names()).toEqual([]),
  };
});

describe('FakeServiceAnnouncer', () => {
  it('tells each state once, and only the latest to a reader who is slow', async () => {
    const announcer = new FakeServiceAnnouncer();
    const states = announcer.announce({ service: 'llm', port: 8_000 });
    const first = await states.next();

    announcer.lose('the registry is down');
    const second = await states.next();
    announcer.regain();
    announcer.lose('the registry is down');
    announcer.lose('the registry is gone');
    const third = await states.next();
    await states.return();

    expect([first, second, third].map(({ value }) => value)).toEqual([
      { state: 'announced' },
      { state: 'lost', finding: 'the registry is down' },
      { state: 'lost', finding: 'the registry is gone' },
    ]);
  });
});
