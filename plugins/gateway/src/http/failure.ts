import { isTiercelError } from '@tiercel/kernel';
import { GatewayError } from '../errors.js';
import type { FailureAnswer } from './route-group.js';

/** What a client is told about a request that was not answered. */
export interface Failure {
  readonly status: number;
  readonly code: string;
  readonly message: string;
  /** Request id, also in the log. */
  readonly id: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Field of the request that is to blame. */
  readonly param?: string;
}

const STATUS: Readonly<Record<string, number>> = {
  GATEWAY_REQUEST_INVALID: 400,
  GATEWAY_VALUE_UNSUPPORTED: 400,
  GATEWAY_KEY_MISSING: 401,
  GATEWAY_KEY_WRONG: 401,
  GATEWAY_HOST_REFUSED: 403,
  GATEWAY_ORIGIN_REFUSED: 403,
  GATEWAY_SCOPE_MISSING: 403,
  GATEWAY_ROUTE_UNKNOWN: 404,
  GATEWAY_METHOD_WRONG: 405,
  GATEWAY_ENTRY_UNKNOWN: 404,
  GATEWAY_ROUTE_GONE: 410,
  GATEWAY_BODY_TOO_LARGE: 413,
  GATEWAY_VALUE_TOO_LARGE: 413,
  GATEWAY_BODY_UNSUPPORTED: 415,
  GATEWAY_FIELDS_INVALID: 422,
  GATEWAY_RATE_LIMITED: 429,
  GATEWAY_SESSIONS_BUSY: 429,
  GATEWAY_WATCHES_BUSY: 429,
  GATEWAY_ANSWER_UNFINISHED: 502,
  GATEWAY_TURN_LOST: 502,
  GATEWAY_DRAINING: 503,
  GATEWAY_NODE_SILENT: 503,
  LANGUAGE_MODEL_CONTEXT_EXCEEDED: 400,
  LANGUAGE_MODEL_SCHEMA_UNSUPPORTED: 400,
  LANGUAGE_MODEL_REQUEST_INVALID: 400,
  LANGUAGE_MODEL_UNKNOWN: 404,
  LANGUAGE_MODEL_OVERLOADED: 429,
  LANGUAGE_MODEL_SCHEMA_VIOLATED: 502,
  LANGUAGE_MODEL_STREAM_TRUNCATED: 502,
  LANGUAGE_MODEL_UNREACHABLE: 502,
  LANGUAGE_MODEL_TIMEOUT: 504,
  WORLD_MODEL_CONFLICT: 409,
  WORLD_MODEL_SUPERSEDED: 409,
  WORLD_MODEL_KEY_INVALID: 422,
  WORLD_MODEL_VALUE_INVALID: 422,
  WORLD_MODEL_UNREACHABLE: 503,
  WORLD_MODEL_UNWRITABLE: 503,
  WORLD_MODEL_FULL: 507,
  KERNEL_PROVIDER_NOT_READY: 503,
  PROVIDER_LOST: 503,
};
/** The code helps the client; the words name plugins and other machines of the operator. */
const INTERNAL = new Set([
  'KERNEL_PROVIDER_NOT_READY',
  'LANGUAGE_MODEL_STREAM_TRUNCATED',
  'LANGUAGE_MODEL_UNREACHABLE',
  'PROVIDER_LOST',
  'WORLD_MODEL_UNREACHABLE',
  'WORLD_MODEL_UNWRITABLE',
]);
const RETRY_AFTER_SECONDS = 5;

/**
 * Errors that were made for callers are told as they are. Of all others, what they say may name hosts, files or what
 * somebody wrote: the client gets a fixed text with the request id, the log gets the error.
 */
export function failureOf(error: unknown, id: string): Failure {
  const known = isTiercelError(error) ? error : undefined;
  const status = known && Object.hasOwn(STATUS, known.code) ? STATUS[known.code] : undefined;
  if (known && status !== undefined) {
    // An error of another copy of the kernel may have been made without them.
    const details = known.details ?? {};
    const { param } = details;
    return {
      status,
      code: known.code,
      message: INTERNAL.has(known.code) ? new GatewayError('GATEWAY_FAILED', { id }).message : known.message,
      id,
      headers: headersFor(known.code, details),
      ...(typeof param === 'string' && { param }),
    };
  }
  const failed = new GatewayError('GATEWAY_FAILED', { id });
  const isTemporary = known?.retryable === true;
  return {
    status: isTemporary ? 503 : 500,
    code: failed.code,
    message: failed.message,
    id,
    headers: isTemporary ? { 'Retry-After': String(RETRY_AFTER_SECONDS) } : {},
  };
}

/** Whether the operator should hear of it: the client alone cannot mend it, and nobody wanted it. */
export function isOurs({ status, code }: Failure): boolean {
  return status >= 500 && code !== 'GATEWAY_DRAINING';
}

function headersFor(
  code: string,
  details: Readonly<Record<string, unknown>>,
): Readonly<Record<string, string>> {
  const { retryAfterSeconds = RETRY_AFTER_SECONDS, allowed } = details;
  switch (code) {
    case 'GATEWAY_KEY_MISSING':
      return { 'WWW-Authenticate': 'Bearer' };
    case 'GATEWAY_KEY_WRONG':
      return { 'WWW-Authenticate': 'Bearer error="invalid_token"' };
    case 'GATEWAY_METHOD_WRONG':
      return { Allow: Array.isArray(allowed) ? allowed.join(', ') : '' };
    case 'GATEWAY_BODY_TOO_LARGE':
      return { Connection: 'close' };
    case 'GATEWAY_RATE_LIMITED':
    case 'GATEWAY_SESSIONS_BUSY':
    case 'GATEWAY_WATCHES_BUSY':
    case 'KERNEL_PROVIDER_NOT_READY':
    case 'PROVIDER_LOST':
    case 'LANGUAGE_MODEL_OVERLOADED':
    case 'WORLD_MODEL_UNREACHABLE':
    case 'WORLD_MODEL_UNWRITABLE':
      return { 'Retry-After': String(retryAfterSeconds) };
    case 'GATEWAY_DRAINING':
      return { 'Retry-After': String(RETRY_AFTER_SECONDS), Connection: 'close' };
    default:
      return {};
  }
}

export function renderDetail({ status, headers, message, code, id }: Failure): FailureAnswer {
  return { status, headers, body: { detail: message, code, id } };
}
