import type { Endpoint, EndpointSet } from './discovery.js';

/** Makes a set that is frozen and has no duplicates: of two endpoints with one address the first stays. */
export function createEndpointSet(
  endpoints: Iterable<Endpoint>,
  { isStale }: { isStale: boolean },
): EndpointSet {
  const byUrl = new Map<string, Endpoint>();
  for (const endpoint of endpoints) {
    if (!byUrl.has(endpoint.url)) byUrl.set(endpoint.url, Object.freeze({ ...endpoint }));
  }
  return Object.freeze({ endpoints: Object.freeze([...byUrl.values()]), isStale });
}

/** Whether both say the same, in whatever order. */
export function saysTheSame(one: EndpointSet, other: EndpointSet): boolean {
  return one.isStale === other.isStale && textOf(one) === textOf(other);
}

function textOf({ endpoints }: EndpointSet): string {
  const texts = endpoints.map(({ url, id = url, weight = 1, tags = [] }) =>
    JSON.stringify([url, id, weight, tags]),
  );
  return texts.sort().join('\n');
}
