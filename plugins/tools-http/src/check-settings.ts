import { isRange } from './address-rules.js';
import { HttpError } from './errors.js';
import { parseHostRule } from './host-rules.js';
import { isNameServer } from './resolve-host.js';

export interface RawSettings {
  readonly hosts: readonly string[];
  readonly privateRanges: readonly string[];
  readonly nameServers: readonly string[];
  readonly userAgent: string;
}

/** Throws one `HTTP_CONFIG_INVALID` with everything that is wrong. */
export function checkSettings({ hosts, privateRanges, nameServers, userAgent }: RawSettings): void {
  const findings = hosts.length === 0 ? ['hosts names no host'] : [];
  for (const host of hosts)
    if (!parseHostRule(host))
      findings.push(`hosts: "${host}" is not a host, *.host or *, each with or without :port`);
  for (const range of privateRanges)
    if (!isRange(range)) findings.push(`privateRanges: "${range}" is not a range such as 192.168.1.0/24`);
  for (const server of nameServers)
    if (!isNameServer(server))
      findings.push(`nameServers: "${server}" is not an IP address, with or without :port`);
  if (!/^[\x20-\x7e]{1,200}$/.test(userAgent))
    findings.push('userAgent is not 1 to 200 characters of plain ASCII');
  if (findings.length > 0) throw new HttpError('HTTP_CONFIG_INVALID', { findings });
}
