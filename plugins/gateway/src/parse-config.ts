import { BlockList, isIP } from 'node:net';
import type { GatewayConfig } from './config.js';
import { GatewayError } from './errors.js';
import { ANONYMOUS, type Key, KeyRing, sha256 } from './http/key-ring.js';
import { isLoopbackHost } from './http/request-checks.js';
import type { RouteGroup } from './http/route-group.js';

type GroupName = RouteGroup['name'];

const keyVariables: Readonly<Record<GroupName, string>> = {
  openai: 'GATEWAY_API_KEYS',
  tools: 'TOOL_SERVER_API_KEY',
  world: 'WORLD_MODEL_API_KEY',
};

/** What the configuration of the gateway means. */
export interface GatewaySettings {
  readonly groups: readonly GroupName[];
  readonly keys: Readonly<Record<GroupName, KeyRing>>;
  readonly origins: ReadonlySet<string>;
}

const SCOPE = /^(?:models|tools|world|metrics)$|^(?:models|tools):\S{1,200}$|^world:(?:read|write)$/;

/** Throws `GATEWAY_CONFIG_INVALID` with everything that is wrong. No value of a key is ever shown. */
export function parseConfig(config: GatewayConfig): GatewaySettings {
  const findings: string[] = [];
  const scopes = parseScopes(config.keyScopes, findings);
  const gatewayKeys = config.apiKeys.flatMap((text, index) => parseHashedKey(text, index, scopes, findings));
  const toolKeys = plainKeys(config.toolApiKeys, 'tool-server', 'tools', scopes);
  const worldKeys = plainKeys(config.worldApiKeys, 'world-model', 'world', scopes);
  const names = [...gatewayKeys, ...toolKeys, ...worldKeys].map(({ name }) => name);
  if (new Set(names).size < names.length) findings.push('two apiKeys have the same name');
  for (const name of scopes.keys())
    if (!names.includes(name)) findings.push(`keyScopes names ${name}, and there is no such key`);
  const settings: GatewaySettings = {
    groups: parseGroups(config.groups, findings),
    keys: {
      openai: new KeyRing(gatewayKeys),
      tools: new KeyRing(toolKeys),
      world: new KeyRing(worldKeys),
    },
    origins: new Set(config.allowedOrigins.filter((origin) => checkOrigin(origin, findings))),
  };
  if (config.headersTimeoutMs > config.requestTimeoutMs)
    findings.push('headersTimeoutMs is longer than requestTimeoutMs, which counts them in');
  for (const proxy of config.trustedProxies) checkProxy(proxy, findings);
  if (findings.length > 0) throw new GatewayError('GATEWAY_CONFIG_INVALID', { findings });
  return settings;
}

/** Whoever reaches a listener may use it where there is no key, so there must be one. */
export function requireKeys(group: GroupName, host: string, keys: KeyRing): void {
  if (!keys.isEmpty || (group !== 'tools' && isLoopbackHost(host))) return;
  throw new GatewayError('GATEWAY_KEY_REQUIRED', { group, address: host, variable: keyVariables[group] });
}

function parseGroups(groups: readonly string[], findings: string[]): readonly GroupName[] {
  const known: readonly GroupName[] = ['openai', 'tools', 'world'];
  for (const group of groups) {
    if (group !== 'ops' && !known.some((name) => name === group))
      findings.push(`groups names ${group}; there are openai, tools, world and ops`);
  }
  return known.filter((name) => groups.includes(name));
}

/** Keys that are configured as clients send them. */
function plainKeys(
  keys: readonly string[],
  prefix: string,
  area: string,
  scopes: ReadonlyMap<string, readonly string[]>,
): readonly Key[] {
  return keys.map((key, index) => {
    const name = `${prefix}-${index + 1}`;
    return { name, scopes: scopes.get(name) ?? [area, 'metrics'], digest: sha256(key) };
  });
}

function parseHashedKey(
  text: string,
  index: number,
  scopes: ReadonlyMap<string, readonly string[]>,
  findings: string[],
): readonly Key[] {
  const [, name = `key-${index + 1}`, hex] = /^(?:([\w.-]{1,64})=)?([0-9a-f]{64})$/i.exec(text) ?? [];
  if (hex === undefined) {
    findings.push(`entry ${index + 1} of apiKeys is not the SHA-256 of a key in hex, or name=hex`);
    return [];
  }
  return [{ name, scopes: scopes.get(name) ?? ['models', 'metrics'], digest: Buffer.from(hex, 'hex') }];
}

function parseScopes(
  record: Readonly<Record<string, unknown>>,
  findings: string[],
): ReadonlyMap<string, readonly string[]> {
  const scopes = new Map<string, readonly string[]>();
  for (const [name, value] of Object.entries(record)) {
    const isList = Array.isArray(value) && value.every((scope) => SCOPE.test(String(scope)));
    if (!isList || name === ANONYMOUS.name)
      findings.push(`keyScopes.${name} is not a list of scopes of a key`);
    else scopes.set(name, value.map(String));
  }
  return scopes;
}

function checkOrigin(origin: string, findings: string[]): boolean {
  const isOrigin = URL.canParse(origin) && /^https?:/.test(origin) && new URL(origin).origin === origin;
  if (!isOrigin) findings.push(`${origin} in allowedOrigins is not an origin, such as https://home.example`);
  return isOrigin;
}

function checkProxy(proxy: string, findings: string[]): void {
  const [address = '', prefix] = proxy.split('/');
  try {
    const type = isIP(address) === 6 ? 'ipv6' : 'ipv4';
    if (prefix === undefined) new BlockList().addAddress(address, type);
    else new BlockList().addSubnet(address, Number(prefix), type);
  } catch {
    findings.push(`${proxy} in trustedProxies is not an address or a network`);
  }
}
