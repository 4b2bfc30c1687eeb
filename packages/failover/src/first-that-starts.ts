import {
  type Capability,
  circuitsOf,
  isTiercelError,
  type MethodShape,
  type NamedProvider,
  type TiercelError,
} from '@tiercel/kernel';
import { Candidates, type Members } from './candidates.js';
import { LentInput } from './lent-input.js';
import { signalOf } from './signal-of.js';
import { StartedStream } from './started-stream.js';
import { type Call, isPassing, Turns } from './turns.js';

export interface FailoverOptions {
  /** Failures in a row after which a provider is passed over. Default 3. */
  readonly failuresToOpen?: number;
  /** How long it is passed over at first; twice as long after each trial that failed. Default 5,000. */
  readonly coolDownMs?: number;
  /** Default 60,000. */
  readonly longestCoolDownMs?: number;
  /** A trial that failed sooner than this cost nobody anything, and makes the pause no longer. Default 250. */
  readonly cheapTrialMs?: number;
  /** Monotonic time. Default: `performance.now`. */
  readonly nowMs?: () => number;
  /**
   * Codes after which the next provider is asked although the error is not retryable: what one cannot take, another may.
   * They are no failures of the provider. If nobody takes it, the caller gets the first of them.
   */
  readonly passOn?: readonly string[];
}

/** Fits `compose` of any capability. */
export type Failover = <T>(
  providers: readonly NamedProvider<T>[],
  capability: Pick<Capability<T>, 'id' | 'methods'>,
) => T;

type Method = (...args: unknown[]) => unknown;

/**
 * Makes one provider out of several, in order of preference, for `compose` of a capability. A call goes to the first; as
 * long as it has no result, a retryable error passes it on to the next. After the first result it stays where it is, so
 * nothing is said twice. A provider that keeps failing is passed over for a while. Nothing that the caller does, neither an
 * abort nor leaving a stream nor a stream of its own that fails, counts as a failure.
 */
export const firstThatStarts: Failover & { with(options: FailoverOptions): Failover } = Object.assign(
  createFailover({}),
  { with: createFailover },
);

function createFailover(options: FailoverOptions): Failover {
  const { passOn: codes = [], ...settings } = { cheapTrialMs: 250, ...options };
  const isPassedOn = (error: unknown): error is TiercelError =>
    isPassing(error) || codes.some((code) => isTiercelError(error, code));
  return <T>(
    providers: readonly NamedProvider<T>[],
    { id, methods }: Pick<Capability<T>, 'id' | 'methods'>,
  ): T => {
    // A provider has a member for each of its capability's methods, whatever else T says.
    const named = providers as readonly NamedProvider<Members>[];
    const candidates = new Candidates(named, settings);
    const composite = {};
    for (const [member, shape] of Object.entries(methods)) {
      Object.defineProperty(composite, member, {
        enumerable: true,
        ...(shape === 'fact'
          ? { get: () => readFact(candidates, member) }
          : { value: passOn(candidates, { capability: id, member, shape, isPassedOn }) }),
      });
    }
    Object.defineProperty(composite, circuitsOf, { value: () => candidates.status() });
    return composite as T;
  };
}

function passOn(
  candidates: Candidates,
  method: Pick<Call, 'capability' | 'member' | 'isPassedOn'> & { readonly shape: MethodShape },
): Method {
  const begin = (args: readonly unknown[], input?: LentInput) =>
    new Turns({ ...method, signal: signalOf(args), input }, candidates.inOrder());
  const call = (provider: Members, args: readonly unknown[], input?: LentInput) =>
    (provider[method.member] as Method)(...(input ? [input.lend(), ...args.slice(1)] : args));
  switch (method.shape) {
    case 'unary':
      return (...args) => firstAnswer(begin(args), (provider) => call(provider, args));
    case 'stream-in':
      return (...args) => {
        const input = new LentInput(args[0] as AsyncIterable<unknown>);
        return firstAnswer(begin(args, input), (provider) => call(provider, args, input));
      };
    case 'stream-out':
      return (...args) =>
        new StartedStream(
          () => begin(args),
          (provider) => (call(provider, args) as AsyncIterable<unknown>)[Symbol.asyncIterator](),
        );
    case 'duplex':
      return (...args) => {
        const input = new LentInput(args[0] as AsyncIterable<unknown>);
        return new StartedStream(
          () => begin(args, input),
          (provider) => (call(provider, args, input) as AsyncIterable<unknown>)[Symbol.asyncIterator](),
        );
      };
    default:
      return (...args) =>
        firstAtOnce(begin(args), (provider) => call(provider, args), method.shape === 'local');
  }
}

async function firstAnswer(turns: Turns, ask: (provider: Members) => unknown): Promise<unknown> {
  while (true) {
    const turn = turns.next();
    try {
      const answer = await ask(turn.provider);
      turn.succeed();
      return answer;
    } catch (error) {
      turn.fail(error);
    }
  }
}

/** @param isAnswer whether what comes back proves that the provider is well */
function firstAtOnce(turns: Turns, ask: (provider: Members) => unknown, isAnswer: boolean): unknown {
  while (true) {
    const turn = turns.next();
    try {
      const answer = ask(turn.provider);
      if (isAnswer) turn.succeed();
      else turn.release();
      return answer;
    } catch (error) {
      turn.fail(error);
    }
  }
}

/** The fact of whoever would be asked next, if it can be read. */
function readFact(candidates: Candidates, member: string): unknown {
  let failure: unknown;
  for (const { provider } of candidates.inOrder()) {
    try {
      const fact = provider[member];
      if (fact !== undefined) return fact;
    } catch (error) {
      if (!isPassing(error)) throw error;
      failure ??= error;
    }
  }
  if (failure !== undefined) throw failure;
  return undefined;
}
