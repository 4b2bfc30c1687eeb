import type { MethodShape } from '../plugin/capability.js';
import type { RunningPlugin } from './running-plugin.js';

type Method = (...args: unknown[]) => unknown;

/**
 * An object that stands for whoever provides something now: each call goes to the present generation, and each
 * generation knows which of its calls are not over. Costs a counter and a promise reaction per call.
 * @param methods shapes of the members; others are not passed on
 * @param occupant the generation that takes the next call; throws where there is none
 */
export function createSeat(
  methods: Readonly<Record<string, MethodShape>>,
  provider: string,
  occupant: () => RunningPlugin,
): object {
  const seat = {};
  let known: RunningPlugin | undefined;
  let target: Record<string, Method> = {};
  const call = (running: RunningPlugin, member: string, args: unknown[]): unknown => {
    if (running !== known) {
      known = running;
      target = running.provider(provider) as Record<string, Method>;
    }
    return target[member]?.(...args);
  };
  for (const [member, shape] of Object.entries(methods)) {
    switch (shape) {
      case 'fact':
        Object.defineProperty(seat, member, {
          enumerable: true,
          get: () => (occupant().provider(provider) as Record<string, unknown>)[member],
        });
        break;
      case 'local':
      case 'notify':
        define(seat, member, (...args) => call(occupant(), member, args));
        break;
      case 'unary':
      case 'stream-in':
        define(seat, member, (...args) => {
          let running: RunningPlugin;
          try {
            running = occupant();
          } catch (error) {
            return Promise.reject(error);
          }
          running.enter();
          let result: Promise<unknown>;
          try {
            result = Promise.resolve(call(running, member, args));
          } catch (error) {
            result = Promise.reject(error);
          }
          // The caller gets the provider's own promise: watching it from the side costs no extra turn of the loop.
          result.then(running.leave, running.leave);
          return result;
        });
        break;
      case 'stream-out':
      case 'duplex':
        define(seat, member, (...args) => {
          return seatedStream(occupant, (running) => call(running, member, args) as AsyncIterable<unknown>);
        });
    }
  }
  return seat;
}

function define(seat: object, member: string, value: Method): void {
  Object.defineProperty(seat, member, { enumerable: true, value });
}

/**
 * A stream that begins with the call, because what it tells may count from there, and belongs to the generation which is
 * there when it is first read. What a replaced generation had begun and nobody read is begun anew by its successor.
 */
function seatedStream(
  occupant: () => RunningPlugin,
  begin: (running: RunningPlugin) => AsyncIterable<unknown>,
): AsyncIterableIterator<unknown> {
  let begun = prepare(occupant, begin);
  let source: AsyncIterator<unknown> | undefined;
  let running: RunningPlugin | undefined;
  let isOver = false;
  const end = () => {
    if (!isOver) running?.leave();
    isOver = true;
  };
  const step = async (
    read: (from: AsyncIterator<unknown>) => Promise<IteratorResult<unknown>> | undefined,
  ) => {
    if (isOver) return { done: true as const, value: undefined };
    try {
      if (!source) {
        const now = occupant();
        if (begun?.running !== now) {
          begun?.abandon();
          begun = { running: now, stream: begin(now), abandon: () => undefined };
        }
        running = now;
        running.enter();
        source = begun.stream[Symbol.asyncIterator]();
      }
      const result = (await read(source)) ?? { done: true as const, value: undefined };
      if (result.done) end();
      return result;
    } catch (error) {
      end();
      throw error;
    }
  };
  return {
    [Symbol.asyncIterator]() {
      return this;
    },
    next: () => step((from) => from.next()),
    async return(value) {
      if (!source) isOver = true;
      if (isOver) return { done: true, value };
      try {
        return (await source?.return?.(value)) ?? { done: true, value };
      } finally {
        end();
      }
    },
  };
}

interface BegunStream {
  readonly running: RunningPlugin;
  readonly stream: AsyncIterable<unknown>;
  /** Gives back what a stream holds that is never read. */
  abandon(): void;
}

/** The stream as it begins now; `undefined` where that fails, so that the first read tells why. */
function prepare(
  occupant: () => RunningPlugin,
  begin: (running: RunningPlugin) => AsyncIterable<unknown>,
): BegunStream | undefined {
  try {
    const running = occupant();
    const stream = begin(running);
    const abandon = () =>
      void stream[Symbol.asyncIterator]()
        .return?.()
        .catch(() => undefined);
    return { running, stream, abandon };
  } catch {
    return undefined;
  }
}
