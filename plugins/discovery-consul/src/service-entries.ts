import type { Endpoint } from '@tiercel/capabilities/discovery';

/** What an answer of `/v1/health/service` says; `skipped` counts entries of which no address can be made. */
export interface ServiceEntries {
  readonly endpoints: readonly Endpoint[];
  readonly skipped: number;
}

const MAX_ENDPOINTS = 256;
const MAX_TAGS = 32;
const HOST = /^[A-Za-z0-9_](?:[A-Za-z0-9._-]{0,252})$/;
const ADDRESS_6 = /^[0-9A-Fa-f:]{2,45}$/;
const PATH = /^\/[A-Za-z0-9._~/-]{0,254}$/;

/** Returns a finding for what is no list of entries at all. */
export function readServiceEntries(text: string): ServiceEntries | { readonly finding: string } {
  const answer = parseJson(text);
  if (answer === undefined) return { finding: 'it is not JSON' };
  if (!Array.isArray(answer)) return { finding: 'it is no list' };
  const found = answer.map(readEntry);
  const usable = found.filter((endpoint) => endpoint !== undefined).slice(0, MAX_ENDPOINTS);
  return { endpoints: usable, skipped: found.length - usable.length };
}

function readEntry(entry: unknown): Endpoint | undefined {
  const service = recordIn(entry, 'Service');
  const node = recordIn(entry, 'Node');
  const meta = recordIn(service, 'Meta');
  const host = hostOf(textIn(service, 'Address') || textIn(node, 'Address'));
  const port = service['Port'];
  if (host === undefined || typeof port !== 'number' || !Number.isInteger(port)) return undefined;
  if (port < 1 || port > 65_535) return undefined;

  const tags = (Array.isArray(service['Tags']) ? service['Tags'] : []).filter(
    (tag) => typeof tag === 'string',
  );
  const scheme = textIn(meta, 'protocol') === 'https' || tags.includes('https') ? 'https' : 'http';
  const path = PATH.test(textIn(meta, 'path')) ? textIn(meta, 'path').replace(/\/+$/, '') : '';
  const url = `${scheme}://${host}:${port}${path}`;
  const id = [textIn(node, 'ID') || textIn(node, 'Node'), textIn(service, 'ID')].filter(
    (part) => part !== '',
  );
  const weight = recordIn(service, 'Weights')['Passing'];
  return {
    url,
    ...(id.length === 2 && { id: id.join('/') }),
    ...(typeof weight === 'number' && Number.isFinite(weight) && weight >= 0 && { weight }),
    ...(tags.length > 0 && { tags: tags.slice(0, MAX_TAGS) }),
  };
}

function hostOf(address: string): string | undefined {
  if (ADDRESS_6.test(address) && address.includes(':')) return `[${address}]`;
  return HOST.test(address) ? address : undefined;
}

function recordIn(value: unknown, key: string): Readonly<Record<string, unknown>> {
  const inner = Object(value)[key];
  return typeof inner === 'object' && inner !== null ? inner : {};
}

function textIn(value: Readonly<Record<string, unknown>>, key: string): string {
  const text = value[key];
  return typeof text === 'string' ? text : '';
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
