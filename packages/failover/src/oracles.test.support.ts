/** A capability with a member of every shape, and providers of it that do as they are told. */
import { defineCapability, TiercelError } from '@tiercel/kernel';
import { firstThatStarts } from './first-that-starts.js';

export interface OracleOptions {
  readonly signal?: AbortSignal | undefined;
}

export interface Oracle {
  readonly name: string;
  ask(question: string, options?: OracleOptions): Promise<string>;
  speak(count: number, options?: OracleOptions): AsyncIterable<string>;
  listen(words: AsyncIterable<string>, options?: OracleOptions): Promise<string>;
  answer(words: AsyncIterable<string>, options?: OracleOptions): AsyncIterable<string>;
  note(text: string): void;
  guess(): string;
}

export const Oracle = defineCapability<Oracle>()({
  id: 'oracle',
  version: '1.0.0',
  methods: {
    name: 'fact',
    ask: 'unary',
    speak: 'stream-out',
    listen: 'stream-in',
    answer: 'duplex',
    note: 'notify',
    guess: 'local',
  },
  compose: firstThatStarts,
});

/** As a provider fails whose process is gone. */
export function lost(plugin = 'somebody'): TiercelError {
  return new TiercelError('PROVIDER_LOST', `Plugin ${plugin} lost its process.`, { retryable: true });
}

/** As a provider fails that has understood and refuses. */
export function refused(): TiercelError {
  return new TiercelError('ORACLE_REFUSED', 'That is not for you to know.');
}

/** Answers with its name; what a test replaces is replaced. */
export function oracle(name: string, members: Partial<Oracle> = {}): Oracle {
  const plain: Oracle = {
    name,
    ask: async (question) => `${name}: ${question}`,
    async *speak(count) {
      for (let index = 0; index < count; index++) yield `${name} ${index}`;
    },
    async listen(words) {
      return `${name}: ${(await collect(words)).join(' ')}`;
    },
    async *answer(words) {
      for await (const word of words) yield `${name}: ${word}`;
    },
    note: () => undefined,
    guess: () => name,
  };
  return Object.defineProperties(plain, Object.getOwnPropertyDescriptors(members));
}

/** Fails every call with a retryable error; `calls` tells how many there were. */
export function downOracle(plugin: string): Oracle & { readonly calls: number } {
  let calls = 0;
  const fail = (): never => {
    calls++;
    throw lost(plugin);
  };
  const members: Oracle = {
    get name(): string {
      throw lost(plugin);
    },
    ask: async () => fail(),
    // biome-ignore lint/correctness/useYield: a stream that fails before its first item
    async *speak() {
      fail();
    },
    listen: async () => fail(),
    // biome-ignore lint/correctness/useYield: as above
    async *answer() {
      fail();
    },
    note: fail,
    guess: fail,
  };
  return Object.defineProperties({} as Oracle & { readonly calls: number }, {
    ...Object.getOwnPropertyDescriptors(members),
    calls: { get: () => calls },
  });
}

export async function collect<T>(source: AsyncIterable<T>): Promise<T[]> {
  const items: T[] = [];
  for await (const item of source) items.push(item);
  return items;
}

/** A stream of the caller that tells what its readers do. */
export class Words implements AsyncIterable<string> {
  readonly #words: readonly string[];
  readonly #failure: unknown;
  opens = 0;
  reads = 0;
  isClosed = false;

  /** @param failure thrown after the last word; without it the stream ends */
  constructor(words: readonly string[], failure?: unknown) {
    this.#words = words;
    this.#failure = failure;
  }

  [Symbol.asyncIterator](): AsyncIterator<string> {
    this.opens++;
    return {
      next: async () => {
        const value = this.#words[this.reads++];
        if (value !== undefined) return { done: false, value };
        if (this.#failure !== undefined) throw this.#failure;
        return { done: true, value: undefined };
      },
      return: async () => {
        this.isClosed = true;
        return { done: true, value: undefined };
      },
    };
  }
}

export async function errorOf(work: () => unknown): Promise<TiercelError> {
  try {
    await work();
  } catch (error) {
    return error as TiercelError;
  }
  throw new Error('Nothing was thrown.');
}
