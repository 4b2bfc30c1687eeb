import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { afterEach, describe, expect, it } from '@jest/globals';
import { createResolveHost } from './resolve-host.js';
import { createTools } from './web-server.test.support.js';

const A = 1;
const AAAA = 28;
const open: { close(): void }[] = [];
afterEach(() => {
  for (const socket of open.splice(0)) socket.close();
});

/** A name server: data of the records per type, a response code, or nothing at all. */
async function openNameServer(
  answer: (type: number) => readonly Buffer[] | number | undefined,
): Promise<string> {
  const socket = createSocket('udp4');
  open.push(socket);
  socket.on('message', (query, { port, address }) => {
    const end = query.indexOf(0, 12) + 5;
    const type = query.readUInt16BE(end - 4);
    const found = answer(type);
    if (found === undefined) return;
    const records = typeof found === 'number' ? [] : found;
    const head = Buffer.alloc(12);
    query.copy(head, 0, 0, 2);
    head.writeUInt16BE(0x8180 | (typeof found === 'number' ? found : 0), 2);
    head.writeUInt16BE(1, 4);
    head.writeUInt16BE(records.length, 6);
    const bodies = records.flatMap((data) => {
      const record = Buffer.from([0xc0, 0x0c, 0, type, 0, 1, 0, 0, 0, 60, 0, data.length]);
      return [record, data];
    });
    socket.send(Buffer.concat([head, query.subarray(12, end), ...bodies]), port, address);
  });
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  return `127.0.0.1:${socket.address().port}`;
}

const ipv6 = Buffer.from('fd000000000000000000000000000001', 'hex');
const { signal } = new AbortController();

describe('the resolver', () => {
  it('gives the addresses of both versions', async () => {
    const server = await openNameServer((type) =>
      type === A ? [Buffer.from([10, 0, 0, 1]), Buffer.from([93, 184, 215, 14])] : [ipv6],
    );

    expect(await createResolveHost([server])('site.test', signal)).toEqual([
      '10.0.0.1',
      '93.184.215.14',
      'fd00::1',
    ]);
  });

  it('goes on with one version if the other fails', async () => {
    const server = await openNameServer((type) => (type === AAAA ? 2 : [Buffer.from([10, 0, 0, 1])]));

    expect(await createResolveHost([server])('site.test', signal)).toEqual(['10.0.0.1']);
  });

  it('tells a host that does not exist from name servers that fail', async () => {
    const missing = await openNameServer(() => 3);
    const failing = await openNameServer(() => 2);

    expect(await createResolveHost([missing])('site.test', signal)).toEqual([]);
    expect(await createResolveHost([failing])('site.test', signal)).toEqual({
      finding: 'the name servers do not tell where its host is (ESERVFAIL)',
    });
  });

  it('ends at once when its caller gives up', async () => {
    const caller = new AbortController();
    const reason = new Error('enough');
    const server = await openNameServer(() => {
      caller.abort(reason);
      return undefined;
    });

    await expect(createResolveHost([server])('site.test', caller.signal)).rejects.toBe(reason);
  });

  it('is what the tool believes, and no further than its rules go', async () => {
    const server = await openNameServer((type) => (type === A ? [Buffer.from([10, 0, 0, 1])] : []));
    const tools = createTools({ hosts: ['site.test'], resolve: createResolveHost([server]) });

    await expect(tools.call('http_get', { url: 'http://site.test/' })).rejects.toMatchObject({
      code: 'HTTP_ADDRESS_REFUSED',
    });
  });
});
