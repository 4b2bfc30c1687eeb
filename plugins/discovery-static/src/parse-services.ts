import {
  checkServiceName,
  createEndpointSet,
  type Endpoint,
  type EndpointSet,
} from '@tiercel/capabilities/discovery';
import type { StaticConfig } from './config.js';
import { DiscoveryStaticError } from './errors.js';

/** Variables of their own have the services that shipped nodes look for. */
const ownKeys = {
  llm: 'llm',
  toolServerApi: 'tool-server-api',
  worldModelApi: 'world-model-api',
  tiercelSession: 'tiercel-session',
} as const satisfies Partial<Record<keyof StaticConfig, string>>;

/** The set of each service. Throws with everything that is wrong; addresses are shown without what might be a credential. */
export function parseServices(config: StaticConfig): ReadonlyMap<string, EndpointSet> {
  const given = new Map<string, unknown>(Object.entries(config.services));
  for (const [key, service] of Object.entries(ownKeys)) {
    const urls = config[key as keyof typeof ownKeys];
    if (urls.length > 0) given.set(service, urls);
  }

  const findings: string[] = [];
  const sets = new Map<string, EndpointSet>();
  for (const [service, value] of given) {
    const addresses = addressesIn(value);
    findings.push(...nameFindings(service));
    if (!addresses) {
      findings.push(`${service} is neither a text nor a list of texts`);
      continue;
    }
    const endpoints = addresses.flatMap((address): readonly Endpoint[] => {
      const parsed = parseAddress(address);
      if ('url' in parsed) return [parsed];
      findings.push(`${service}: ${parsed.finding}`);
      return [];
    });
    if (endpoints.length > 0) sets.set(service, createEndpointSet(endpoints, { isStale: false }));
  }
  if (findings.length > 0) throw new DiscoveryStaticError('DISCOVERY_STATIC_SERVICES_INVALID', { findings });
  return sets;
}

function addressesIn(value: unknown): readonly string[] | undefined {
  const texts = typeof value === 'string' ? [value] : value;
  if (!Array.isArray(texts) || !texts.every((text) => typeof text === 'string')) return undefined;
  return texts.flatMap((text) => text.split(/[\s,]+/)).filter((text) => text !== '');
}

function parseAddress(address: string): { readonly url: string } | { readonly finding: string } {
  if (!URL.canParse(address)) return { finding: 'an address is no URL' };
  const url = new URL(address);
  const shown = `${url.protocol}//${url.host}`;
  if (!/^https?:$/.test(url.protocol)) return { finding: `${shown} is neither http nor https` };
  if (url.username !== '' || url.password !== '') return { finding: `${shown} is given with credentials` };
  if (url.search !== '' || url.hash !== '')
    return { finding: `${shown} is given with a query or a fragment` };
  return { url: url.href.replace(/\/$/, '') };
}

function nameFindings(service: string): readonly string[] {
  try {
    checkServiceName(service);
    return [];
  } catch {
    return [`${JSON.stringify(service.slice(0, 64))} is no name of a service`];
  }
}
