export type RefusalReason =
  | 'login'
  | 'certificate'
  | 'access'
  | 'client-id'
  | 'taken-over'
  | 'files'
  /** The plugin itself does not want to go on with this connection. */
  | 'role';

export type MqttState =
  | { readonly type: 'connecting' }
  | { readonly type: 'connected'; readonly protocolVersion: 4 | 5 }
  /** Tried again by itself after `retryMs`. */
  | { readonly type: 'away'; readonly finding: string; readonly retryMs: number }
  /** Somebody has to do something. Tried again by itself, but for `isFinal`. */
  | {
      readonly type: 'refused';
      readonly reason: RefusalReason;
      readonly finding: string;
      readonly isFinal: boolean;
    }
  | { readonly type: 'stopped' };

/** The latest state, for any number of readers. A slow one misses those in between, never the last. */
export class MqttStates {
  #current: MqttState = { type: 'connecting' };
  #version = 0;
  readonly #waiting = new Set<() => void>();

  get current(): MqttState {
    return this.#current;
  }

  set(state: MqttState): void {
    if (this.#current.type === 'stopped') return;
    this.#current = state;
    this.#version += 1;
    for (const wake of [...this.#waiting]) wake();
  }

  /** Starts with the current one, and ends after `stopped` or with the reason of an aborted `signal`. */
  async *follow(signal?: AbortSignal): AsyncGenerator<MqttState> {
    let seen = -1;
    for (;;) {
      signal?.throwIfAborted();
      if (seen === this.#version) {
        await this.#next(signal);
        continue;
      }
      seen = this.#version;
      const state = this.#current;
      yield state;
      if (state.type === 'stopped') return;
    }
  }

  #next(signal: AbortSignal | undefined): Promise<void> {
    return new Promise((resolve) => {
      const wake = () => {
        this.#waiting.delete(wake);
        signal?.removeEventListener('abort', wake);
        resolve();
      };
      this.#waiting.add(wake);
      signal?.addEventListener('abort', wake, { once: true });
    });
  }
}
