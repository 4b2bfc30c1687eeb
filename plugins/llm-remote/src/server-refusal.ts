import type { IncomingHttpHeaders } from 'node:http';
import { LanguageModelError } from '@tiercel/capabilities/language-model';
import type { TiercelError } from '@tiercel/kernel';
import { LlmRemoteError } from './errors.js';
import { type JsonObject, numberOf, objectOf, textOf } from './json.js';
import { retryAfterMs } from './retry-after.js';
import { ServerFault } from './server-failure.js';

/** What was asked, as far as an error has to tell about it. */
export interface Asked {
  readonly endpoint: string;
  readonly model: string;
  /** Models that the server lists. */
  readonly known: readonly string[];
  readonly isKeySet: boolean;
  /** Of the prompt, estimated. */
  readonly inputTokens: number;
  readonly contextTokens: number;
  readonly epochMs: number;
}

/** What a server says went wrong: its status, or an `error` in its stream. */
export interface ServerRefusal {
  readonly status: number;
  readonly headers?: IncomingHttpHeaders;
  /** Parsed from its body, if it is JSON. */
  readonly body: unknown;
}

/** Of a 4xx, these may pass; all others would be the same again. */
const passing = new Set([408, 409, 425, 429]);
const contextWords =
  /maximum context length|context (?:size|length|window)|exceeds the available context|prompt is too long/i;

/**
 * The error that an answer of a server amounts to: a `ServerFault` where another server, or the same one later, may do
 * better, else the error for the caller. Nothing that a server wrote is quoted except its codes: it may quote the prompt.
 */
export function refusalError({ status, headers = {}, body }: ServerRefusal, asked: Asked): Error {
  const error = errorIn(body);
  if (isContextError(status, error)) return contextError(error, asked);
  if (status >= 300 && status < 400) {
    return new ServerFault({
      finding: `it answers ${status}, a redirect, which is not followed; give its real address`,
      canRepeat: false,
    });
  }
  if (status >= 500 || passing.has(status)) {
    const pauseMs = retryAfterMs(headers, asked.epochMs);
    const wish = pauseMs === undefined ? '' : ` and asks to wait ${Math.ceil(pauseMs)} ms`;
    return new ServerFault({
      finding: `it answers ${describe(status, error)}${wish}`,
      canRepeat: true,
      retryAfterMs: pauseMs,
    });
  }
  return definiteError(status, error, asked);
}

/** What stands for a status where an error comes inside a stream that began with 200. */
export function statusOfStreamError(body: unknown): number {
  const error = errorIn(body);
  const code = numberOf(error['code']) ?? Number(textOf(error['code']));
  if (Number.isInteger(code) && code >= 400 && code <= 599) return code;
  switch (textOf(error['type'])) {
    case 'invalid_request_error':
    case 'exceed_context_size_error':
      return 400;
    case 'authentication_error':
      return 401;
    case 'permission_error':
      return 403;
    case 'rate_limit_error':
      return 429;
    default:
      return 500;
  }
}

function definiteError(status: number, error: JsonObject, asked: Asked): TiercelError {
  const { endpoint, model, known, isKeySet } = asked;
  if (status === 401 || status === 403)
    return new LlmRemoteError('LLM_REMOTE_KEY_REFUSED', { endpoint, status, isKeySet });
  if (status === 404) return new LanguageModelError('LANGUAGE_MODEL_UNKNOWN', { model, known });
  const isAboutSchema =
    plain(error['code']) === 'unsupported_schema' || textOf(error['param']).startsWith('response_format');
  const said = describe(status, error);
  if (isAboutSchema)
    return new LanguageModelError('LANGUAGE_MODEL_SCHEMA_UNSUPPORTED', {
      finding: `the model server refuses it (${said})`,
    });
  return new LanguageModelError('LANGUAGE_MODEL_REQUEST_INVALID', {
    findings: [`model server ${endpoint} answers ${said}`],
  });
}

/** OpenAI and most others: `{error: {…}}`. vLLM: the error itself. Ollama: `{error: "…"}`. */
function errorIn(body: unknown): JsonObject {
  const outer = objectOf(body);
  const { error } = outer;
  if (typeof error === 'string') return { message: error };
  return error === undefined ? outer : objectOf(error);
}

function isContextError(status: number, error: JsonObject): boolean {
  if (error['code'] === 'context_length_exceeded' || error['type'] === 'exceed_context_size_error')
    return true;
  return (status === 400 || status === 413) && contextWords.test(textOf(error['message']));
}

/** With the server's own figures where it tells them. */
function contextError(error: JsonObject, asked: Asked): TiercelError {
  const message = textOf(error['message']);
  const theirs = /maximum context length is (\d+).*?(?:resulted in|requested|has) (\d+)/s.exec(message);
  const ours = /prompt has (\d+) tokens and this model takes (\d+)/.exec(message);
  const inputTokens =
    numberOf(error['n_prompt_tokens']) ?? Number(theirs?.[2] ?? ours?.[1] ?? asked.inputTokens);
  const allowedTokens = numberOf(error['n_ctx']) ?? Number(theirs?.[1] ?? ours?.[2] ?? asked.contextTokens);
  return new LanguageModelError('LANGUAGE_MODEL_CONTEXT_EXCEEDED', { inputTokens, allowedTokens });
}

function describe(status: number, error: JsonObject): string {
  const codes = [plain(error['type']), plain(error['code']), plain(error['param'])].filter(
    (code) => code !== '',
  );
  return [status, ...codes].join(', ');
}

/** A code is one word; whatever else stands there may be somebody's. */
function plain(value: unknown): string {
  const text = textOf(value);
  return /^[\w.[\]-]{1,64}$/.test(text) ? text : '';
}
