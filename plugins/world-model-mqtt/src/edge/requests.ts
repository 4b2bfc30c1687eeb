import { childController } from '@tiercel/kernel';
import type { MqttSession } from '../connection/mqtt-session.js';
import { formatEnvelope, type ObserveEnvelope, type ReplyEnvelope } from '../wire/envelope.js';

/** Questions to the core whose answers are awaited. As many as the session lets wait. */
export class Requests {
  readonly #topic: string;
  readonly #waiting = new Map<string, (reply: ReplyEnvelope) => void>();

  constructor(topic: string) {
    this.#topic = topic;
  }

  get waiting(): number {
    return this.#waiting.size;
  }

  /** Rejects where it cannot be published, and with the reason of `signal` or of the session, whichever ends first. */
  async ask(change: ObserveEnvelope, session: MqttSession, signal: AbortSignal): Promise<ReplyEnvelope> {
    const end = childController(session.signal);
    const stop = () => end.abort(signal.reason);
    if (signal.aborted) stop();
    signal.addEventListener('abort', stop, { once: true });
    try {
      return await new Promise<ReplyEnvelope>((resolve, reject) => {
        const fail = () => reject(end.signal.reason);
        if (end.signal.aborted) return fail();
        end.signal.addEventListener('abort', fail, { once: true });
        this.#waiting.set(change.id, resolve);
        // The reply may come before the broker has confirmed, and is worth more.
        session
          .publish({ topic: this.#topic, payload: formatEnvelope(change) }, end.signal)
          .catch((error: unknown) => reject(error));
      });
    } finally {
      this.#waiting.delete(change.id);
      signal.removeEventListener('abort', stop);
      end[Symbol.dispose]();
    }
  }

  /** Whether somebody waits for it. */
  answered(reply: ReplyEnvelope): boolean {
    const settle = this.#waiting.get(reply.ref);
    settle?.(reply);
    return settle !== undefined;
  }
}
