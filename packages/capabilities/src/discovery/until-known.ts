import type { Discovery, Endpoint, EndpointSet } from './discovery.js';
import { DiscoveryError } from './errors.js';

/** Watches until these addresses are the set, as stale as asked. Returns the set. */
export async function untilKnown(
  discovery: Discovery,
  service: string,
  endpoints: readonly Pick<Endpoint, 'url'>[],
  { isStale = false }: { readonly isStale?: boolean } = {},
): Promise<EndpointSet> {
  const wanted = textOf(endpoints);
  for await (const set of discovery.watch(service)) {
    if (textOf(set.endpoints) === wanted && set.isStale === isStale) return set;
  }
  throw new DiscoveryError('DISCOVERY_UNAVAILABLE', { service, finding: 'its watch has ended' });
}

function textOf(endpoints: readonly Pick<Endpoint, 'url'>[]): string {
  return endpoints
    .map(({ url }) => url)
    .sort()
    .join(' ');
}
