import type { Failure } from '../http/failure.js';
import type { FailureAnswer } from '../http/route-group.js';

/** Codes that clients of OpenAI know; others are told as they are. */
const CODES: Readonly<Record<string, string>> = {
  GATEWAY_VALUE_UNSUPPORTED: 'unsupported_value',
  LANGUAGE_MODEL_CONTEXT_EXCEEDED: 'context_length_exceeded',
  LANGUAGE_MODEL_REQUEST_INVALID: 'unsupported_value',
  LANGUAGE_MODEL_SCHEMA_UNSUPPORTED: 'unsupported_schema',
  LANGUAGE_MODEL_UNKNOWN: 'model_not_found',
};
const PARAMS: Readonly<Record<string, string>> = {
  LANGUAGE_MODEL_CONTEXT_EXCEEDED: 'messages',
  LANGUAGE_MODEL_SCHEMA_UNSUPPORTED: 'response_format',
  LANGUAGE_MODEL_UNKNOWN: 'model',
};

export function renderOpenAiFailure(failure: Failure): FailureAnswer {
  const { status, headers, message, code, param } = failure;
  return {
    status,
    headers,
    body: {
      error: {
        message,
        type: typeOf(status),
        param: param ?? PARAMS[code] ?? null,
        code: CODES[code] ?? code,
      },
    },
  };
}

function typeOf(status: number): string {
  switch (status) {
    case 401:
      return 'authentication_error';
    case 403:
      return 'permission_error';
    case 429:
      return 'rate_limit_error';
    default:
      return status >= 500 ? 'server_error' : 'invalid_request_error';
  }
}
