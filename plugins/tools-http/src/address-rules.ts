import { BlockList, isIP, isIPv4 } from 'node:net';

/** Everything but the public internet, after the registries of IANA. */
const reservedIpv4 = [
  '0.0.0.0/8',
  '10.0.0.0/8',
  '100.64.0.0/10',
  '127.0.0.0/8',
  '169.254.0.0/16',
  '172.16.0.0/12',
  '192.0.0.0/24',
  '192.0.2.0/24',
  '192.31.196.0/24',
  '192.52.193.0/24',
  '192.88.99.0/24',
  '192.168.0.0/16',
  '192.175.48.0/24',
  '198.18.0.0/15',
  '198.51.100.0/24',
  '203.0.113.0/24',
  '224.0.0.0/4',
  '240.0.0.0/4',
];
/** The public internet of version 6, and what in it is not public or leads to an address of version 4. */
const publicIpv6 = '2000::/3';
const reservedIpv6 = ['2001::/23', '2001:db8::/32', '2002::/16', '2620:4f:8000::/48', '3fff::/20'];

/** Which IP addresses may be connected to: public ones, and the ranges that the owner of the node allows. */
export class AddressRules {
  readonly #allowed: BlockList;
  readonly #public = listOf([publicIpv6]);
  readonly #reserved = listOf([...reservedIpv4, ...reservedIpv6]);

  /** @param allowedRanges in CIDR notation; see `isRange` */
  constructor(allowedRanges: readonly string[]) {
    this.#allowed = listOf(allowedRanges);
  }

  allows(address: string): boolean {
    const version = isIP(address);
    if (version === 0) return false;
    const family = version === 4 ? 'ipv4' : 'ipv6';
    if (this.#allowed.check(address, family)) return true;
    if (this.#reserved.check(address, family)) return false;
    return version === 4 || this.#public.check(address, family);
  }
}

/** Whether a text is a range in CIDR notation, or a single address. */
export function isRange(text: string): boolean {
  const [address = '', bits, ...rest] = text.split('/');
  const version = isIP(address);
  if (version === 0 || rest.length > 0 || address.includes('%')) return false;
  return bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= (version === 4 ? 32 : 128));
}

function listOf(ranges: readonly string[]): BlockList {
  const list = new BlockList();
  for (const range of ranges) {
    const [address = '', bits] = range.split('/');
    const isFour = isIPv4(address);
    list.addSubnet(
      address,
      bits === undefined ? (isFour ? 32 : 128) : Number(bits),
      isFour ? 'ipv4' : 'ipv6',
    );
  }
  return list;
}
