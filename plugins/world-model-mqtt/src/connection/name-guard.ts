import type { StatusEnvelope } from '../wire/envelope.js';

/**
 * Finds out that somebody else uses the name of this node, also with MQTT 3.1.1, where a broker does not say why it ends a
 * connection. Whoever comes announces itself, so each finds the other's announcement in place of its own. Once may be an old
 * copy that a broker has restored; twice is no accident.
 */
export class NameGuard {
  readonly #boot: string;
  #isAnnounced = false;
  #foreign = 0;

  constructor(boot: string) {
    this.#boot = boot;
  }

  /** The broker has confirmed our own `online`. */
  announced(): void {
    this.#isAnnounced = true;
  }

  /** Takes a status that stands under our name. True: somebody else goes by it. */
  isTaken({ boot, status }: StatusEnvelope): boolean {
    if (boot === this.#boot || status !== 'online' || !this.#isAnnounced) return false;
    this.#isAnnounced = false;
    this.#foreign += 1;
    return this.#foreign > 1;
  }
}
