import { isTiercelError } from '@tiercel/kernel';
import type { HttpFacts } from './bounded-fetch.js';
import { ToolServerError } from './errors.js';
import { CUT_OFF, type McpSdk } from './mcp-link.js';

/** The connection broke after the server had got the request. Whoever asked decides what that means. */
export class BrokenConnection extends Error {
  override readonly name = 'BrokenConnection';
}

export interface FailedExchange {
  readonly error: unknown;
  readonly facts: HttpFacts;
  readonly server: string;
  readonly maxAnswerBytes: number;
}

/** Codes of Node and its fetch for requests that have not left this machine, or reached nobody. */
const notSent = new Set([
  'ECONNREFUSED',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'EADDRNOTAVAIL',
  'ENOTFOUND',
  'EAI_AGAIN',
  'ETIMEDOUT',
  'UND_ERR_CONNECT_TIMEOUT',
]);
const INVALID_PARAMS = -32_602;
const MAX_CAUSES = 5;

/**
 * What a failed exchange means. What happened on the connection comes first: the SDK tells many different things in the
 * same way. Texts of servers and of the SDK stand neither in our errors nor behind them, as they repeat what somebody said.
 */
export function explainFailure(
  sdk: McpSdk,
  { error, facts, server, maxAnswerBytes }: FailedExchange,
): unknown {
  if (isTiercelError(error)) return error;
  if (facts.isTooLarge)
    return new ToolServerError('TOOL_SERVER_ANSWER_TOO_LARGE', { server, maxBytes: maxAnswerBytes });
  if (facts.status === undefined) return explainSilence(facts.cause, server);
  const byStatus = explainStatus(facts.status, server);
  if (byStatus) return byStatus;
  if (error instanceof sdk.ProtocolError && error.code === CUT_OFF)
    return new BrokenConnection('The stream ended before the answer.');
  if (facts.status === 200 && !facts.isMessage)
    return new ToolServerError('TOOL_SERVER_MISMATCH', { server, finding: 'it answers in another format' });
  if (isCutOff(error)) return new BrokenConnection('The answer ended early.');
  if (error instanceof sdk.UnsupportedProtocolVersionError || isNoAgreement(sdk, error))
    return new ToolServerError('TOOL_SERVER_VERSION_UNSUPPORTED', { server });
  return new ToolServerError('TOOL_SERVER_ANSWER_INVALID', { server, finding: findingOf(sdk, error) });
}

/** A call that the server did not take: its tool is gone, or its arguments do not fit. */
export function isInvalidCall(sdk: McpSdk, error: unknown): boolean {
  return error instanceof sdk.ProtocolError && error.code === INVALID_PARAMS;
}

/** Nothing came back at all. */
function explainSilence(cause: unknown, server: string): unknown {
  const code = codeOf(cause);
  if (code !== undefined && !notSent.has(code) && !isCertificateCode(code))
    return new BrokenConnection('The connection broke before an answer.', { cause });
  const finding = code ?? 'the request could not be sent';
  return new ToolServerError('TOOL_SERVER_UNREACHABLE', { server, finding }, { cause });
}

function explainStatus(status: number, server: string): unknown {
  if (status === 401 || status === 403) return new ToolServerError('TOOL_SERVER_REFUSED', { server, status });
  if (status === 429) return new ToolServerError('TOOL_SERVER_BUSY', { server });
  // A node that drains, or a proxy in front of one that is away: the call was not taken.
  if (status === 502 || status === 503)
    return new ToolServerError('TOOL_SERVER_UNREACHABLE', { server, finding: `it answered ${status}` });
  if (status === 504) return new BrokenConnection('A proxy gave up waiting for the server.');
  if (status >= 300 && status < 400)
    return new ToolServerError('TOOL_SERVER_MISMATCH', { server, finding: 'it points to another address' });
  if (status >= 500)
    return new ToolServerError('TOOL_SERVER_ANSWER_INVALID', { server, finding: `it answered ${status}` });
  if (status > 400)
    return new ToolServerError('TOOL_SERVER_MISMATCH', { server, finding: `it answered ${status}` });
  return undefined;
}

/** The body stopped: either the connection says so, or the JSON has no end. */
function isCutOff(error: unknown): boolean {
  const { name } = Object(error) as { readonly name?: unknown };
  return name === 'SyntaxError' || (name === 'TypeError' && codeOf(error) !== undefined);
}

function isNoAgreement(sdk: McpSdk, error: unknown): boolean {
  return error instanceof sdk.SdkError && error.code === sdk.SdkErrorCode.EraNegotiationFailed;
}

function findingOf(sdk: McpSdk, error: unknown): string {
  if (error instanceof sdk.ProtocolError) return `error ${error.code} of the protocol`;
  if (error instanceof sdk.SdkError) return error.code.toLowerCase().replaceAll('_', ' ');
  return 'it is no message of the protocol';
}

/** Fetch wraps what happened in a TypeError, and that perhaps in another one. */
function codeOf(error: unknown): string | undefined {
  let at: unknown = error;
  for (let depth = 0; depth < MAX_CAUSES && typeof at === 'object' && at !== null; depth++) {
    const { code, cause } = at as { readonly code?: unknown; readonly cause?: unknown };
    if (typeof code === 'string' && /^[A-Z][A-Z0-9_]*$/.test(code)) return code;
    at = cause;
  }
  return undefined;
}

function isCertificateCode(code: string): boolean {
  return /CERT|^ERR_TLS|SSL|SELF_SIGNED/.test(code);
}
