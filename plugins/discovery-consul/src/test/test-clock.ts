import { FakeClock } from '@tiercel/capabilities/clock/testing';

/** A clock that stands still, and tells when somebody waits for just so long. */
export class TestClock extends FakeClock {
  readonly #waiting: number[] = [];
  readonly #listeners = new Set<() => void>();

  /** Delays that are being waited for, in milliseconds as they were asked for. */
  get waiting(): readonly number[] {
    return this.#waiting;
  }

  async whenWaiting(ms: number): Promise<void> {
    while (!this.#waiting.includes(ms)) {
      await new Promise<void>((resolve) => {
        const end = () => {
          this.#listeners.delete(end);
          resolve();
        };
        this.#listeners.add(end);
      });
    }
  }

  override async delay(
    ms: number,
    options: { readonly signal?: AbortSignal | undefined } = {},
  ): Promise<void> {
    const delay = super.delay(ms, options);
    this.#waiting.push(ms);
    for (const listener of [...this.#listeners]) listener();
    try {
      await delay;
    } finally {
      this.#waiting.splice(this.#waiting.indexOf(ms), 1);
    }
  }
}
