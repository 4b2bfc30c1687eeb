import type { Clock } from '@tiercel/capabilities/clock';
import type { Log } from '@tiercel/capabilities/log';
import type { PluginHealth, Releasable } from '@tiercel/kernel';
import { MdnsAnnouncer } from './mdns-announcer.js';
import { MdnsDiscovery } from './mdns-discovery.js';
import { MdnsNetwork } from './mdns-network.js';
import type { Settings } from './read-settings.js';

export interface MdnsDeps {
  readonly log: Log;
  readonly clock: Clock;
  /** At least 0 and below 1: spreads answers. Default `Math.random`. */
  readonly random?: () => number;
}

export interface Surroundings {
  readonly health: PluginHealth;
  own<T extends Releasable>(resource: T): T;
}

/** Opens both sides. Nothing is asked before somebody wants to know; a network that is away at the start is found later. */
export async function openMdns(
  settings: Settings,
  { log, clock, random = Math.random }: MdnsDeps,
  { health, own }: Surroundings,
): Promise<{ readonly discovery: MdnsDiscovery; readonly announcer: MdnsAnnouncer }> {
  const { default: library } = await import('multicast-dns');
  const { port, node, advertise } = settings;
  const network = own(new MdnsNetwork({ library, interface: settings.interface, port, clock, log, health }));
  const discovery = own(new MdnsDiscovery({ network, clock, log }));
  const announcer = own(
    new MdnsAnnouncer({ network, clock, random, node, advertise, interface: settings.interface }),
  );
  health.facts(() => ({ known: discovery.size, ignored: network.ignored }));
  return { discovery, announcer };
}
