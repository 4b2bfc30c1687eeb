import type { ServerResponse } from 'node:http';
import type { Clock } from '@tiercel/capabilities/clock';
import { GatewayError } from '../errors.js';

const SLOW_AFTER_MS = 30_000;

const watched = new WeakMap<ServerResponse, Promise<void>>();

/** Settles when what was written is on its way, or the connection is gone. A client that reads nothing for 30 s is dropped. */
export function watchReader(
  response: ServerResponse,
  clock: Clock,
  onSlow: (error: unknown) => void = () => undefined,
): Promise<void> {
  const known = watched.get(response);
  if (known) return known;
  const watching = watch(response, clock, onSlow).finally(() => watched.delete(response));
  watched.set(response, watching);
  return watching;
}

async function watch(
  response: ServerResponse,
  clock: Clock,
  onSlow: (error: unknown) => void,
): Promise<void> {
  const settled = new AbortController();
  const moved = new Promise<void>((resolve) => {
    const settle = () => {
      for (const event of ['drain', 'finish', 'close']) response.off(event, settle);
      settled.abort();
      resolve();
    };
    for (const event of ['drain', 'finish', 'close']) response.once(event, settle);
  });
  const late = clock.delay(SLOW_AFTER_MS, { signal: settled.signal }).then(
    () => {
      onSlow(new GatewayError('GATEWAY_CLIENT_SLOW', { waitedMs: SLOW_AFTER_MS }));
      response.destroy();
    },
    () => undefined,
  );
  await Promise.race([moved, late]);
}
