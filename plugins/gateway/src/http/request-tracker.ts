import type { ServerResponse } from 'node:http';
import { raceSignal } from '@tiercel/kernel';
import { GatewayError } from '../errors.js';

/** The requests that a listener is answering. */
export class RequestTracker {
  readonly #running = new Map<ServerResponse, AbortController>();
  readonly #draining = new AbortController();
  #onIdle: (() => void) | undefined;

  get running(): number {
    return this.#running.size;
  }

  /** Follows a request until its answer is out or its client is gone. The signal aborts in the second case only. */
  begin(response: ServerResponse): AbortSignal {
    const controller = new AbortController();
    this.#running.set(response, controller);
    const { socket } = response;
    let isOut = false;
    // An answer whose rest was lost with the connection also counts as finished for Node.
    response.once('finish', () => {
      isOut = socket?.destroyed === false;
    });
    response.once('close', () => {
      this.#running.delete(response);
      if (!isOut) controller.abort(new GatewayError('GATEWAY_CLIENT_GONE', {}));
      if (this.#running.size === 0) this.#onIdle?.();
    });
    return controller.signal;
  }

  /** Aborts with `GATEWAY_DRAINING` when nothing new is taken any more. */
  get draining(): AbortSignal {
    return this.#draining.signal;
  }

  get isDraining(): boolean {
    return this.#draining.signal.aborted;
  }

  drain(): void {
    this.#draining.abort(new GatewayError('GATEWAY_DRAINING', {}));
  }

  /** Settles when nothing is being answered, or with the signal's reason. */
  async whenIdle(signal: AbortSignal): Promise<void> {
    if (this.#running.size === 0) return;
    const idle = new Promise<void>((resolve) => {
      this.#onIdle = resolve;
    });
    await raceSignal(idle, signal);
  }

  abortAll(reason: unknown): void {
    for (const controller of this.#running.values()) controller.abort(reason);
  }
}
