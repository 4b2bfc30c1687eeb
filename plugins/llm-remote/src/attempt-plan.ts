import { LanguageModelError } from '@tiercel/capabilities/language-model';
import { FIRST_RETRY_MS, LONGEST_RETRY_MS } from './limits.js';
import type { RetryBudget } from './retry-budget.js';
import type { ServerEndpoint } from './server-endpoint.js';
import type { ServerFailure } from './server-failure.js';

export interface RetryRules {
  /** Repetitions of one call, after all servers were asked once. */
  readonly retries: number;
  /** A server that asks to be left alone for longer is not waited for. */
  readonly longestRetryAfterMs: number;
}

/** Whom one call has asked, and whether it makes sense to ask anybody again. */
export class AttemptPlan {
  readonly #rules: RetryRules;
  readonly #budget: RetryBudget;
  readonly #random: () => number;
  readonly #failures = new Map<ServerEndpoint, ServerFailure>();
  readonly #attempts: { readonly endpoint: string; readonly finding: string }[] = [];
  /** Not to be asked next: a repetition is one more attempt, not one more round. */
  #except: ReadonlySet<ServerEndpoint> = new Set();
  #retries = 0;

  constructor(rules: RetryRules, budget: RetryBudget, random: () => number) {
    this.#rules = rules;
    this.#budget = budget;
    this.#random = random;
  }

  get except(): ReadonlySet<ServerEndpoint> {
    return this.#except;
  }

  fail(endpoint: ServerEndpoint, failure: ServerFailure): void {
    this.#failures.set(endpoint, failure);
    this.#attempts.push({ endpoint: endpoint.origin, finding: failure.finding });
    this.#except = new Set(this.#failures.keys());
  }

  /**
   * How long to wait before one more attempt, which may go to every server that can be expected to do better;
   * `undefined` when there is to be none.
   * @param nowMs time of the circuits
   */
  nextPauseMs(nowMs: number): number | undefined {
    const worthwhile = [...this.#failures].filter(
      ([endpoint, { canRepeat, retryAfterMs }]) =>
        canRepeat && (endpoint.circuit.state !== 'open' || retryAfterMs !== undefined),
    );
    if (worthwhile.length === 0 || this.#retries >= this.#rules.retries) return undefined;
    const waits = worthwhile.map(([{ circuit }, { retryAfterMs }]) =>
      Math.max(retryAfterMs ?? 0, circuit.retryAtMs - nowMs),
    );
    const asked = Math.min(...waits);
    if (asked > this.#rules.longestRetryAfterMs || !this.#budget.spend()) return undefined;
    const jitter = this.#random() * Math.min(LONGEST_RETRY_MS, FIRST_RETRY_MS * 2 ** this.#retries);
    this.#retries++;
    const again = new Set(worthwhile.map(([endpoint]) => endpoint));
    this.#except = new Set([...this.#failures.keys()].filter((endpoint) => !again.has(endpoint)));
    return Math.max(asked, jitter);
  }

  /** What to tell the caller when none of `known` has answered. */
  error(known: readonly ServerEndpoint[], services: readonly string[]): Error {
    const passedOver = known.filter((endpoint) => !this.#failures.has(endpoint));
    const timeouts = [...this.#failures.values()].flatMap(({ timeout }) => timeout ?? []);
    const [timeout] = timeouts;
    if (timeout && timeouts.length === this.#failures.size && passedOver.length === 0)
      return new LanguageModelError('LANGUAGE_MODEL_TIMEOUT', { ...timeout });
    const skipped = passedOver.map((endpoint) => ({
      endpoint: endpoint.origin,
      finding: `passed over: ${endpoint.problem ?? 'another call is trying it'}`,
    }));
    const attempts = [...this.#attempts, ...skipped];
    const unknown = services.map((service) => ({ endpoint: service, finding: 'nobody serves this name' }));
    return new LanguageModelError('LANGUAGE_MODEL_UNREACHABLE', {
      attempts: attempts.length > 0 ? attempts : unknown,
    });
  }
}
