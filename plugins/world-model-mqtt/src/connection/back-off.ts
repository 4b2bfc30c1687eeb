const FIRST_MS = 1_000;
const LONGEST_MS = 30_000;

/** Waits between attempts: twice as long each time, and spread out, so that a house full of nodes does not return at once. */
export class BackOff {
  readonly #random: () => number;
  #attempts = 0;

  constructor(random: () => number) {
    this.#random = random;
  }

  /** Between half of the wait and all of it. */
  nextMs(): number {
    const mostMs = Math.min(LONGEST_MS, FIRST_MS * 2 ** this.#attempts);
    this.#attempts = Math.min(this.#attempts + 1, 16);
    return Math.round(mostMs * (0.5 + this.#random() / 2));
  }

  /** The next wait is the longest: nothing will change before somebody does something. */
  skipToLongest(): void {
    this.#attempts = 16;
  }

  reset(): void {
    this.#attempts = 0;
  }
}
