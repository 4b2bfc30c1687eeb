import { KernelError, type PlacementHost } from '@tiercel/kernel';
import { nodeMethods, nodeTarget, type ServingDep } from './control-message.js';
import type { ServedDep } from './plan-child.js';
import type { Served } from './wire/connection.js';
import { readFacts } from './wire/create-proxy.js';

/** The providers of this process that a child calls: looked up anew for each call, so that a replaced one is followed. */
export class ServedDeps {
  readonly #deps: ReadonlyMap<string, ServedDep>;
  readonly #host: PlacementHost;
  readonly #node = { describe: async () => this.#host.describe() };

  constructor(deps: ReadonlyMap<string, ServedDep>, host: PlacementHost) {
    this.#deps = deps;
    this.#host = host;
  }

  /** Throws `KERNEL_PROVIDER_NOT_READY`. */
  serve(target: string): Served {
    if (target === nodeTarget) return { provider: this.#node, methods: nodeMethods };
    const dep = this.#deps.get(target);
    const provider = dep && this.#host.provider(dep.ref);
    if (dep && provider) return { provider, methods: dep.methods };
    const { capability, plugin } = dep?.ref ?? { capability: target, plugin: target };
    throw new KernelError('KERNEL_PROVIDER_NOT_READY', { capability, plugin, state: 'not serving' });
  }

  /** What serves now, with its facts. */
  serving(): readonly ServingDep[] {
    return [...this.#deps.keys()].flatMap((target) => this.#describe(target) ?? []);
  }

  /** Tells, until the result is called, what comes up or changes and what goes down. */
  watch(onUp: (dep: ServingDep) => void, onDown: (target: string) => void): () => void {
    return this.#host.subscribe((event) => {
      if (event.type === 'plugin-state') this.#tell([event.status.plugin], onUp, onDown);
      else if (event.type === 'plan-changed') this.#tell([...event.started, ...event.stopped], onUp, onDown);
    });
  }

  #tell(plugins: readonly string[], onUp: (dep: ServingDep) => void, onDown: (target: string) => void): void {
    for (const [target, { ref }] of this.#deps) {
      if (!plugins.includes(ref.plugin)) continue;
      const dep = this.#describe(target);
      if (dep) onUp(dep);
      else onDown(target);
    }
  }

  #describe(target: string): ServingDep | undefined {
    const dep = this.#deps.get(target);
    const provider = dep && this.#host.provider(dep.ref);
    return dep && provider ? { target, facts: readFacts(provider, dep.methods) } : undefined;
  }
}
