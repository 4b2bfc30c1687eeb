import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { AddressRules, isRange } from './address-rules.js';

const isPublic = (address: string) => new AddressRules([]).allows(address);

describe('AddressRules', () => {
  it.each([
    '0.0.0.0',
    '10.1.2.3',
    '100.64.0.1',
    '127.0.0.1',
    '127.255.255.254',
    '169.254.169.254',
    '172.16.0.1',
    '172.31.255.255',
    '192.0.0.8',
    '192.0.2.1',
    '192.88.99.1',
    '192.168.178.1',
    '198.18.0.1',
    '198.51.100.7',
    '203.0.113.9',
    '224.0.0.251',
    '239.255.255.250',
    '240.0.0.1',
    '255.255.255.255',
    '::',
    '::1',
    '::127.0.0.1',
    '::ffff:127.0.0.1',
    '::ffff:7f00:1',
    '::ffff:8.8.8.8',
    '64:ff9b::7f00:1',
    '64:ff9b:1::1',
    '100::1',
    '2001::1',
    '2001:db8::1',
    '2002:7f00:1::',
    '3fff::1',
    'fc00::1',
    'fd00:ec2::254',
    'fe80::1',
    'fec0::1',
    'ff02::fb',
    '5f00::1',
    '',
    'localhost',
    '127.1',
    '0x7f.0.0.1',
  ])('does not take %s for public', (address) => {
    expect(isPublic(address)).toBe(false);
  });

  it.each([
    '1.1.1.1',
    '8.8.8.8',
    '93.184.215.14',
    '172.32.0.1',
    '192.169.0.1',
    '2606:4700:4700::1111',
    '2a00:1450:4001::1',
  ])('takes %s for public', (address) => {
    expect(isPublic(address)).toBe(true);
  });

  it('allows ranges that the owner of the node names, and nothing beside them', () => {
    const rules = new AddressRules(['192.168.1.0/24', '10.0.0.5', 'fd00:1::/32']);

    expect(['192.168.1.77', '10.0.0.5', 'fd00:1::9'].map((address) => rules.allows(address))).toEqual([
      true,
      true,
      true,
    ]);
    expect(
      ['192.168.2.1', '10.0.0.6', 'fd00:2::9', '127.0.0.1'].map((address) => rules.allows(address)),
    ).toEqual([false, false, false, false]);
  });

  it('takes an address of version 4 for the same however version 6 wraps it', () => {
    fc.assert(
      fc.property(fc.ipV4(), (address) => {
        if (isPublic(address)) return;

        expect(isPublic(`::ffff:${address}`)).toBe(false);
        expect(isPublic(`64:ff9b::${address}`)).toBe(false);
      }),
    );
  });

  it.each([
    ['10.0.0.0/8', true],
    ['10.0.0.1', true],
    ['fd00::/8', true],
    ['10.0.0.0/33', false],
    ['fd00::/129', false],
    ['10.0.0.0/8/8', false],
    ['10.0.0.0/', false],
    ['10/8', false],
    ['fe80::1%eth0', false],
    ['example.com', false],
  ])('finds that %s is a range: %s', (text, isOne) => {
    expect(isRange(text)).toBe(isOne);
  });
});
