import { childController, isTiercelError, type NamedProvider, raceSignal } from '@tiercel/kernel';
import type { Discovery, EndpointSet } from './discovery.js';
import { EndpointFeed, readFeed } from './endpoint-feed.js';
import { createEndpointSet } from './endpoint-set.js';
import { DiscoveryError } from './errors.js';
import { checkServiceName } from './service-name.js';

interface Options {
  readonly signal?: AbortSignal | undefined;
}

const FIRST_PAUSE_MS = 1_000;
const LONGEST_PAUSE_MS = 30_000;

/** What one provider said of a service: a set, or that it cannot tell. */
type Word = EndpointSet | { readonly error: unknown };

/**
 * Several ways to find a service, as one: whoever comes first and knows somebody now decides; then whoever comes first and
 * remembers somebody. A provider that fails is passed over, and watched anew after a pause of 1 to 30 seconds.
 */
export function firstThatKnows(
  providers: readonly NamedProvider<Discovery>[],
  _capability?: unknown,
  pause: (ms: number, options: { readonly signal: AbortSignal }) => Promise<void> = rest,
): Discovery {
  return {
    async resolve(service, { signal }: Options = {}) {
      signal?.throwIfAborted();
      checkServiceName(service);
      const words: Word[] = [];
      for (const { provider } of providers) {
        const word = await ask(provider, service, signal);
        if (isKnown(word) && !word.isStale && word.endpoints.length > 0) return word;
        words.push(word);
      }
      const set = choose(words);
      if (set) return set;
      throw failureOf(words, service);
    },
    watch(service, options: Options = {}) {
      return readFeed(() => {
        checkServiceName(service);
        return watchAll(providers, service, pause);
      }, options);
    },
  };
}

async function ask(provider: Discovery, service: string, signal: AbortSignal | undefined): Promise<Word> {
  try {
    return await provider.resolve(service, { signal });
  } catch (error) {
    signal?.throwIfAborted();
    if (isTiercelError(error) && error.retryable) return { error };
    throw error;
  }
}

function watchAll(
  providers: readonly NamedProvider<Discovery>[],
  service: string,
  pause: (ms: number, options: { readonly signal: AbortSignal }) => Promise<void>,
) {
  const left = childController(undefined);
  const feed = new EndpointFeed();
  const words: (Word | undefined)[] = providers.map(() => undefined);
  const hear = (index: number, word: Word) => {
    words[index] = word;
    const said = words.filter((each) => each !== undefined);
    const set = choose(said);
    // That nobody is there is believed when everyone has said so.
    if (set && (set.endpoints.length > 0 || said.length === words.length)) feed.publish(set);
  };
  providers.forEach(({ provider }, index) => {
    void follow(provider, service, (word) => hear(index, word), { signal: left.signal, pause });
  });
  return { feed, close: () => left.abort(undefined) };
}

/** Never rejects, and ends when `signal` aborts. */
async function follow(
  provider: Discovery,
  service: string,
  hear: (word: Word) => void,
  { signal, pause }: { readonly signal: AbortSignal; readonly pause: typeof rest },
): Promise<void> {
  let pauseMs = FIRST_PAUSE_MS;
  let last: EndpointSet | undefined;
  while (!signal.aborted) {
    try {
      for await (const set of provider.watch(service, { signal })) {
        if (signal.aborted) return;
        pauseMs = FIRST_PAUSE_MS;
        last = set;
        hear(set);
      }
    } catch (error) {
      if (signal.aborted) return;
      hear(last ? createEndpointSet(last.endpoints, { isStale: true }) : { error });
    }
    await pause(pauseMs, { signal }).catch(() => undefined);
    pauseMs = Math.min(2 * pauseMs, LONGEST_PAUSE_MS);
  }
}

function choose(words: readonly Word[]): EndpointSet | undefined {
  const known = words.filter(isKnown);
  const somebody = known.filter(({ endpoints }) => endpoints.length > 0);
  const best = somebody.find(({ isStale }) => !isStale) ?? somebody[0];
  if (best) return best;
  if (known.length === 0) return undefined;
  // Whoever cannot tell might know somebody.
  const isStale = known.length < words.length || known.some((set) => set.isStale);
  return createEndpointSet([], { isStale });
}

function isKnown(word: Word): word is EndpointSet {
  return 'endpoints' in word;
}

function failureOf(words: readonly Word[], service: string): unknown {
  const errors = words.flatMap((word) => ('error' in word ? [word.error] : []));
  if (errors.length === 1) return errors[0];
  const finding =
    errors.length === 0 ? 'no discovery is listed' : `all ${errors.length} ways of finding it fail`;
  const cause = new AggregateError(errors, `Nobody knows ${service}.`);
  return new DiscoveryError('DISCOVERY_UNAVAILABLE', { service, finding }, { cause });
}

async function rest(ms: number, { signal }: { readonly signal: AbortSignal }): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const over = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, ms);
  });
  try {
    await raceSignal(over, signal);
  } finally {
    clearTimeout(timer);
  }
}
