/**
 * Passes text on until one of the stop texts appears. A tail that may be the beginning of a stop text is held back, so
 * nothing that should not be said ever is.
 */
export class StopFilter {
  readonly #stops: readonly string[];
  #held = '';
  #isStopped = false;
  #rest = '';

  constructor(stops: readonly string[]) {
    this.#stops = stops.filter((stop) => stop !== '');
  }

  get isStopped(): boolean {
    return this.#isStopped;
  }

  /** What came since the stop text, with it; empty until there is one. */
  get rest(): string {
    return this.#rest;
  }

  /** The text that is safe to pass on now. */
  push(text: string): string {
    if (this.#isStopped) {
      this.#rest += text;
      return '';
    }
    const all = this.#held + text;
    const cut = Math.min(...this.#stops.map((stop) => indexOrEnd(all, stop)));
    if (cut < all.length) {
      this.#isStopped = true;
      this.#held = '';
      this.#rest = all.slice(cut);
      return all.slice(0, cut);
    }
    const held = this.#beginningLength(all);
    this.#held = all.slice(all.length - held);
    return all.slice(0, all.length - held);
  }

  /** What was held back, now that nothing follows. */
  flush(): string {
    const held = this.#held;
    this.#held = '';
    return held;
  }

  #beginningLength(text: string): number {
    let longest = 0;
    for (const stop of this.#stops) {
      for (let length = Math.min(stop.length - 1, text.length); length > longest; length--) {
        if (text.endsWith(stop.slice(0, length))) longest = length;
      }
    }
    return longest;
  }
}

function indexOrEnd(text: string, part: string): number {
  const index = text.indexOf(part);
  return index < 0 ? text.length : index;
}
