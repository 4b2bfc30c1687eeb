import { HttpError } from './errors.js';
import type { HostRules } from './host-rules.js';

export const MAX_URL_LENGTH = 2_048;

export interface TargetRules {
  readonly hosts: HostRules;
  /** Whether `http:` is allowed beside `https:`. */
  readonly plainHttp: boolean;
}

/** The address as a URL that this node may ask, or `HTTP_ADDRESS_REFUSED`. `from` is the page whose redirect led to it. */
export function checkTarget(text: string, rules: TargetRules, from?: URL): URL {
  const finding = findingOf(text, from);
  if (finding !== undefined) throw new HttpError('HTTP_ADDRESS_REFUSED', { finding });
  const url = new URL(text, from);
  url.hash = '';
  const refusal = refusalOf(url, rules, from);
  if (refusal !== undefined) throw new HttpError('HTTP_ADDRESS_REFUSED', { finding: refusal });
  return url;
}

function findingOf(text: string, from: URL | undefined): string | undefined {
  if (text.length > MAX_URL_LENGTH) return `it is longer than ${MAX_URL_LENGTH} characters`;
  // A URL drops line breaks and turns backslashes silently, and others may read them in another way.
  if (/[\p{Cc}\s\\]/u.test(text)) return 'it holds spaces, control characters or backslashes';
  return URL.canParse(text, from?.href) ? undefined : 'it is no URL';
}

function refusalOf(url: URL, { hosts, plainHttp }: TargetRules, from: URL | undefined): string | undefined {
  if (url.protocol !== 'https:' && url.protocol !== 'http:') return 'it is neither https nor http';
  if (url.username !== '' || url.password !== '') return 'it holds a credential';
  if (url.protocol === 'http:' && from?.protocol === 'https:')
    return 'a redirect leads from https back to http';
  if (url.protocol === 'http:' && !plainHttp) return 'it is not encrypted (https)';
  if (!hosts.allows(url)) return 'its host and port are not on the list of this node';
  return undefined;
}
