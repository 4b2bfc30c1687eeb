import type { IncomingMessage } from 'node:http';
import { GatewayError } from '../errors.js';
import type { Caller } from './key-ring.js';

/** What the gateway knows about a request before its route runs. */
export interface RequestContext {
  /** As the client sent it in `X-Request-Id`, if that is a plain name; else a new one. Echoed. */
  readonly id: string;
  /** W3C trace context, if the client sent a valid one. */
  readonly traceparent: string | undefined;
  /** Aborts with `GATEWAY_CLIENT_GONE` when the client closes before the end of the answer, with `GATEWAY_DRAINING` when the node cannot wait any longer. */
  readonly signal: AbortSignal;
  /** Aborts as soon as the node stops, while what can end by itself still may: for answers that never end. */
  readonly draining: AbortSignal;
  /** Whose key it is; where no key is needed, one called `anonymous` that may do everything. */
  readonly caller: Caller;
}

const contexts = new WeakMap<IncomingMessage, RequestContext>();

export function contextOf(request: IncomingMessage): RequestContext {
  const context = contexts.get(request);
  if (!context) throw new GatewayError('GATEWAY_FAILED', { id: 'unknown' });
  return context;
}

export function setContext(request: IncomingMessage, context: RequestContext): void {
  contexts.set(request, context);
}
