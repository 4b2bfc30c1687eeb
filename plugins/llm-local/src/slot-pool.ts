import { LanguageModelError } from '@tiercel/capabilities/language-model';

/** Something that evaluates one prompt at a time and remembers the last one. */
export interface Slot {
  /** Tokens that it remembers. */
  readonly heldTokens: number;
  /** How many of `tokens`, from their first, need no evaluation here. */
  commonPrefix(tokens: readonly number[]): number;
}

export interface SlotRequest {
  readonly tokens: readonly number[];
  readonly conversationId: string | undefined;
  readonly signal: AbortSignal;
}

/** A slot of one's own. Giving it back twice does nothing. */
export interface SlotLease<S> {
  readonly slot: S;
  release(): void;
}

interface Entry<S> {
  readonly slot: S;
  isBusy: boolean;
  lastUse: number;
  conversationId: string | undefined;
}

interface Waiter<S> {
  readonly request: SlotRequest;
  grant(lease: SlotLease<S>): void;
}

/**
 * Hands out slots in the order of asking. Whoever asks gets the idle slot that remembers most of the prompt and would
 * forget less than that; else the one of the same conversation; else the one that was idle longest. The queue is bounded and every wait has a deadline; an aborted one leaves the queue at once.
 */
export class SlotPool<S extends Slot> {
  readonly #entries: readonly Entry<S>[];
  readonly #maxWaiting: number;
  readonly #waitMs: number;
  readonly #waiters = new Set<Waiter<S>>();
  readonly #idleListeners = new Set<() => void>();
  #uses = 0;

  constructor(slots: readonly S[], options: { readonly maxWaiting: number; readonly waitMs: number }) {
    this.#entries = slots.map((slot) => ({ slot, isBusy: false, lastUse: 0, conversationId: undefined }));
    this.#maxWaiting = options.maxWaiting;
    this.#waitMs = options.waitMs;
  }

  get waiting(): number {
    return this.#waiters.size;
  }

  /** In the order of creation. */
  get busy(): readonly boolean[] {
    return this.#entries.map(({ isBusy }) => isBusy);
  }

  /**
   * Rejects with LANGUAGE_MODEL_OVERLOADED when the queue is full, LANGUAGE_MODEL_TIMEOUT when its deadline passes, and
   * the reason of an aborted signal.
   */
  acquire(request: SlotRequest): Promise<SlotLease<S>> {
    if (request.signal.aborted) return Promise.reject(request.signal.reason);
    const entry = this.#waiters.size === 0 ? this.#choose(request) : undefined;
    if (entry) return Promise.resolve(this.#lease(entry, request));
    if (this.#waiters.size >= this.#maxWaiting) {
      const details = { waiting: this.#waiters.size, limit: this.#maxWaiting };
      return Promise.reject(new LanguageModelError('LANGUAGE_MODEL_OVERLOADED', details));
    }
    return this.#wait(request);
  }

  /** Settles once no slot is busy and nobody waits. */
  whenIdle(): Promise<void> {
    if (this.#isIdle()) return Promise.resolve();
    return new Promise((resolve) => this.#idleListeners.add(resolve));
  }

  #wait(request: SlotRequest): Promise<SlotLease<S>> {
    return new Promise((resolve, reject) => {
      const leave = () => {
        clearTimeout(deadline);
        request.signal.removeEventListener('abort', onAbort);
        this.#waiters.delete(waiter);
      };
      const onAbort = () => {
        leave();
        reject(request.signal.reason);
        this.#announceIdle();
      };
      const deadline = setTimeout(() => {
        leave();
        reject(new LanguageModelError('LANGUAGE_MODEL_TIMEOUT', { phase: 'queue', waitedMs: this.#waitMs }));
      }, this.#waitMs);
      const waiter: Waiter<S> = {
        request,
        grant: (lease) => {
          leave();
          resolve(lease);
        },
      };
      this.#waiters.add(waiter);
      request.signal.addEventListener('abort', onAbort, { once: true });
    });
  }

  #lease(entry: Entry<S>, request: SlotRequest): SlotLease<S> {
    entry.isBusy = true;
    entry.conversationId = request.conversationId;
    let isReleased = false;
    const release = () => {
      if (isReleased) return;
      isReleased = true;
      entry.isBusy = false;
      entry.lastUse = ++this.#uses;
      this.#serveNext();
    };
    return { slot: entry.slot, release };
  }

  #serveNext(): void {
    for (const waiter of this.#waiters) {
      const entry = this.#choose(waiter.request);
      if (!entry) return;
      waiter.grant(this.#lease(entry, waiter.request));
    }
    this.#announceIdle();
  }

  #choose({ tokens, conversationId }: SlotRequest): Entry<S> | undefined {
    const idle = this.#entries.filter(({ isBusy }) => !isBusy).sort((a, b) => a.lastUse - b.lastUse);
    let best: Entry<S> | undefined;
    let longest = 0;
    for (const entry of idle) {
      const prefix = entry.slot.commonPrefix(tokens);
      // Every prompt of a template begins alike: a few shared tokens are no reason to forget a whole conversation.
      const isWorthIt = prefix >= entry.slot.heldTokens - prefix;
      if (!isWorthIt || prefix <= longest) continue;
      best = entry;
      longest = prefix;
    }
    const own = idle.find((entry) => conversationId !== undefined && entry.conversationId === conversationId);
    return best ?? own ?? idle[0];
  }

  #isIdle(): boolean {
    return this.#waiters.size === 0 && !this.#entries.some(({ isBusy }) => isBusy);
  }

  #announceIdle(): void {
    if (!this.#isIdle()) return;
    for (const settle of this.#idleListeners) settle();
    this.#idleListeners.clear();
  }
}
