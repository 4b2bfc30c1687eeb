import { DiscoveryError } from './errors.js';
import type { Announcement } from './service-announcer.js';
import { checkServiceName } from './service-name.js';

const HOST = /^(?:[A-Za-z0-9](?:[A-Za-z0-9.-]{0,251}[A-Za-z0-9])?|[0-9A-Fa-f:]{2,45})$/;
const PATH = /^\/[A-Za-z0-9._~/-]{0,254}$/;
const WORD = /^[\x21-\x7e]{1,64}$/;
const MAX_TAGS = 16;

/** Throws for an announcement of which nobody could make an address, with everything that is wrong about it. */
export function checkAnnouncement(announcement: Announcement): void {
  const { service, port, protocol = 'http', path = '/', host = 'localhost', healthPath = '/' } = announcement;
  checkServiceName(service);
  const { tags = [], version = '0', tier = 'any' } = announcement;
  const findings = [
    Number.isInteger(port) && port > 0 && port <= 65_535 ? [] : ['"port" is no whole number from 1 to 65535'],
    ['http', 'https'].includes(protocol) ? [] : ['"protocol" is neither http nor https'],
    PATH.test(path) ? [] : ['"path" does not begin with / or has unusual characters'],
    HOST.test(host) ? [] : ['"host" is no name and no address'],
    PATH.test(healthPath) ? [] : ['"healthPath" does not begin with / or has unusual characters'],
    tags.length <= MAX_TAGS && [...tags, version, tier].every((word) => WORD.test(word))
      ? []
      : [
          `a tag, "version" or "tier" is no word of at most 64 characters, or there are more than ${MAX_TAGS} tags`,
        ],
  ].flat();
  if (findings.length > 0) throw new DiscoveryError('DISCOVERY_ANNOUNCEMENT_INVALID', { service, findings });
}
