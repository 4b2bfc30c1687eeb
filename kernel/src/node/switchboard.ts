import { KernelError } from '../errors.js';
import type { PlannedDep, PlannedPlugin, ProviderRef } from '../plan/plan.js';
import { type Capability, type CircuitStatus, capabilityKey, circuitsOf } from '../plugin/capability.js';
import { normalizeRequirement } from '../plugin/requirement.js';
import type { RunningPlugin } from './running-plugin.js';
import { createSeat } from './seat.js';

type AnyCapability = Capability<unknown>;

/**
 * Connects consumers with providers. A consumer gets the provider object itself; where providers can change under it, a
 * seat that follows them.
 */
export class Switchboard {
  /** The present generation of each plugin. */
  readonly current = new Map<string, RunningPlugin>();
  readonly #isReplaceable: boolean;
  readonly #seats = new Map<string, object>();
  /** What several providers became together, and what views became, so that each consumer keeps the same. */
  readonly #made = new Map<string, unknown>();
  readonly #composites = new Map<string, unknown>();

  constructor(isReplaceable: boolean) {
    this.#isReplaceable = isReplaceable;
  }

  isServing({ plugin }: ProviderRef): boolean {
    return this.current.get(plugin)?.isServing ?? false;
  }

  serving(refs: readonly ProviderRef[]): readonly ProviderRef[] {
    return refs.filter((ref) => this.isServing(ref));
  }

  /** What `setup` of a plugin receives. */
  depsOf(running: RunningPlugin): Readonly<Record<string, unknown>> {
    const { requires } = running;
    const { key, deps } = running.planned;
    // The stand-in of a placement requires nothing: it asks its host.
    const wanted = deps.filter(({ dep }) => Object.hasOwn(requires, dep));
    return Object.fromEntries(
      wanted.map(({ dep, kind, providers }) => {
        const { capability } = normalizeRequirement(requires[dep], dep);
        if (kind === 'lazy') return [dep, () => this.combine(capability, providers, key)];
        const serving = this.serving(providers);
        if (kind === 'many') return [dep, serving.map((ref) => this.live(capability, ref, key))];
        return [dep, serving.length === 0 ? undefined : this.combine(capability, serving, key)];
      }),
    );
  }

  /** The first dependency that a plugin cannot do without and that is not up. */
  lostDependency(deps: readonly PlannedDep[]): KernelError | undefined {
    const lost = deps.find(({ kind, providers }) => kind === 'one' && this.serving(providers).length === 0);
    return lost && this.#notReady(lost.capability, lost.providers[0]);
  }

  /** One object that stands for all of `refs`: the provider itself where there is one. */
  combine(capability: AnyCapability, refs: readonly ProviderRef[], consumer: string): unknown {
    const serving = this.serving(refs);
    const [first] = serving;
    if (!first) throw this.#notReady(capability.id, refs[0]);
    const { compose } = capability;
    if (serving.length === 1 || !compose) return this.live(capability, first, consumer);
    const who = capability.view ? consumer : '';
    const names = serving.map(({ plugin, provider }) => `${plugin}.${provider}`);
    return this.#once([who, String(capability.key), ...names], () => {
      const members = serving.map((ref) => {
        const seat = this.#seat(capability, ref);
        return { plugin: ref.plugin, provider: capability.view?.(seat, { plugin: consumer }) ?? seat };
      });
      const composite = compose(members, capability);
      this.#composites.set(capability.id, composite);
      return composite;
    });
  }

  /** The provider behind `ref` for one consumer. */
  live(capability: AnyCapability, ref: ProviderRef, consumer: string): unknown {
    const { view } = capability;
    const running = this.current.get(ref.plugin);
    const provider = this.#isReplaceable ? this.#seat(capability, ref) : running?.provider(ref.provider);
    if (!view) return provider;
    const life = this.#isReplaceable ? '' : String(running?.status.generation);
    return this.#once([consumer, `${ref.plugin}.${ref.provider}`, life], () =>
      view(provider, { plugin: consumer }),
    );
  }

  /** The object behind `ref` now, as other processes see it; `undefined` while it does not serve. */
  provider(ref: ProviderRef): unknown {
    if (!this.isServing(ref)) return undefined;
    const running = this.current.get(ref.plugin);
    if (!this.#isReplaceable) return running?.provider(ref.provider);
    const { provides } = running?.planned.declaration ?? { provides: [] };
    const methods = provides.find(({ provider }) => provider === ref.provider)?.methods ?? {};
    return this.#seat({ id: ref.capability, key: capabilityKey(ref.capability, ref.version), methods }, ref);
  }

  planned(plugin: string): PlannedPlugin | undefined {
    return this.current.get(plugin)?.planned;
  }

  circuits(capability: string): readonly CircuitStatus[] {
    const composite = Object(this.#composites.get(capability)) as {
      [circuitsOf]?: () => readonly CircuitStatus[];
    };
    return composite[circuitsOf]?.() ?? [];
  }

  #seat(capability: Pick<AnyCapability, 'id' | 'key' | 'methods'>, ref: ProviderRef): object {
    const name = `${String(capability.key)} ${ref.plugin}.${ref.provider}`;
    const known = this.#seats.get(name);
    if (known) return known;
    const seat = createSeat(capability.methods, ref.provider, () => {
      const running = this.current.get(ref.plugin);
      if (!running?.isServing) throw this.#notReady(capability.id, ref);
      return running;
    });
    this.#seats.set(name, seat);
    return seat;
  }

  #once(parts: readonly string[], make: () => unknown): unknown {
    const name = parts.join('\u0000');
    if (!this.#made.has(name)) this.#made.set(name, make());
    return this.#made.get(name);
  }

  #notReady(capability: string, ref: ProviderRef | undefined): KernelError {
    const plugin = ref?.plugin ?? 'nobody';
    const { state, reason } = this.current.get(plugin)?.status ?? { state: 'absent', reason: undefined };
    return new KernelError('KERNEL_PROVIDER_NOT_READY', {
      capability,
      plugin,
      state,
      ...(reason && { reason }),
    });
  }
}
