import { LanguageModel } from '@tiercel/capabilities/language-model';
import { type CircuitStatus, circuitsOf, type NodeDescription } from '@tiercel/kernel';

/** One of the providers that together are the language model of the node. */
export interface ModelProvider {
  readonly plugin: string;
  /** Whether its last call went well, as far as anybody knows. */
  readonly isWell: boolean;
}

/**
 * The providers of the language model, in the order in which they are asked, without those that never came up: nobody has
 * lost what was not there, and the start has told of them. The node knows which of them are up; how their
 * last calls went is known to `model`, which each process makes of them for itself.
 */
export function modelProvidersOf(
  { capabilities }: NodeDescription,
  model: LanguageModel | undefined,
): readonly ModelProvider[] {
  const bound = capabilities.find(({ capability }) => capability === LanguageModel.id);
  const circuits = circuitsIn(model);
  const present = (bound?.providers ?? []).filter(({ state }) => state !== 'failed');
  return present.map(({ plugin, state }) => ({
    plugin,
    isWell:
      (state === 'ready' || state === 'degraded') &&
      !circuits.some((circuit) => circuit.plugin === plugin && circuit.failures > 0),
  }));
}

function circuitsIn(model: LanguageModel | undefined): readonly CircuitStatus[] {
  const { [circuitsOf]: circuits } = Object(model) as {
    readonly [circuitsOf]?: () => readonly CircuitStatus[];
  };
  return circuits?.() ?? [];
}
