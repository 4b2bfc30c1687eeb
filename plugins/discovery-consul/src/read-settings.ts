import path from 'node:path';
import { defaultDataDirectory } from '@tiercel/capabilities/data-directory';
import { defaultNodeName, isNodeName } from '@tiercel/capabilities/node-name';
import type { ConsulConfig } from './config.js';
import { ConsulError } from './errors.js';

/** Configuration that can be used. */
export interface Settings {
  /** Scheme, host, port and perhaps a path, without a slash at the end. */
  readonly origin: string;
  readonly token: string;
  readonly caFile: string;
  readonly node: string;
  /** Empty: found out. */
  readonly advertise: string;
  readonly isInNomad: boolean;
  readonly staleAfterMs: number;
  readonly churnPauseMs: number;
  /** Folder of the last good lists. */
  readonly directory: string;
}

/** Throws with everything that is wrong. */
export function readSettings(config: ConsulConfig): Settings {
  const { token, caFile, advertise, nomadAllocation, staleAfterMs, churnPauseMs } = config;
  const findings: string[] = [];
  const node = config.node || defaultNodeName();
  const origin = originOf(config, findings);
  if (!isNodeName(node))
    findings.push('"node" (NODE_NAME) has other characters than A-Z a-z 0-9 _ . : @ -, or more than 64');
  if (!/^[\x21-\x7e]*$/.test(token))
    findings.push('"token" (CONSUL_HTTP_TOKEN) has other characters than visible ASCII');
  if (!/^[A-Za-z0-9.:-]*$/.test(advertise)) findings.push('"advertise" is no name and no address of a host');
  if (findings.length > 0) throw new ConsulError('CONSUL_CONFIG_INVALID', { findings });
  return {
    origin,
    token,
    caFile,
    node,
    advertise,
    isInNomad: nomadAllocation !== '',
    staleAfterMs,
    churnPauseMs,
    directory: path.join(config.dataDirectory || defaultDataDirectory(), 'discovery'),
  };
}

function originOf({ host, port, address, tls }: ConsulConfig, findings: string[]): string {
  const scheme = tls ? 'https' : 'http';
  if (host === '' && address !== '') {
    const hasScheme = /^[a-z]+:\/\//i.test(address);
    const text = hasScheme ? address : `${scheme}://${address}`;
    const url = URL.canParse(text) ? new URL(text) : undefined;
    if (!url || !/^https?:$/.test(url.protocol) || url.host === '')
      findings.push('"address" (CONSUL_HTTP_ADDR) is neither host:port nor a URL with http or https');
    else if (url.username !== '' || url.password !== '')
      findings.push('"address" (CONSUL_HTTP_ADDR) has credentials: set CONSUL_HTTP_TOKEN instead');
    else return withoutEnd(hasScheme || /:\d+$/.test(address) ? url : withPort(url, port));
    return '';
  }
  const name = host || '127.0.0.1';
  const text = `${scheme}://${name.includes(':') && !name.startsWith('[') ? `[${name}]` : name}`;
  const isName = /^[A-Za-z0-9.:[\]_-]+$/.test(name) && URL.canParse(text);
  if (isName) return withoutEnd(withPort(new URL(text), port));
  findings.push('"host" (CONSUL_HOST) is no name and no address of a host: leave out scheme, port and path');
  return '';
}

function withPort(url: URL, port: number): URL {
  const whole = new URL(url);
  whole.port = String(port || 8500);
  return whole;
}

function withoutEnd({ origin, pathname }: URL): string {
  return `${origin}${pathname}`.replace(/\/+$/, '');
}
