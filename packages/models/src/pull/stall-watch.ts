/**
 * Aborts a download that sends too little: in each window of `windowMs` at least `minBytes` must arrive. A server that drips
 * single bytes is as good as silent.
 */
export class StallWatch implements Disposable {
  readonly #timer: NodeJS.Timeout;
  #bytes = 0;

  constructor(options: {
    readonly windowMs: number;
    readonly minBytes: number;
    readonly onStall: () => void;
  }) {
    this.#timer = setInterval(() => {
      if (this.#bytes < options.minBytes) options.onStall();
      this.#bytes = 0;
    }, options.windowMs);
  }

  add(bytes: number): void {
    this.#bytes += bytes;
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
  }
}
