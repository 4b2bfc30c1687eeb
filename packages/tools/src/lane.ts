import { ToolError } from '@tiercel/capabilities/tool-provider';

const MAX_WAITING = 64;

/** Lets a fixed number of calls of one tool run at once. 64 more may wait, in order; then calls are refused. */
export class Lane {
  readonly #tool: string;
  readonly #width: number;
  readonly #waiting = new Set<() => void>();
  #running = 0;

  constructor(tool: string, width: number) {
    this.#tool = tool;
    this.#width = width;
  }

  /** Waits for a free place until `signal` aborts. Whoever gets one gives it back by calling the result, once. */
  async enter(signal: AbortSignal): Promise<() => void> {
    signal.throwIfAborted();
    if (this.#running < this.#width) this.#running += 1;
    else await this.#waitForPlace(signal);
    let isHeld = true;
    return () => {
      if (!isHeld) return;
      isHeld = false;
      this.#leave();
    };
  }

  busy(): Error {
    return new ToolError('TOOL_BUSY', {
      tool: this.#tool,
      running: this.#running,
      waiting: this.#waiting.size,
    });
  }

  #waitForPlace(signal: AbortSignal): Promise<void> {
    if (this.#waiting.size >= MAX_WAITING) throw this.busy();
    return new Promise((resolve, reject) => {
      const admit = () => {
        signal.removeEventListener('abort', giveUp);
        resolve();
      };
      const giveUp = () => {
        this.#waiting.delete(admit);
        reject(signal.reason);
      };
      this.#waiting.add(admit);
      signal.addEventListener('abort', giveUp, { once: true });
    });
  }

  /** The place goes to the next in line, or becomes free. */
  #leave(): void {
    for (const admit of this.#waiting) {
      this.#waiting.delete(admit);
      admit();
      return;
    }
    this.#running -= 1;
  }
}
