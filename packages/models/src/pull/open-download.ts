import type { IncomingHttpHeaders } from 'node:http';
import type { Readable } from 'node:stream';
import { ModelError } from '../errors.js';
import { errorCode } from '../system-error.js';
import { findUrlProblem, printableUrl, type UrlRules } from './allowed-url.js';

const MAX_REDIRECTS = 5;
const REDIRECTS = new Set([301, 302, 303, 307, 308]);

export interface DownloadDeadlines {
  /** For each of name look-up, connection and TLS. */
  readonly connectMs: number;
  /** From the request to the answer's headers. */
  readonly headersMs: number;
  /** Window in which at least `stallBytes` must arrive. */
  readonly stallMs: number;
  readonly stallBytes: number;
}

export interface DownloadRequest extends UrlRules {
  readonly model: string;
  readonly file: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly deadlines: DownloadDeadlines;
  readonly signal: AbortSignal;
}

export interface DownloadResponse {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly host: string;
  /** The caller reads it to its end or destroys it. */
  readonly body: Readable;
}

/** Sends a GET and follows redirects, each of which must be allowed like the address itself. */
export async function openDownload(request: DownloadRequest): Promise<DownloadResponse> {
  let { url } = request;
  for (let hop = 0; hop <= MAX_REDIRECTS; hop += 1) {
    const reason = findUrlProblem(url, request);
    if (reason !== undefined)
      throw refusedUrl(request, url, hop === 0 ? reason : `it redirects there, but this ${reason}`);
    const response = await send(request, url);
    const { location } = response.headers;
    if (!REDIRECTS.has(response.status) || location === undefined) return response;
    response.body.destroy();
    url = URL.canParse(location, url) ? new URL(location, url).href : location;
  }
  throw refusedUrl(request, request.url, `it redirects more than ${MAX_REDIRECTS} times`);
}

function refusedUrl(request: DownloadRequest, url: string, reason: string): ModelError {
  return new ModelError('MODEL_URL_REFUSED', { url: printableUrl(url), reason, hosts: request.hosts });
}

async function send(request: DownloadRequest, url: string): Promise<DownloadResponse> {
  // Loaded here because a node that finds its models on the disk never needs it.
  const { got } = await import('got');
  const { connectMs, headersMs } = request.deadlines;
  const { host } = new URL(url);
  const body = got.stream(url, {
    headers: { 'user-agent': 'tiercel', 'accept-encoding': 'identity', ...request.headers },
    retry: { limit: 0 },
    followRedirect: false,
    throwHttpErrors: false,
    decompress: false,
    timeout: { lookup: connectMs, connect: connectMs, secureConnect: connectMs, response: headersMs },
    signal: request.signal,
  });
  // Whoever reads the body sees its error; until then nobody may be listening.
  body.on('error', () => undefined);
  try {
    const response = await new Promise<{ statusCode: number; headers: IncomingHttpHeaders }>(
      (resolve, reject) => {
        body.once('response', resolve);
        body.once('error', reject);
      },
    );
    return { status: response.statusCode, headers: response.headers, host, body };
  } catch (error) {
    body.destroy();
    throw networkError(request, host, error);
  }
}

/**
 * The error of a broken connection. The HTTP client's own is not kept as a cause: it carries the whole request, and signed
 * addresses are credentials.
 */
export function networkError(
  request: Pick<DownloadRequest, 'model' | 'file' | 'signal' | 'deadlines'>,
  host: string,
  error: unknown,
): unknown {
  if (request.signal.aborted) return request.signal.reason;
  const { model, file } = request;
  if (errorCode(error) === 'ETIMEDOUT') {
    const { connectMs, headersMs } = request.deadlines;
    const isHeaders = error instanceof Error && Reflect.get(error, 'event') === 'response';
    const waitedMs = isHeaders ? headersMs : connectMs;
    return new ModelError('MODEL_DOWNLOAD_SILENT', { model, file, host, waitedMs });
  }
  const finding =
    CAUSES[errorCode(error) ?? ''] ?? `the connection broke (${errorCode(error) ?? 'unknown reason'})`;
  return new ModelError('MODEL_DOWNLOAD_FAILED', { model, file, host, finding });
}

const CAUSES: Readonly<Record<string, string>> = {
  ENOTFOUND: 'its name cannot be resolved (ENOTFOUND)',
  EAI_AGAIN: 'its name cannot be resolved (EAI_AGAIN)',
  ECONNREFUSED: 'it refuses connections (ECONNREFUSED)',
  ENETUNREACH: 'there is no network (ENETUNREACH)',
  CERT_HAS_EXPIRED: 'its certificate has expired (CERT_HAS_EXPIRED)',
};
