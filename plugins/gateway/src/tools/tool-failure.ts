import type { Log } from '@tiercel/capabilities/log';
import { ToolError } from '@tiercel/capabilities/tool-provider';
import { isTiercelError } from '@tiercel/kernel';
import { GatewayError } from '../errors.js';

/** What a caller on another machine learns about a call that failed. */
export interface ToolFailure {
  readonly code: string;
  /** May be told to a person or a model. */
  readonly text: string;
  /** Of the request, which also stands in the audit log, and in the log beside what really happened. */
  readonly id: string;
  readonly retryable: boolean;
  readonly details: Readonly<Record<string, unknown>>;
}

const tellable = { ...ToolError.messages, ...GatewayError.messages };

/**
 * Texts of the catalogues of tools and of the gateway are made to be told. Everything else may name hosts, files or what somebody said, so the
 * caller gets a fixed text and an id, and the log gets the rest.
 */
export function describeFailure(
  error: unknown,
  { tool, id }: { readonly tool: string; readonly id: string },
  log: Pick<Log, 'warn'>,
): ToolFailure {
  const retryable = isTiercelError(error) && error.retryable;
  if (isTiercelError(error) && Object.hasOwn(tellable, error.code)) {
    return { code: error.code, text: error.message, id, retryable, details: error.details };
  }
  // What an exception says may be what somebody said; our own errors never do.
  log.warn('a tool failed', { tool, id, ...(isTiercelError(error) ? { error } : { private: { error } }) });
  const { code, message, details } = new ToolError('TOOL_FAILED', {
    tool,
    finding: `an error that the log of the tool server has under ${id}.`,
  });
  return { code, text: message, id, retryable, details };
}
