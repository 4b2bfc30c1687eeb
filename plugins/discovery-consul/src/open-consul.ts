import { readFile } from 'node:fs/promises';
import type { Clock } from '@tiercel/capabilities/clock';
import type { Log } from '@tiercel/capabilities/log';
import type { Metrics } from '@tiercel/capabilities/metrics';
import type { PluginHealth, Releasable } from '@tiercel/kernel';
import { ConsulAnnouncer } from './consul-announcer.js';
import { ConsulClient } from './consul-client.js';
import { ConsulDiscovery } from './consul-discovery.js';
import { ConsulError } from './errors.js';
import { LastGoodLists } from './last-good-lists.js';
import type { Settings } from './read-settings.js';
import { Troubles } from './troubles.js';

export interface ConsulDeps {
  readonly log: Log;
  readonly clock: Clock;
  readonly metrics: Metrics | undefined;
  /** At least 0 and below 1: spreads pauses. Default `Math.random`. */
  readonly random?: () => number;
}

export interface Surroundings {
  readonly signal: AbortSignal;
  readonly health: PluginHealth;
  own<T extends Releasable>(resource: T): T;
}

/** Opens both sides of one Consul. Nobody is asked yet: a Consul that is away at the start is found later. */
export async function openConsul(
  settings: Settings,
  { log, clock, metrics, random = Math.random }: ConsulDeps,
  { signal, health, own }: Surroundings,
): Promise<{ readonly discovery: ConsulDiscovery; readonly announcer: ConsulAnnouncer }> {
  const { origin, token, caFile, directory, node, advertise, isInNomad } = settings;
  const authority = caFile === '' ? undefined : await readAuthority(caFile, signal);
  const { got } = await import('got');
  const client = new ConsulClient(got, { origin, token, authority, clock });
  const troubles = new Troubles(health);
  const lists = own(new LastGoodLists({ directory, origin, log }));
  const limits = { staleAfterMs: settings.staleAfterMs, churnPauseMs: settings.churnPauseMs };
  const shared = { client, clock, log, troubles, random };
  const discovery = own(new ConsulDiscovery({ ...shared, lists, metrics, ...limits }));
  const announcer = own(new ConsulAnnouncer({ ...shared, node, advertise }, { isInNomad }));
  health.facts(() => ({ consul: origin, services: discovery.services }));
  return { discovery, announcer };
}

async function readAuthority(file: string, signal: AbortSignal): Promise<string> {
  try {
    return await readFile(file, { encoding: 'utf8', signal });
  } catch {
    signal.throwIfAborted();
    const findings = [`"caFile" (CONSUL_CACERT) ${file} cannot be read`];
    throw new ConsulError('CONSUL_CONFIG_INVALID', { findings });
  }
}
