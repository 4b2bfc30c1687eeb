import { DiscoveryError } from './errors.js';

/** Throws DISCOVERY_SERVICE_INVALID for a name that cannot stand in an address. */
export function checkServiceName(service: string): void {
  if (/^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/.test(service)) return;
  const finding =
    service === ''
      ? 'is empty'
      : service.length > 63
        ? `is ${service.length} characters long`
        : 'has other characters, or a hyphen at an end';
  throw new DiscoveryError('DISCOVERY_SERVICE_INVALID', { finding });
}
