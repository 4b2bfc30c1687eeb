import type { PluginHealth } from '@tiercel/kernel';

/** Keeps the plugin's health true: degraded while Consul fails anybody, with the first reason. */
export class Troubles {
  readonly #health: PluginHealth;
  readonly #findings = new Map<string, string>();
  #told: string | undefined;

  constructor(health: PluginHealth) {
    this.#health = health;
  }

  /** @param who asks, such as `watch llm` */
  set(who: string, finding: string | undefined): void {
    if (finding === undefined) this.#findings.delete(who);
    else this.#findings.set(who, finding);
    const [first] = this.#findings.values();
    if (first === this.#told) return;
    this.#told = first;
    if (first === undefined) this.#health.ready();
    else this.#health.degraded(first);
  }
}
