/**
 * Holds evaluation back while a sequence is changed. The library keeps its context locked for as long as anything is
 * queued for evaluation, and answers that go on queue token after token: without a gate, whoever has to forget a part of
 * its sequence first would wait until they are all at their end.
 */
export class EvaluationGate {
  readonly #waiting: (() => void)[] = [];
  #changes = 0;

  /** Does `change` while nobody begins to evaluate. What is being evaluated ends before. */
  async hold<T>(change: () => Promise<T>): Promise<T> {
    this.#changes++;
    try {
      return await change();
    } finally {
      this.#changes--;
      if (this.#changes === 0) for (const go of this.#waiting.splice(0)) go();
    }
  }

  /** Settles when evaluation may begin. At most one wait per sequence, and none is longer than one evaluation. */
  async open(): Promise<void> {
    while (this.#changes > 0) await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }
}
