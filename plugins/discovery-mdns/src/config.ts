import type { Config, ConfigSchema } from '@tiercel/kernel';
import { MDNS_PORT } from './limits.js';

export const mdnsConfig = {
  interface: {
    doc: 'IPv4 address of this machine on the network to use. Empty: hears all of them, and speaks on the one that the system prefers',
    format: String,
    default: '',
    env: 'MDNS_INTERFACE',
  },
  port: {
    doc: 'Another port keeps nodes apart from all other multicast DNS; every node needs the same',
    format: 'port',
    default: MDNS_PORT,
    env: 'MDNS_PORT',
    min: 1,
  },
  node: {
    doc: 'Name of this node, of letters, digits and `_ . : @ -`; no two nodes may have the same. Empty: the name of the host',
    format: String,
    default: '',
    env: 'NODE_NAME',
  },
  advertise: {
    doc: 'Name or address under which others reach this node. Empty: the addresses of this machine',
    format: String,
    default: '',
  },
} as const satisfies ConfigSchema;

export type MdnsConfig = Config<typeof mdnsConfig>;
