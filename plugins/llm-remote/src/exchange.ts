import type { Clock } from '@tiercel/capabilities/clock';
import { type ChildController, childController, isTiercelError } from '@tiercel/kernel';
import type { HttpAnswer, HttpClient } from './http-client.js';
import { parseJson } from './json.js';
import { MAX_DOCUMENT_BYTES } from './limits.js';
import { PhaseTimer } from './phase-timer.js';
import { networkFailure, ServerFault, timeoutFailure } from './server-failure.js';

export interface CallLimits {
  /** Lookup to connected, with TLS. */
  readonly connectMs: number;
  /** Request sent to status line. */
  readonly headersMs: number;
  /** Status line to the first sign of work. */
  readonly firstContentMs: number;
  /** Between signs of work. */
  readonly idleMs: number;
}

/** What all requests to model servers share. */
export interface Line {
  readonly client: HttpClient;
  readonly clock: Clock;
  readonly limits: CallLimits;
  /** Empty: none. */
  readonly apiKey: string;
}

export interface ExchangeRequest {
  readonly url: string;
  /** Makes it a POST. */
  readonly body?: string;
  readonly traceparent?: string | undefined;
}

/** Version, trace id, parent id and flags; anything else is not handed on. */
const TRACEPARENT = /^[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$/;

/** One request to a model server and its answer, watched by a timer. Disposing it closes the socket if it still works. */
export class Exchange implements Disposable {
  readonly timer: PhaseTimer;
  readonly #line: Line;
  readonly #signal: AbortSignal;
  readonly #stop: ChildController;
  #expired: ServerFault | undefined;
  #answer: HttpAnswer | undefined;

  constructor(line: Line, signal: AbortSignal) {
    this.#line = line;
    this.#signal = signal;
    this.#stop = childController(signal);
    this.timer = new PhaseTimer(line.clock, (phase, waitedMs) => {
      this.#expired = new ServerFault(timeoutFailure(phase, waitedMs));
      this.#stop.abort(this.#expired);
    });
  }

  async open({ url, body, traceparent }: ExchangeRequest): Promise<HttpAnswer> {
    const { client, limits, apiKey } = this.#line;
    this.timer.enter('connect', limits.connectMs);
    this.#answer = await client.open({
      method: body === undefined ? 'GET' : 'POST',
      url,
      headers: {
        accept: 'application/json, text/event-stream',
        ...(body !== undefined && { 'content-type': 'application/json' }),
        ...(apiKey !== '' && { authorization: `Bearer ${apiKey}` }),
        ...(traceparent !== undefined && TRACEPARENT.test(traceparent) && { traceparent }),
      },
      ...(body !== undefined && { body }),
      signal: this.#stop.signal,
      onConnected: () => this.timer.enter('headers', limits.headersMs),
    });
    return this.#answer;
  }

  /** What was thrown while this exchange was under way: the reason of the caller, a `ServerFault`, or the error itself. */
  explain(error: unknown): unknown {
    if (this.#signal.aborted) return this.#signal.reason;
    if (this.#expired) return this.#expired;
    if (error instanceof ServerFault || isTiercelError(error)) return error;
    const { code } = Object(error) as { readonly code?: unknown };
    return typeof code === 'string' ? new ServerFault(networkFailure(error)) : error;
  }

  [Symbol.dispose](): void {
    this.timer[Symbol.dispose]();
    this.#answer?.[Symbol.dispose]();
    this.#stop[Symbol.dispose]();
  }
}

/** A whole answer as JSON; `undefined` when it is none, or longer than any such document. */
export async function readDocument({ body }: HttpAnswer): Promise<unknown> {
  const parts: Uint8Array[] = [];
  let bytes = 0;
  for await (const part of body) {
    bytes += part.length;
    if (bytes > MAX_DOCUMENT_BYTES) return undefined;
    parts.push(part);
  }
  return parseJson(Buffer.concat(parts).toString('utf8'));
}

/** Asks for a document. Throws a `ServerFault`, or the reason of an aborted `signal`. */
export async function fetchDocument(
  line: Line,
  request: ExchangeRequest,
  signal: AbortSignal,
): Promise<{ readonly status: number; readonly headers: HttpAnswer['headers']; readonly body: unknown }> {
  using exchange = new Exchange(line, signal);
  try {
    const answer = await exchange.open(request);
    return { status: answer.status, headers: answer.headers, body: await readDocument(answer) };
  } catch (error) {
    throw exchange.explain(error);
  }
}
