import type { PackedArgs } from './pack-args.js';
import type { StreamReader } from './stream-reader.js';

/** What a call has lent to the other side: it is taken back when the call is over. */
export class Outgoing {
  /** Streams that were lent and have failed. */
  readonly failures = new Map<number, unknown>();
  readonly #signals: ReadonlyMap<number, AbortSignal>;
  readonly #sentAborted: ReadonlySet<number>;
  readonly #onAbort: (id: number, reason: unknown) => void;
  readonly #onClose: (reason: { readonly error: unknown } | undefined) => void;
  #listeners: (() => void)[] = [];
  #isClosed = false;

  constructor(
    { signals }: PackedArgs,
    on: {
      abort(id: number, reason: unknown): void;
      close(reason: { readonly error: unknown } | undefined): void;
    },
  ) {
    this.#signals = signals;
    this.#onAbort = on.abort;
    this.#onClose = on.close;
    this.#sentAborted = new Set([...signals].flatMap(([id, signal]) => (signal.aborted ? [id] : [])));
  }

  /** The very error that a signal or stream of this side has brought about over there. */
  original(id: number): { readonly error: unknown } | undefined {
    const signal = this.#signals.get(id);
    if (signal?.aborted) return { error: signal.reason };
    return this.failures.has(id) ? { error: this.failures.get(id) } : undefined;
  }

  /** Follows the signals until the call is over; each abort is passed on, and told here. */
  watch(onAbort: (signal: AbortSignal) => void): void {
    for (const [id, signal] of this.#signals) {
      const pass = () => {
        if (!this.#sentAborted.has(id)) this.#onAbort(id, signal.reason);
        onAbort(signal);
      };
      if (signal.aborted) {
        pass();
        continue;
      }
      signal.addEventListener('abort', pass, { once: true });
      this.#listeners.push(() => signal.removeEventListener('abort', pass));
    }
  }

  /** @param abortedBy reason with which streams that were lent end for whoever still reads them */
  close(abortedBy?: unknown): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    for (const leave of this.#listeners) leave();
    this.#listeners = [];
    this.#onClose(abortedBy === undefined ? undefined : { error: abortedBy });
  }
}

/** What a call of the other side has lent to this one. */
export class Incoming {
  readonly signals = new Map<number, AbortSignal>();
  readonly readers: StreamReader[] = [];
  /** Errors of streams that were lent, and which of them each came from. */
  readonly origins = new Map<unknown, number>();
  readonly #onClose: (signals: Iterable<number>) => void;
  isOver = false;

  constructor(onClose: (signals: Iterable<number>) => void) {
    this.#onClose = onClose;
  }

  /** The signal or stream of the other side that `error` came from. */
  originOf(error: unknown): number | undefined {
    for (const [id, signal] of this.signals) if (signal.aborted && signal.reason === error) return id;
    return this.origins.get(error);
  }

  close(): void {
    if (this.isOver) return;
    this.isOver = true;
    for (const reader of this.readers) reader.end();
    this.#onClose(this.signals.keys());
  }
}
