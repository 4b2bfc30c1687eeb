import type { NodeEvent } from './plugin-status.js';

/** Told to a reader that was too slow, in the place of what it missed. */
export interface LostEvents {
  readonly type: 'events-lost';
  readonly count: number;
}

/**
 * Events as a stream. Keeps the latest `capacity` for a slow reader and tells how many it lost. Ends when `signal` aborts,
 * the reader leaves, or `isOver` says that nothing follows.
 */
export async function* eventStream(
  subscribe: (listener: (event: NodeEvent) => void) => () => void,
  options: {
    readonly capacity: number;
    readonly signal?: AbortSignal | undefined;
    readonly isOver: () => boolean;
  },
): AsyncGenerator<NodeEvent | LostEvents, undefined, undefined> {
  const { capacity, signal, isOver } = options;
  const waiting: NodeEvent[] = [];
  let lost = 0;
  let wake: () => void = () => undefined;
  const leave = subscribe((event) => {
    if (waiting.length === capacity) {
      waiting.shift();
      lost++;
    }
    waiting.push(event);
    wake();
  });
  const onAbort = () => wake();
  signal?.addEventListener('abort', onAbort, { once: true });
  try {
    while (!signal?.aborted) {
      if (lost > 0) {
        const count = lost;
        lost = 0;
        yield { type: 'events-lost', count };
      }
      const event = waiting.shift();
      if (event) yield event;
      else if (isOver()) return;
      else {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
    }
  } finally {
    leave();
    signal?.removeEventListener('abort', onAbort);
  }
}
