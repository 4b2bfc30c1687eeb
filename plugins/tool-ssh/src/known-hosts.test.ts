import { createHmac, randomBytes } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { entriesFor, keyTypeOf, parseKnownHosts } from './known-hosts.js';

/** A key as it is sent: its type, then 32 bytes. */
function key(fill: number, type = 'ssh-ed25519'): Buffer {
  const name = Buffer.from(type);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(name.length);
  return Buffer.concat([length, name, Buffer.alloc(32, fill)]);
}

const encoded = (fill: number) => `ssh-ed25519 ${key(fill).toString('base64')}`;
const linesFor = (text: string, address: string, port = 22) =>
  entriesFor(parseKnownHosts(text), address, port).map(({ line }) => line);

describe('known hosts', () => {
  it.each([
    ['a name', 'nas.lan', 'nas.lan', 22],
    ['a name, however it is written', 'nas.LAN', 'NAS.lan', 22],
    ['one of several names', 'media,nas.lan,10.0.0.4', 'nas.lan', 22],
    ['an address', '10.0.0.4', '10.0.0.4', 22],
    ['an IPv6 address', '2001:db8::1', '2001:db8::1', 22],
    ['a port', '[nas.lan]:2222', 'nas.lan', 2222],
    ['a wildcard', '*.lan', 'nas.lan', 22],
    ['a wildcard for one character', '10.0.0.?', '10.0.0.4', 22],
    ['a wildcard with a port', '[*.lan]:2222', 'nas.lan', 2222],
    ['all hosts', '*', 'nas.lan', 2222],
  ])('know a host by %s', (_, names, address, port) => {
    expect(linesFor(`${names} ${encoded(1)}`, address, port)).toEqual([1]);
  });

  it.each([
    ['another name', 'nas.lan', 'tv.lan', 22],
    ['a name that only begins so', 'nas', 'nas.lan', 22],
    ['a name with another port', 'nas.lan', 'nas.lan', 2222],
    ['a port that is another', '[nas.lan]:2222', 'nas.lan', 22],
    ['a dot, which is no wildcard', 'nas.lan', 'nasxlan', 22],
    ['a wildcard that is taken back', '*.lan,!nas.lan', 'nas.lan', 22],
    ['nothing but a negation', '!tv.lan', 'nas.lan', 22],
  ])('do not know a host by %s', (_, names, address, port) => {
    expect(linesFor(`${names} ${encoded(1)}`, address, port)).toEqual([]);
  });

  it('know a host whose name is hashed', () => {
    const salt = randomBytes(20);
    const hash = createHmac('sha1', salt).update('[nas.lan]:2222').digest('base64');
    const text = `|1|${salt.toString('base64')}|${hash} ${encoded(1)}`;

    expect(linesFor(text, 'nas.lan', 2222)).toEqual([1]);
    expect(linesFor(text, 'nas.lan', 22)).toEqual([]);
    expect(linesFor(text, 'tv.lan', 2222)).toEqual([]);
  });

  it('tell keys that are revoked and keys of authorities from those of hosts', () => {
    const text = `@revoked * ${encoded(1)}\n@cert-authority *.lan ${encoded(2)}\nnas.lan ${encoded(3)} comment`;

    const entries = entriesFor(parseKnownHosts(text), 'nas.lan', 22);

    expect(entries.map(({ marker }) => marker)).toEqual(['revoked', 'cert-authority', undefined]);
  });

  it.each([
    ['a comment', `# nas.lan ${encoded(1)}`],
    ['an unknown marker', `@other nas.lan ${encoded(1)}`],
    ['a line without a key', 'nas.lan ssh-ed25519'],
    ['a key of another type than it says', `nas.lan ssh-rsa ${key(1).toString('base64')}`],
    ['a key that is none', 'nas.lan ssh-ed25519 AAAA'],
    ['another version of hashes', `|2|c2FsdA==|aGFzaA== ${encoded(1)}`],
  ])('pass over %s, and go on behind it', (_, line) => {
    expect(linesFor(`${line}\r\n\n  nas.lan\t${encoded(2)}\n`, 'nas.lan')).toEqual([3]);
  });

  it('are done with any pattern soon', () => {
    const names = `${'*a'.repeat(2_000)}*b`;

    expect(linesFor(`${names} ${encoded(1)}`, 'a'.repeat(10_000))).toEqual([]);
  });

  it('know by wildcards whom an expression would', () => {
    const expressions = new Map([
      ['*', '.*'],
      ['?', '.'],
      ['.', '\\.'],
    ]);
    const pieces = fc.array(fc.constantFrom('a', 'b', '.', '*', '?'), { minLength: 1, maxLength: 8 });
    const names = fc.string({ unit: fc.constantFrom('a', 'b', '.'), maxLength: 8 });

    fc.assert(
      fc.property(pieces, names, (pattern, name) => {
        const expression = new RegExp(
          `^${pattern.map((piece) => expressions.get(piece) ?? piece).join('')}$`,
        );

        expect(linesFor(`${pattern.join('')} ${encoded(1)}`, name)).toEqual(expression.test(name) ? [1] : []);
      }),
    );
  });

  it('read any text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.string(), (text, address) => {
        expect(Array.isArray(linesFor(text, address))).toBe(true);
      }),
    );
  });

  it('read the type of any bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), (bytes) => {
        expect(typeof keyTypeOf(Buffer.from(bytes))).toBe('string');
      }),
    );
  });
});
