import type { Capability, MethodShape } from '@tiercel/kernel';
import { signalOf } from './signal-of.js';

/** One call of a member. */
export interface InterceptedCall {
  readonly member: string;
  readonly shape: MethodShape;
  /** Counts from 1, per member. */
  readonly number: number;
  readonly signal: AbortSignal | undefined;
}

/** What happens on the way to a provider. Whatever it throws, the caller gets. */
export interface Interceptor {
  /** Before a call reaches the provider; for streams, before the first item is asked for. */
  onCall?(call: InterceptedCall): Promise<void>;
  /** Before an item is asked of the provider; counts from 0, and is called once more for the end. */
  onItem?(call: InterceptedCall, index: number): Promise<void>;
  /** Before the provider gets an item of the caller's stream. */
  onInput?(call: InterceptedCall, index: number): Promise<void>;
  /** Before a member that answers at once or not at all. Return `false` to leave the provider alone. */
  onImmediate?(call: InterceptedCall): boolean;
}

type Method = (...args: unknown[]) => unknown;

/**
 * A provider of the same contract that passes everything on to `provider` through `interceptor`. Streams keep their laws:
 * nothing begins before the first read, leaving early frees what stands behind, and facts stay as they are.
 */
export function intercept<T, F>(
  provider: T,
  capability: Pick<Capability<T, F>, 'methods'>,
  interceptor: Interceptor,
): T {
  const target = provider as Readonly<Record<string, unknown>>;
  const members = Object.entries(capability.methods).map(([member, shape]): [string, PropertyDescriptor] => [
    member,
    describeMember(target, member, shape, interceptor),
  ]);
  // Every member of the contract is there, each under its own shape.
  return Object.defineProperties({}, Object.fromEntries(members)) as T;
}

function describeMember(
  target: Readonly<Record<string, unknown>>,
  member: string,
  shape: MethodShape,
  interceptor: Interceptor,
): PropertyDescriptor {
  const enumerable = true;
  if (shape === 'fact') return { enumerable, get: () => target[member] };
  if (target[member] === undefined) return { enumerable, value: undefined };
  let calls = 0;
  const value = (...args: unknown[]) => {
    const call: InterceptedCall = { member, shape, number: ++calls, signal: signalOf(args) };
    const invoke = () => (target[member] as Method).apply(target, withInput(call, args, interceptor));
    switch (shape) {
      case 'notify':
      case 'local':
        return interceptor.onImmediate?.(call) === false ? undefined : invoke();
      case 'unary':
      case 'stream-in':
        return callThrough(call, invoke, interceptor);
      case 'stream-out':
      case 'duplex':
        return new InterceptedStream(call, invoke as () => AsyncIterable<unknown>, interceptor);
      default:
        shape satisfies never;
        return undefined;
    }
  };
  return { enumerable, value };
}

async function callThrough(call: InterceptedCall, invoke: () => unknown, interceptor: Interceptor) {
  await interceptor.onCall?.(call);
  return await invoke();
}

function withInput(call: InterceptedCall, args: readonly unknown[], { onInput }: Interceptor): unknown[] {
  const [first, ...rest] = args;
  if (!onInput || (call.shape !== 'stream-in' && call.shape !== 'duplex')) return [...args];
  return [new InterceptedInput(call, first as AsyncIterable<unknown>, onInput), ...rest];
}

class InterceptedStream implements AsyncIterableIterator<unknown> {
  readonly #call: InterceptedCall;
  readonly #interceptor: Interceptor;
  readonly #source: AsyncIterator<unknown>;
  #begun: Promise<void> | undefined;
  #items = 0;
  #hasFailed = false;

  constructor(call: InterceptedCall, invoke: () => AsyncIterable<unknown>, interceptor: Interceptor) {
    this.#call = call;
    this.#interceptor = interceptor;
    this.#source = invoke()[Symbol.asyncIterator]();
  }

  async next(): Promise<IteratorResult<unknown>> {
    if (this.#hasFailed) return { done: true, value: undefined };
    try {
      this.#begun ??= this.#interceptor.onCall?.(this.#call) ?? Promise.resolve();
      await this.#begun;
      await this.#interceptor.onItem?.(this.#call, this.#items++);
    } catch (error) {
      this.#hasFailed = true;
      await this.#source.return?.().catch(() => undefined);
      throw error;
    }
    return await this.#source.next();
  }

  async return(value?: unknown): Promise<IteratorResult<unknown>> {
    return (await this.#source.return?.(value)) ?? { done: true, value };
  }

  [Symbol.asyncIterator](): this {
    return this;
  }
}

class InterceptedInput implements AsyncIterable<unknown> {
  readonly #call: InterceptedCall;
  readonly #source: AsyncIterable<unknown>;
  readonly #onInput: NonNullable<Interceptor['onInput']>;

  constructor(
    call: InterceptedCall,
    source: AsyncIterable<unknown>,
    onInput: NonNullable<Interceptor['onInput']>,
  ) {
    this.#call = call;
    this.#source = source;
    this.#onInput = onInput;
  }

  [Symbol.asyncIterator](): AsyncIterator<unknown> {
    const source = this.#source[Symbol.asyncIterator]();
    let index = 0;
    return {
      next: async () => {
        await this.#onInput(this.#call, index++);
        return await source.next();
      },
      return: async (value?: unknown) => (await source.return?.(value)) ?? { done: true, value },
    };
  }
}
