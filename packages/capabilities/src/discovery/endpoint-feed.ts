import type { EndpointSet } from './discovery.js';
import { saysTheSame } from './endpoint-set.js';

/** The latest set of one service, for any number of readers. A slow one misses what was replaced meanwhile. */
export class EndpointFeed {
  readonly #listeners = new Set<() => void>();
  #current: EndpointSet | undefined;

  constructor(first?: EndpointSet) {
    this.#current = first;
  }

  get current(): EndpointSet | undefined {
    return this.#current;
  }

  /** Returns whether this is news. */
  publish(set: EndpointSet): boolean {
    if (this.#current && saysTheSame(this.#current, set)) return false;
    this.#current = set;
    for (const listener of [...this.#listeners]) listener();
    return true;
  }

  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => {
      this.#listeners.delete(listener);
    };
  }
}

export interface FeedSource {
  readonly feed: EndpointFeed;
  /** The reader has left, or was made to leave. */
  close?(): void;
}

/**
 * What `watch` of a `Discovery` returns. `open` is called at the first read and may throw. No generator: leaving one waits
 * for the read that is under way, which here may last for ever.
 */
export function readFeed(
  open: () => FeedSource,
  { signal }: { readonly signal?: AbortSignal | undefined } = {},
): AsyncIterableIterator<EndpointSet> {
  let source: FeedSource | undefined;
  let told: EndpointSet | undefined;
  let isOver = false;
  let wake: () => void = () => undefined;
  let stopListening: () => void = () => undefined;
  let earlier: Promise<unknown> = Promise.resolve();

  const end = () => {
    if (isOver) return;
    isOver = true;
    signal?.removeEventListener('abort', onAbort);
    stopListening();
    source?.close?.();
    wake();
  };
  const onAbort = () => wake();
  const begin = () => {
    signal?.throwIfAborted();
    source = open();
    stopListening = source.feed.onChange(() => wake());
    signal?.addEventListener('abort', onAbort, { once: true });
    return source;
  };
  const read = async (): Promise<IteratorResult<EndpointSet>> => {
    try {
      while (!isOver) {
        const { feed } = source ?? begin();
        signal?.throwIfAborted();
        const { current } = feed;
        if (current && !(told && saysTheSame(told, current))) {
          told = current;
          return { done: false, value: current };
        }
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
    } catch (error) {
      end();
      throw error;
    }
    return { done: true, value: undefined };
  };

  return {
    [Symbol.asyncIterator]() {
      return this;
    },
    next() {
      const result = earlier.then(read);
      earlier = result.catch(() => undefined);
      return result;
    },
    async return() {
      end();
      return { done: true, value: undefined };
    },
  };
}
