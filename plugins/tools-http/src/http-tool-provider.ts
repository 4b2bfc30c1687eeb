import {
  type ToolCallOptions,
  type ToolDescriptor,
  ToolError,
  type ToolProvider,
  type ToolResult,
} from '@tiercel/capabilities/tool-provider';
import { openDeadline, raceSignal } from '@tiercel/kernel';
import { MAX_URL_LENGTH } from './check-target.js';
import { decodeText, mediaType, textKind } from './decode-text.js';
import type { Failure } from './failure.js';
import { type Fetched, type FetchParts, fetchPage } from './fetch-page.js';
import { type HtmlText, htmlToText } from './html-to-text.js';

const NAME = 'http_get';
const MAX_DESCRIBED_HOSTS = 20;

export interface HttpToolOptions {
  readonly hosts: readonly string[];
  readonly timeoutMs: number;
  /** Longest text of a result. */
  readonly maxTextLength: number;
}

/** Reads pages from hosts that the owner of the node named. */
export class HttpToolProvider implements ToolProvider {
  readonly #parts: FetchParts;
  readonly #options: HttpToolOptions;

  constructor(parts: FetchParts, options: HttpToolOptions) {
    this.#parts = parts;
    this.#options = options;
  }

  async list(): Promise<readonly ToolDescriptor[]> {
    const { hosts, timeoutMs, maxTextLength } = this.#options;
    const named = hosts.slice(0, MAX_DESCRIBED_HOSTS).join(', ');
    const more = hosts.length > MAX_DESCRIBED_HOSTS ? ` and ${hosts.length - MAX_DESCRIBED_HOSTS} more` : '';
    const url = {
      type: 'string',
      minLength: 1,
      maxLength: MAX_URL_LENGTH,
      description: 'Full address, such as https://example.com/page',
    };
    return [
      {
        name: NAME,
        description: `Fetches a page or document from the web and returns its text. Hosts: ${named}${more}.`,
        parameters: { type: 'object', additionalProperties: false, properties: { url }, required: ['url'] },
        effect: 'read',
        weight: 'light',
        // As JSON and UTF-8 a character takes up to four bytes.
        limits: { timeoutMs, outputBytes: 4 * maxTextLength + 4_096 },
      },
    ];
  }

  async call(
    name: string,
    args: Readonly<Record<string, unknown>>,
    options: ToolCallOptions = {},
  ): Promise<ToolResult> {
    options.signal?.throwIfAborted();
    if (name !== NAME) throw new ToolError('TOOL_UNKNOWN', { tool: name });
    const { timeoutMs } = this.#options;
    using deadline = openDeadline(
      options.signal,
      timeoutMs,
      () => new ToolError('TOOL_TIMEOUT', { tool: name, timeoutMs }),
    );
    const { signal } = deadline;
    const url = typeof args.url === 'string' ? args.url : '';
    const content = await raceSignal(this.#get(url, options.language ?? 'en', signal), signal);
    if ('finding' in content) throw new ToolError('TOOL_FAILED', { tool: name, finding: content.finding });
    return { content };
  }

  async #get(url: string, language: string, signal: AbortSignal): Promise<object | Failure> {
    const fetched = await fetchPage(this.#parts, { url, language, signal });
    return 'finding' in fetched ? fetched : this.#contentOf(fetched, signal);
  }

  async #contentOf(fetched: Fetched, signal: AbortSignal): Promise<object | Failure> {
    const { url, status, contentType, bytes, isTruncated } = fetched;
    if (status >= 400 || status < 200) return { finding: `the server answered ${status}` };
    const kind = textKind(contentType);
    if (kind === undefined || (bytes.includes(0) && !/utf-?16/i.test(contentType)))
      return { finding: `it is no text but ${kind === undefined ? knownType(contentType) : 'binary data'}` };
    const decoded = decodeText(bytes, contentType);
    const page = kind === 'html' ? await htmlToText(decoded, signal) : plainPage(decoded);
    const { title, text } = page;
    const { maxTextLength } = this.#options;
    const isCut = isTruncated || page.isTooDeep || text.length > maxTextLength;
    return {
      url: url.href,
      status,
      type: mediaType(contentType),
      ...(title !== '' && { title }),
      text: text.slice(0, maxTextLength).replace(halvesOfCharacters, ''),
      ...(isCut && { isTruncated: true }),
    };
  }
}

function plainPage(text: string): HtmlText {
  return { title: '', text, isTooDeep: false };
}

const halvesOfCharacters = /\p{Cs}/gu;

/** A type is a stranger's text, so only what looks like one is repeated. */
function knownType(contentType: string): string {
  const type = mediaType(contentType);
  return /^[\w.+-]{1,60}\/[\w.+-]{1,60}$/.test(type) ? type : 'something else';
}
