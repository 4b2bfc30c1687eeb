import type { Capability } from '@tiercel/kernel';
import { intercept } from './intercept.js';
import { cutShort, pause } from './pause.js';
import { createRandom } from './random.js';

export interface JitterOptions {
  /** The same seed gives the same delays in the same order. Default 1. */
  readonly seed?: number;
}

/**
 * A provider behind benign faults: each call and each item of a stream, in either direction, is held up for some turns of
 * the event loop or up to 3 ms. What a caller may rely on stays true: requests arrive in the order in which they were
 * made, as through a pipe, and an abort cuts a delay short. Members that answer at once are passed on as they are.
 */
export function jittery<T, F>(
  provider: T,
  capability: Pick<Capability<T, F>, 'methods'>,
  { seed = 1 }: JitterOptions = {},
): T {
  const random = createRandom(seed);
  const outward = createPipe(random);
  const inward = createPipe(random);
  return intercept(provider, capability, {
    onCall: ({ signal }) => outward(signal),
    onItem: ({ signal }) => outward(signal),
    onInput: ({ signal }) => inward(signal),
  });
}

/** Holds up whoever passes, in order; only the aborted overtake. */
function createPipe(random: () => number): (signal: AbortSignal | undefined) => Promise<void> {
  let earlier: Promise<void> = Promise.resolve();
  return (signal) => {
    const ahead = earlier;
    const passage = cutShort(ahead, signal).then(() => hold(random(), signal));
    earlier = Promise.all([ahead, passage]).then(() => undefined);
    return passage;
  };
}

/** Mostly a few turns, as long streams have thousands of items; now and then a timer. */
async function hold(chance: number, signal: AbortSignal | undefined): Promise<void> {
  if (signal?.aborted) return;
  if (chance > 0.95) return await pause(Math.round((chance - 0.95) * 60), signal);
  for (let turns = Math.floor(chance * 4); turns > 0; turns--) await cutShort(turn(), signal);
}

function turn(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}
