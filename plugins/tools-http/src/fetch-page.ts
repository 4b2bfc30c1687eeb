import type { LookupOptions } from 'node:dns';
import { once } from 'node:events';
import { Agent, type IncomingMessage } from 'node:http';
import { Agent as TlsAgent } from 'node:https';
import { isIPv6 } from 'node:net';
import type { Got, Request } from 'got';
import type { AddressRules } from './address-rules.js';
import { checkTarget, type TargetRules } from './check-target.js';
import { HttpError } from './errors.js';
import type { Failure } from './failure.js';
import { isAddress } from './host-rules.js';
import type { ResolveHost } from './resolve-host.js';

export interface FetchRules extends TargetRules {
  readonly addresses: AddressRules;
  readonly maxRedirects: number;
  /** Read of a body, unpacked. */
  readonly maxBytes: number;
  readonly userAgent: string;
}

export interface FetchParts {
  readonly got: Got;
  readonly resolve: ResolveHost;
  readonly rules: FetchRules;
}

export interface FetchRequest {
  readonly url: string;
  /** BCP 47 primary subtag. */
  readonly language: string;
  readonly signal: AbortSignal;
}

export interface Fetched {
  /** Where the redirects led. */
  readonly url: URL;
  readonly status: number;
  /** As the server wrote it; empty if it did not. */
  readonly contentType: string;
  readonly bytes: Buffer;
  readonly isTruncated: boolean;
}

const redirectCodes = new Set([301, 302, 303, 307, 308]);

/**
 * Fetches one page. Each redirect is checked like the first address, and each connection goes to an address that was checked:
 * the name is not looked up a second time.
 */
export async function fetchPage(parts: FetchParts, request: FetchRequest): Promise<Fetched | Failure> {
  const { rules } = parts;
  let url = checkTarget(request.url, rules);
  for (let hops = 0; hops <= rules.maxRedirects; hops++) {
    const addresses = await findAddresses(url, parts, request.signal);
    if ('finding' in addresses) return addresses;
    const answer = await ask(url, addresses, parts, request);
    if ('finding' in answer) return answer;
    if (answer.location === undefined) return { url, ...answer };
    url = checkTarget(answer.location, rules, url);
  }
  return { finding: `it redirects more than ${rules.maxRedirects} times` };
}

async function findAddresses(
  { hostname }: URL,
  { resolve, rules }: FetchParts,
  signal: AbortSignal,
): Promise<readonly string[] | Failure> {
  const addresses = isAddress(hostname)
    ? [hostname.replace(/^\[|\]$/g, '')]
    : await resolve(hostname, signal);
  if ('finding' in addresses) return addresses;
  if (addresses.length === 0) return { finding: 'there is no such host' };
  if (addresses.every((address) => rules.addresses.allows(address))) return addresses;
  throw new HttpError('HTTP_ADDRESS_REFUSED', {
    finding: 'its host has an address that is not on the public internet',
  });
}

type Answer = Omit<Fetched, 'url'> & {
  /** Where it redirects to. */
  readonly location: string | undefined;
};

async function ask(
  url: URL,
  addresses: readonly string[],
  { got, rules }: FetchParts,
  { language, signal }: FetchRequest,
): Promise<Answer | Failure> {
  const request = got.stream(url, {
    method: 'GET',
    headers: headersOf(rules.userAgent, language),
    // Connections of others to the same host may have been made to an address that was never checked.
    agent: { http: new Agent(), https: new TlsAgent() },
    dnsLookup: pinned(addresses),
    followRedirect: false,
    throwHttpErrors: false,
    // Whatever NODE_TLS_REJECT_UNAUTHORIZED says.
    https: { rejectUnauthorized: true },
    retry: { limit: 0 },
    decompress: true,
    signal,
  });
  // What fails after the body was left is of no interest.
  request.on('error', () => undefined);
  try {
    const [response] = (await once(request, 'response')) as [IncomingMessage];
    const { statusCode: status = 0, headers } = response;
    const location = redirectCodes.has(status) ? headers.location : undefined;
    const body =
      location === undefined
        ? await readBody(request, rules.maxBytes)
        : { bytes: Buffer.alloc(0), isTruncated: false };
    return { status, contentType: headers['content-type'] ?? '', location, ...body };
  } catch (error) {
    signal.throwIfAborted();
    return { finding: `the server did not answer as it should (${codeOf(error)})` };
  } finally {
    request.destroy();
  }
}

function headersOf(userAgent: string, language: string): Readonly<Record<string, string>> {
  const isPlain = /^[a-z]{2,8}$/i.test(language);
  return {
    accept: 'text/html, text/plain, application/json;q=0.9, application/xml;q=0.8, */*;q=0.1',
    'user-agent': userAgent,
    ...(isPlain && { 'accept-language': language }),
  };
}

async function readBody(
  request: Request,
  maxBytes: number,
): Promise<{ readonly bytes: Buffer; readonly isTruncated: boolean }> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    const room = maxBytes - length;
    chunks.push(chunk.subarray(0, room));
    length += Math.min(chunk.length, room);
    if (chunk.length > room) return { bytes: Buffer.concat(chunks), isTruncated: true };
  }
  return { bytes: Buffer.concat(chunks), isTruncated: false };
}

interface FoundAddress {
  readonly address: string;
  readonly family: 4 | 6;
}

/** Stands in for the name service: answers with what was checked. */
function pinned(addresses: readonly string[]) {
  const all = addresses.map((address): FoundAddress => ({ address, family: isIPv6(address) ? 6 : 4 }));
  return (
    _hostname: string,
    options: LookupOptions,
    settle: (error: null, found: string | FoundAddress[], family?: number) => void,
  ): void => {
    const [first] = all;
    // Never on the stack of the caller, as a name service would not.
    queueMicrotask(() => {
      if (options.all || !first) settle(null, all);
      else settle(null, first.address, first.family);
    });
  };
}

function codeOf(error: unknown): string {
  const { code } = Object(error) as { readonly code?: unknown };
  return typeof code === 'string' && /^\w{1,40}$/.test(code) ? code : 'unknown cause';
}
