import type { PluginHealth } from '@tiercel/kernel';

/** Several things that a plugin may have lost at once, told as one state. */
export class Losses<Name extends string> {
  readonly #health: Pick<PluginHealth, 'degraded' | 'ready'>;
  readonly #reasons = new Map<Name, string>();

  constructor(health: Pick<PluginHealth, 'degraded' | 'ready'>) {
    this.#health = health;
  }

  /** Sets or, without a reason, ends a loss. Tells the node only what is new. */
  set(name: Name, reason: string | undefined): void {
    if (this.#reasons.get(name) === reason) return;
    if (reason === undefined) this.#reasons.delete(name);
    else this.#reasons.set(name, reason);
    if (this.#reasons.size === 0) this.#health.ready();
    else this.#health.degraded([...this.#reasons.values()].join('; '));
  }
}
