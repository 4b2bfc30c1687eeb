import type { CircuitStatus, NamedProvider } from '@tiercel/kernel';
import { Circuit, type CircuitSettings } from './circuit.js';

/** The members of a provider, whatever its contract. */
export type Members = Readonly<Record<string, unknown>>;

export interface Candidate {
  readonly plugin: string;
  readonly provider: Members;
  readonly circuit: Circuit;
}

/** Providers of one capability in order of preference, each with its circuit. */
export class Candidates {
  readonly #all: readonly Candidate[];

  constructor(providers: readonly NamedProvider<Members>[], settings: Partial<CircuitSettings>) {
    this.#all = providers.map(({ plugin, provider }) => ({
      plugin,
      provider,
      circuit: new Circuit(settings),
    }));
  }

  /**
   * Whom to ask, one after the other: those that are not passed over and, so that no call fails without need, in the end
   * the one of the others whose pause is over soonest.
   */
  *inOrder(): Generator<Candidate, undefined, undefined> {
    const passedOver: Candidate[] = [];
    for (const candidate of this.#all) {
      if (candidate.circuit.isCallable) yield candidate;
      else passedOver.push(candidate);
    }
    const [soonest] = passedOver.sort((a, b) => a.circuit.retryAtMs - b.circuit.retryAtMs);
    if (soonest) yield soonest;
  }

  status(): readonly CircuitStatus[] {
    return this.#all.map(({ plugin, circuit }) => circuit.status(plugin));
  }
}
