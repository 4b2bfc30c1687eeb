import { isIP } from 'node:net';
import { GatewayError } from '../errors.js';

/** Names that a listener answers to. */
export interface HostRules {
  /** Bound to this machine only. */
  readonly isLoopback: boolean;
  /** Host names of its own, lower case, without port. */
  readonly names: ReadonlySet<string>;
}

const LOOPBACK = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])$/;

export function isLoopbackHost(host: string): boolean {
  return LOOPBACK.test(host === '::1' ? '[::1]' : host.toLowerCase());
}

/** Only paths: a full URL or `*` as target would say twice, and differently, whom the request is for. */
export function checkTarget(target: string | undefined): void {
  if (target?.startsWith('/') && !target.startsWith('//')) return;
  throw new GatewayError('GATEWAY_REQUEST_INVALID', { findings: ['the request target is not a path'] });
}

/**
 * A page that a browser loaded from elsewhere can have its own name point here. Addresses are safe, as no name stands
 * behind them; names must be known.
 */
export function checkHost(host: string | undefined, rules: HostRules): void {
  const name = /^([^:]+|\[[0-9a-f:.]+\])(?::\d{1,5})?$/i.exec(host ?? '')?.[1]?.toLowerCase();
  const isKnown =
    name !== undefined &&
    (LOOPBACK.test(name) ||
      rules.names.has(name) ||
      (!rules.isLoopback && isIP(name.replace(/^\[|\]$/g, '')) !== 0));
  if (!isKnown) throw new GatewayError('GATEWAY_HOST_REFUSED', {});
}

/** Programs send no origin; browsers do, for pages that are not ours. */
export function checkOrigin(origin: string | undefined, allowed: ReadonlySet<string>): void {
  if (origin === undefined || allowed.has(origin)) return;
  throw new GatewayError('GATEWAY_ORIGIN_REFUSED', {});
}

/** The id of a client, if it can be put into a header and a log as it is. */
export function readRequestId(header: string | readonly string[] | undefined): string | undefined {
  return typeof header === 'string' && /^[\w.:-]{1,128}$/.test(header) ? header : undefined;
}

export function readTraceparent(header: string | readonly string[] | undefined): string | undefined {
  const parts =
    typeof header === 'string' ? /^00-([0-9a-f]{32})-([0-9a-f]{16})-[0-9a-f]{2}$/.exec(header) : null;
  const isSet = (id: string | undefined) => id !== undefined && /[1-9a-f]/.test(id);
  return parts && isSet(parts[1]) && isSet(parts[2]) ? parts[0] : undefined;
}
