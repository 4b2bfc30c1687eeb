import { isIPv4 } from 'node:net';
import { defaultNodeName, isNodeName } from '@tiercel/capabilities/node-name';
import type { MdnsConfig } from './config.js';
import { MdnsError } from './errors.js';

export interface Settings {
  /** Empty: all networks. */
  readonly interface: string;
  readonly port: number;
  readonly node: string;
  /** Empty: the addresses of this machine. */
  readonly advertise: string;
}

const HOST = /^(?:[A-Za-z0-9](?:[A-Za-z0-9.-]{0,251}[A-Za-z0-9])?|[0-9A-Fa-f:]{2,45})$/;

/** Throws `MDNS_CONFIG_INVALID` with everything that is wrong. */
export function readSettings(config: MdnsConfig): Settings {
  const node = config.node === '' ? defaultNodeName() : config.node;
  const findings = [
    config.interface === '' || isIPv4(config.interface)
      ? []
      : ['"interface" (MDNS_INTERFACE) is no IPv4 address of this machine'],
    isNodeName(node)
      ? []
      : ['"node" (NODE_NAME) has other characters than letters, digits and _ . : @ -, or more than 64'],
    config.advertise === '' || HOST.test(config.advertise) ? [] : ['"advertise" is no name and no address'],
  ].flat();
  if (findings.length > 0) throw new MdnsError('MDNS_CONFIG_INVALID', { findings });
  return { interface: config.interface, port: config.port, node, advertise: config.advertise };
}
