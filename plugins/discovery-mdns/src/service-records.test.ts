import { describe, expect, it } from '@jest/globals';
import type { Announcement } from '@tiercel/capabilities/discovery';
import type { ResponsePacket } from 'multicast-dns';
import { type Answer, goodbyesIn, instancesIn, recordsOf } from './service-records.js';

const NAME = 'core-1.local';
const own = (announcement: Partial<Announcement> = {}, hosts: readonly string[] = ['192.0.2.1']) => ({
  label: 'core-1',
  id: 'core:llm:8000',
  announcement: { service: 'llm', port: 8_000, ...announcement },
  hosts,
});

function packetOf(answers: readonly Answer[], additionals: readonly Answer[] = []): ResponsePacket {
  return { type: 'response', answers: [...answers], additionals: [...additionals] } as ResponsePacket;
}

const heardOf = (announcement: Partial<Announcement> = {}, hosts?: readonly string[], from = '192.0.2.9') =>
  instancesIn(packetOf(recordsOf(own(announcement, hosts))), from);

/** The records of one instance with one of them changed. */
function changed(type: string, change: (record: Answer) => Partial<Answer>): ResponsePacket {
  return packetOf(
    recordsOf(own()).map((record) =>
      record.type === type ? ({ ...record, ...change(record) } as Answer) : record,
    ),
  );
}

const withText = (...data: readonly (string | Buffer)[]) => changed('TXT', () => ({ data: [...data] }));

describe('the records of a service', () => {
  it('tell a reader all that was announced', () => {
    const [instance] = heardOf({
      protocol: 'https',
      path: '/v1',
      tags: ['gpu', 'main'],
      tier: 'core',
      version: '1.2.3',
    });

    expect(instance).toEqual({
      name: 'core-1._tiercel._tcp.local',
      service: 'llm',
      endpoint: { url: 'https://192.0.2.1:8000/v1', id: 'core:llm:8000', tags: ['gpu', 'main'] },
      ttlSeconds: 120,
    });
  });

  it.each<[string, readonly string[], string, string]>([
    ['the address of who sent it, among several', ['10.0.0.1', '192.0.2.9'], '192.0.2.9', '192.0.2.9'],
    ['the first address, where another sent it', ['10.0.0.1', '10.0.0.2'], '192.0.2.9', '10.0.0.1'],
    ['an IPv6 address in brackets', ['2001:db8::1'], '192.0.2.9', '[2001:db8::1]'],
    ['a name that was set', ['core.house.example'], '192.0.2.9', 'core.house.example'],
  ])('are read as %s', (_, hosts, from, host) => {
    expect(heardOf({}, hosts, from).map(({ endpoint }) => endpoint.url)).toEqual([`http://${host}:8000`]);
  });

  it('may come with the name alone as the answer, and the rest beside it', () => {
    const [pointer, ...rest] = recordsOf(own());

    expect(instancesIn(packetOf(pointer ? [pointer] : [], rest), '192.0.2.9')).toHaveLength(1);
  });

  it('say goodbye with a life of 0, and are no instance then', () => {
    const packet = packetOf(recordsOf(own(), 0));

    expect([goodbyesIn(packet), instancesIn(packet, '192.0.2.9')]).toEqual([
      ['core-1._tiercel._tcp.local'],
      [],
    ]);
  });

  it('live no longer than an hour and a quarter, whatever they say', () => {
    const packet = changed('PTR', () => ({ ttl: 4_294_967_295 }));

    expect(instancesIn(packet, '192.0.2.9').map(({ ttlSeconds }) => ttlSeconds)).toEqual([4_500]);
  });

  it('are compared without regard to capitals', () => {
    const packet = changed('SRV', (record) => ({ name: record.name.toUpperCase() }));

    expect(instancesIn(packet, '192.0.2.9')).toHaveLength(1);
  });

  it('may have texts that nobody knows', () => {
    const packet = withText('service=llm', 'later=1', '__proto__=x', 'flag', '=', Buffer.from([0xff, 0xfe]));

    expect(instancesIn(packet, '192.0.2.9')).toMatchObject([{ service: 'llm', endpoint: { tags: [] } }]);
  });
});

describe('records from strangers', () => {
  it.each<[string, ResponsePacket]>([
    ['have no place', packetOf(recordsOf(own()).filter(({ type }) => type !== 'SRV'))],
    ['have no text', packetOf(recordsOf(own()).filter(({ type }) => type !== 'TXT'))],
    ['are of another type of service', changed('PTR', () => ({ name: '_http._tcp.local' }))],
    ['have no port', changed('SRV', () => ({ data: { target: NAME, port: 0 } }))],
    ['name a host with credentials', changed('SRV', () => ({ data: { target: 'me:pw@evil', port: 1 } }))],
    ['name a host with a path', changed('SRV', () => ({ data: { target: 'evil/..', port: 1 } }))],
    ['name no host', changed('SRV', () => ({ data: { target: '', port: 1 } }))],
    ['name no service', withText('id=1')],
    ['name a service that nobody could ask for', withText('service=../kv')],
    ['speak another protocol', withText('service=llm', 'proto=file')],
    ['have a path with a question', withText('service=llm', 'path=/v1?key=1')],
    ['have a path that leads to another host', withText('service=llm', 'path=@evil.example')],
    ['have a line break in their tag', withText('service=llm', 'tag=a\r\nx: y')],
    ['have a control character in their id', withText('service=llm', 'id=a\u001b[2J')],
    ['have an id without end', withText('service=llm', `id=${'a'.repeat(201)}`)],
  ])('that %s are as good as not there', (_, packet) => {
    expect(instancesIn(packet, '192.0.2.9')).toEqual([]);
  });

  it('do not hide those of others', () => {
    const other = { ...own(), label: 'core-2' };
    const wrong = recordsOf(own({ service: 'other' })).filter(({ type }) => type !== 'TXT');

    const packet = packetOf([...wrong, ...recordsOf(other)]);

    expect(instancesIn(packet, '192.0.2.9')).toHaveLength(1);
  });
});
