import type { Clock } from '@tiercel/capabilities/clock';
import type { Discovery, EndpointSet } from '@tiercel/capabilities/discovery';

export interface ServerNewsOptions {
  readonly discovery: Discovery;
  readonly service: string;
  readonly onSet: (set: EndpointSet) => void;
  readonly clock: Pick<Clock, 'delay'>;
}

const FIRST_PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 30_000;

/** Hears at once when servers come and go. Whoever asks says why discovery fails, so nothing is said of it here. */
export class ServerNews implements AsyncDisposable {
  readonly #options: ServerNewsOptions;
  readonly #closing = new AbortController();
  readonly #watching: Promise<void>;

  constructor(options: ServerNewsOptions) {
    this.#options = options;
    this.#watching = this.#watch(this.#closing.signal);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closing.abort();
    await this.#watching;
  }

  async #watch(signal: AbortSignal): Promise<void> {
    const { discovery, service, onSet, clock } = this.#options;
    let pauseMs = FIRST_PAUSE_MS;
    while (!signal.aborted) {
      try {
        for await (const set of discovery.watch(service, { signal })) {
          pauseMs = FIRST_PAUSE_MS;
          onSet(set);
        }
      } catch {
        if (signal.aborted) return;
      }
      await clock.delay(pauseMs, { signal }).catch(() => undefined);
      pauseMs = Math.min(2 * pauseMs, LONGEST_PAUSE_MS);
    }
  }
}
