import { randomUUID } from 'node:crypto';

const MAX_PENDING = 1_024;
const MAX_PENDING_PER_CALLER = 16;

/** What an approval is for, and good for. */
export interface ApprovableCall {
  readonly caller: string;
  readonly tool: string;
  /** The same for the same tool and arguments. */
  readonly fingerprint: string;
}

interface PendingApproval extends ApprovableCall {
  readonly expiresAtMs: number;
}

/**
 * Approvals that somebody has been asked for. Each is good once, within 60 s, for one caller and one call. A caller has 16
 * open ones; with more, its earliest expires. Nothing waits here.
 */
export class Approvals {
  static readonly expiresInMs = 60_000;
  readonly #nowMs: () => number;
  readonly #pending = new Map<string, PendingApproval>();

  constructor(nowMs: () => number) {
    this.#nowMs = nowMs;
  }

  /** @returns the id that the person says yes or no to */
  ask(call: ApprovableCall): string {
    this.#forgetExpired();
    this.#makeRoom(call.caller);
    const id = randomUUID();
    this.#pending.set(id, { ...call, expiresAtMs: this.#nowMs() + Approvals.expiresInMs });
    return id;
  }

  /** Uses an approval up. Whether it was good for this call. */
  take(id: string, call: ApprovableCall): boolean {
    const asked = this.#pending.get(id);
    // Whoever only guesses an id must not be able to spoil it for its owner.
    if (!asked || asked.caller !== call.caller) return false;
    this.#pending.delete(id);
    return asked.fingerprint === call.fingerprint && this.#nowMs() < asked.expiresAtMs;
  }

  /** @returns the call that will not be, unless the id is unknown or somebody else's */
  refuse(id: string, caller: string): ApprovableCall | undefined {
    const asked = this.#pending.get(id);
    if (!asked || asked.caller !== caller) return undefined;
    this.#pending.delete(id);
    return asked;
  }

  /** All live equally long, so the earliest entries expire first. */
  #forgetExpired(): void {
    const nowMs = this.#nowMs();
    for (const [id, { expiresAtMs }] of this.#pending) {
      if (nowMs < expiresAtMs) return;
      this.#pending.delete(id);
    }
  }

  #makeRoom(caller: string): void {
    const own = [...this.#pending].filter(([, asked]) => asked.caller === caller);
    const [first] = own.length >= MAX_PENDING_PER_CALLER ? own : this.#pending;
    const isFull = own.length >= MAX_PENDING_PER_CALLER || this.#pending.size >= MAX_PENDING;
    if (isFull && first) this.#pending.delete(first[0]);
  }
}
