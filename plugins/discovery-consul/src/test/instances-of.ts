import type { Endpoint } from '@tiercel/capabilities/discovery';
import type { Instance } from './consul-double.js';

/** What Consul would know of these endpoints. */
export function instancesOf(endpoints: readonly Endpoint[]): readonly Instance[] {
  return endpoints.map(({ url, weight = 1 }) => {
    const { hostname, port } = new URL(url);
    return { id: `${hostname}-${port}`, address: hostname, port: Number(port), weight };
  });
}
