import type { ServerResponse } from 'node:http';
import type { Clock } from '@tiercel/capabilities/clock';
import { raceSignal } from '@tiercel/kernel';
import { watchReader } from './watch-reader.js';

/** Until then an error still gets a status of its own. */
const HEADERS_AFTER_MS = 1_000;
const PING_AFTER_MS = 10_000;
/** A reader that is further behind is waited for. */
const MAX_UNSENT_BYTES = 1024 * 1024;

export interface EventStreamOptions {
  readonly clock: Clock;
  /** Of the work behind the stream. */
  readonly signal: AbortSignal;
  /** The client does not read. */
  readonly onSlow: (error: unknown) => void;
}

/** Both without line ends. */
export interface EventFacts {
  readonly type?: string;
  /** What a client that comes back sends as `Last-Event-ID`. */
  readonly id?: string;
}

/** Server-sent events. The headers go out with the first event, or after a second; silence is filled with comments. */
export class EventStream implements Disposable {
  readonly #response: ServerResponse;
  readonly #options: EventStreamOptions;
  readonly #over = new AbortController();
  #latestMs: number;

  constructor(response: ServerResponse, options: EventStreamOptions) {
    this.#response = response;
    this.#options = options;
    this.#latestMs = options.clock.nowMs();
    void this.#keepAlive();
  }

  get isOpen(): boolean {
    return this.#response.headersSent;
  }

  /** Sends the headers now, for a client that wants to know that it is heard before there is anything to tell. */
  open(): void {
    if (this.isOpen) return;
    this.#response.writeHead(200, {
      'Content-Type': 'text/event-stream',
      'Cache-Control': 'no-store',
      'X-Accel-Buffering': 'no',
    });
    this.#response.flushHeaders();
  }

  /** Waits while the client is far behind. Rejects with the signal's reason. */
  async send(data: unknown, { type, id }: EventFacts = {}): Promise<void> {
    const facts = `${type === undefined ? '' : `event: ${type}\n`}${id === undefined ? '' : `id: ${id}\n`}`;
    await this.#write(`${facts}data: ${typeof data === 'string' ? data : JSON.stringify(data)}\n\n`);
  }

  end(): void {
    this.#over.abort();
    this.#response.end();
  }

  [Symbol.dispose](): void {
    this.#over.abort();
  }

  async #write(text: string): Promise<void> {
    const { clock, signal, onSlow } = this.#options;
    signal.throwIfAborted();
    this.open();
    this.#latestMs = clock.nowMs();
    if (this.#response.write(text)) return;
    const drained = watchReader(this.#response, clock, onSlow);
    if (this.#response.writableLength > MAX_UNSENT_BYTES) await raceSignal(drained, signal);
  }

  async #keepAlive(): Promise<void> {
    const { clock } = this.#options;
    const { signal } = this.#over;
    while (!signal.aborted && !this.#response.destroyed) {
      const silentMs = clock.nowMs() - this.#latestMs;
      const dueMs = this.isOpen ? PING_AFTER_MS : HEADERS_AFTER_MS;
      if (silentMs >= dueMs) await this.#fill();
      else await clock.delay(dueMs - silentMs, { signal }).catch(() => undefined);
    }
  }

  async #fill(): Promise<void> {
    if (this.isOpen) await this.#write(': ping\n\n').catch(() => this.#over.abort());
    else {
      this.open();
      this.#latestMs = this.#options.clock.nowMs();
    }
  }
}
