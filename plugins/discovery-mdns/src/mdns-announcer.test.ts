import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { Announcement, AnnouncementEvent } from '@tiercel/capabilities/discovery';
import { MdnsAnnouncer } from './mdns-announcer.js';
import { type Answer, recordsOf } from './service-records.js';
import { FakeNetwork } from './test/fake-network.js';

const SERVICES = '_tiercel._tcp.local';

let fake: FakeNetwork;
let announcer: MdnsAnnouncer;
function open({ node = 'core', advertise = '', address = '192.0.2.1' } = {}): MdnsAnnouncer {
  const { network, clock } = fake;
  announcer = new MdnsAnnouncer({ network, clock, random: () => 0.5, node, advertise, interface: address });
  return announcer;
}

beforeEach(() => {
  fake = new FakeNetwork();
  open();
});
afterEach(async () => {
  await announcer[Symbol.asyncDispose]();
  await fake[Symbol.asyncDispose]();
});

/** Announces until the reader leaves. */
function announce(announcement: Partial<Announcement> = {}) {
  const events: AnnouncementEvent[] = [];
  const states = announcer.announce({ service: 'llm', port: 8_000, ...announcement });
  const reading = (async () => {
    for await (const event of states) events.push(event);
  })();
  return {
    events,
    leave: async () => {
      await states.return?.();
      await reading;
    },
  };
}

const pointersOf = (answers: readonly Answer[]) =>
  answers.flatMap((answer) => (answer.type === 'PTR' ? [[answer.ttl, String(answer.data)]] : []));
const times = () => fake.sent.map(({ atMs }) => atMs);

describe('announcing by multicast DNS', () => {
  it('says it twice, a second apart', async () => {
    const { events } = announce();

    await fake.advance(60_000);

    expect([times(), events]).toEqual([[0, 1_000], [{ state: 'announced' }]]);
  });

  it('answers who asks, after a moment, with everything that it announces', async () => {
    announce();
    announce({ service: 'tools', port: 8_001 });
    await fake.advance(60_000);
    fake.sent.length = 0;

    fake.hearQuestion(SERVICES.toUpperCase());
    await fake.advance(69);
    const before = fake.sent.length;
    await fake.advance(1);

    expect([before, fake.sent.length]).toEqual([0, 1]);
    expect(pointersOf(fake.sent[0]?.answers ?? [])).toEqual([
      [120, expect.stringMatching(/^core-[0-9a-f]{16}-0\._tiercel\._tcp\.local$/)],
      [120, expect.stringMatching(/^core-[0-9a-f]{16}-1\._tiercel\._tcp\.local$/)],
    ]);
  });

  it('answers a thousand questions once, and no more than once a second', async () => {
    announce();
    await fake.advance(60_000);
    fake.sent.length = 0;

    for (let index = 0; index < 1_000; index++) {
      fake.hearQuestion(SERVICES);
      await fake.advance(2);
    }
    await fake.advance(10_000);

    expect(times()).toEqual([60_070, 61_070, 62_070]);
  });

  it('does not answer who knows it already, asks for something else, or when nothing is announced', async () => {
    fake.hearQuestion(SERVICES);
    const { leave } = announce();
    await fake.advance(60_000);
    const instance = instanceOf(fake.sent[0]?.answers ?? []);
    const known = (ttl: number) => recordsOf(instance, ttl).slice(0, 1);
    fake.sent.length = 0;

    fake.hearQuestion(SERVICES, known(100));
    fake.hearQuestion('_http._tcp.local');
    await fake.advance(60_000);
    const before = fake.sent.length;
    // It is about to forget.
    fake.hearQuestion(SERVICES, known(59));
    await fake.advance(60_000);

    expect([before, fake.sent.length]).toEqual([0, 1]);
    await leave();
    fake.sent.length = 0;
    fake.hearQuestion(SERVICES);
    await fake.advance(60_000);
    expect(fake.sent).toEqual([]);
  });

  it('is in the list of everything that is announced', async () => {
    announce();
    await fake.advance(60_000);
    fake.sent.length = 0;

    fake.hearQuestion('_services._dns-sd._udp.local');
    await fake.advance(1_000);

    expect(fake.sent[0]?.answers).toEqual([
      { type: 'PTR', name: '_services._dns-sd._udp.local', ttl: 120, data: SERVICES },
    ]);
  });

  it('says goodbye when its reader leaves, and for the rest when it is closed', async () => {
    const first = announce();
    announce({ service: 'tools', port: 8_001 });
    await fake.advance(60_000);
    fake.sent.length = 0;

    await first.leave();
    const left = fake.sent.flatMap(({ answers }) => pointersOf(answers));
    await announcer[Symbol.asyncDispose]();

    expect(left).toEqual([[0, expect.stringMatching(/-0\._tiercel/)]]);
    expect(pointersOf(fake.sent.at(-1)?.answers ?? [])).toEqual([[0, expect.stringMatching(/-1\._tiercel/)]]);
  });

  it('tells when it is not heard, and says it again when it is', async () => {
    const { events } = announce();
    await fake.advance(60_000);
    fake.breakDown('ENETDOWN');
    await fake.advance(0);
    fake.sent.length = 0;
    await fake.advance(60_000);

    expect(events).toEqual([
      { state: 'announced' },
      { state: 'lost', finding: expect.stringContaining('ENETDOWN') },
      { state: 'announced' },
    ]);
    expect(fake.sent).toHaveLength(2);
  });

  it.each<[string, string]>([
    ['a.b:c@d', 'a-b-c-d'],
    ['x'.repeat(64), 'x'.repeat(40)],
  ])('makes a label of the name %s', async (node, label) => {
    open({ node });
    announce();
    await fake.advance(0);

    const [[, name] = []] = pointersOf(fake.sent[0]?.answers ?? []);
    expect(name).toMatch(new RegExp(`^${label}-[0-9a-f]{16}-0\\.`));
    expect(String(name).split('.')[0]?.length).toBeLessThanOrEqual(63);
  });

  it.each<[string, string | undefined, string]>([
    ['core.house.example', '198.51.100.1', 'core.house.example'],
    ['', '198.51.100.1', '198.51.100.1'],
    ['', undefined, '192.0.2.1'],
  ])(
    'names the place: "advertise" %j, then the host %j, then the address',
    async (advertise, host, place) => {
      open({ advertise });
      announce(host === undefined ? {} : { host });
      await fake.advance(0);

      expect(JSON.stringify(fake.sent[0]?.answers)).toContain(place);
    },
  );
});

function instanceOf(answers: readonly Answer[]) {
  const [[, name] = []] = pointersOf(answers);
  return {
    label: String(name).split('.')[0] ?? '',
    id: 'core:llm:8000',
    announcement: { service: 'llm', port: 8_000 },
    hosts: ['192.0.2.1'],
  };
}
