import { isTiercelError, type TiercelError } from '@tiercel/kernel';
import type { Candidate, Members } from './candidates.js';
import { FailoverError } from './errors.js';
import type { LentInput } from './lent-input.js';

export interface Call {
  readonly capability: string;
  readonly member: string;
  /** Of the caller. */
  readonly signal?: AbortSignal | undefined;
  readonly input?: LentInput | undefined;
  /** Whether the next provider may be asked after this error. */
  readonly isPassedOn: (error: unknown) => error is TiercelError;
}

/** One provider's chance to answer a call. */
export interface Turn {
  readonly provider: Members;
  /** There is a result: nobody else is asked. */
  succeed(): void;
  /** The call is over without a word about the provider. */
  release(): void;
  /** Returns if the next provider may be asked, and throws what the caller is to get if not. */
  fail(error: unknown): void;
}

/** Gives one call to one candidate after the other. */
export class Turns {
  readonly #call: Call;
  readonly #order: Iterator<Candidate>;
  readonly #failures: { readonly plugin: string; readonly error: TiercelError }[] = [];

  constructor(call: Call, order: Iterable<Candidate>) {
    this.#call = call;
    this.#order = order[Symbol.iterator]();
  }

  /** Throws when everybody has been asked. */
  next(): Turn {
    const { done, value: candidate } = this.#order.next();
    const { input } = this.#call;
    if (done) {
      input?.settle();
      throw this.#exhausted();
    }
    const call = candidate.circuit.begin();
    return {
      provider: candidate.provider,
      succeed() {
        call.succeed();
        input?.settle();
      },
      release() {
        call.release();
        input?.settle();
      },
      fail: (error) => {
        const { signal, isPassedOn } = this.#call;
        if (!isPassedOn(error)) call.release();
        else if (signal?.aborted || input?.hasFailed) call.release();
        else {
          if (isPassing(error)) call.fail(error.message);
          else call.release();
          if (input?.isWhole ?? true) {
            this.#failures.push({ plugin: candidate.plugin, error });
            return;
          }
        }
        input?.settle();
        throw signal?.aborted && isPassing(error) ? signal.reason : error;
      },
    };
  }

  #exhausted(): unknown {
    const { capability, member } = this.#call;
    const [first] = this.#failures;
    if (first && this.#failures.length === 1) return first.error;
    // The others may come back, and what this one said will still be true.
    const definite = this.#failures.find(({ error }) => !isPassing(error));
    if (definite) return definite.error;
    const attempts = this.#failures.map(({ plugin, error }) => {
      return { plugin, code: error.code, finding: error.message };
    });
    const errors = this.#failures.map(({ error }) => error);
    const cause = new AggregateError(errors, `Every provider of ${capability} failed.`);
    return new FailoverError('FAILOVER_EXHAUSTED', { capability, member, attempts }, { cause });
  }
}

/** Whether another provider may do better. */
export function isPassing(error: unknown): error is TiercelError {
  return isTiercelError(error) && error.retryable;
}
