import { pathToFileURL } from 'node:url';
import {
  type Capability,
  declarationOf,
  differingPaths,
  KernelError,
  type NodeEvent,
  type NodeView,
  normalizeRequirement,
  type PlannedPlugin,
  type Plugin,
  parsePluginFile,
  RunningPlugin,
} from '@tiercel/kernel';
import {
  type ChildPlugin,
  type Facts,
  nodeMethods,
  nodeTarget,
  type ServingDep,
  targetOf,
} from '../control-message.js';
import { PlacementError } from '../errors.js';
import { isCloneable } from '../wire/cloneable.js';
import type { Link, Served } from '../wire/connection.js';
import { createProxy, readFacts } from '../wire/create-proxy.js';

type Ref = ChildPlugin['deps'][number]['refs'][number];

export interface HostedPluginsOptions {
  readonly plugins: readonly ChildPlugin[];
  readonly serving: readonly ServingDep[];
  /** Leads to the providers of the parent. */
  readonly link: Link;
  /** Told what is lost, or `undefined` when nothing is. */
  onHealth(reason: string | undefined): void;
}

/** The plugins of a child: the one that it is for, and copies of those that it needs answers from at once. */
export class HostedPlugins {
  readonly #options: HostedPluginsOptions;
  readonly #running = new Map<string, RunningPlugin>();
  readonly #declared = new Map<string, Plugin['provides']>();
  /** Providers of the parent that serve, with their facts. */
  readonly #serving: Map<string, Facts>;
  readonly #proxies = new Map<string, object>();
  #reason: string | undefined;

  constructor(options: HostedPluginsOptions) {
    this.#options = options;
    this.#serving = new Map(options.serving.map(({ target, facts }) => [target, facts]));
  }

  /** Imports and starts them, one after the other. What was started stays so until `release`. */
  async start(signal: AbortSignal): Promise<void> {
    const node = createProxy(nodeTarget, nodeMethods, this.#options.link, () => undefined) as NodeView;
    for (const wanted of this.#options.plugins) {
      signal.throwIfAborted();
      const planned = plannedOf(wanted);
      const plugin = await importPlugin(planned);
      const running = new RunningPlugin(planned, plugin, {
        emit: (event) => this.#onEvent(event),
        node,
      });
      this.#running.set(wanted.key, running);
      this.#declared.set(wanted.key, plugin.provides);
      await running.start(this.#depsOf(wanted, plugin), signal);
    }
  }

  /** The placed plugin's provider under this key. */
  serve(provider: string): Served {
    const key = this.#main?.key ?? '';
    const capability = this.#declared.get(key)?.[provider]?.capability;
    const live = this.#running.get(key)?.provider(provider);
    if (capability && live) return { provider: live, methods: capability.methods };
    throw new KernelError('KERNEL_PROVIDER_NOT_READY', {
      capability: provider,
      plugin: key,
      state: 'not up',
    });
  }

  /** What the placed plugin's providers state. Throws `PLACEMENT_VALUE_UNCLONEABLE`. */
  facts(): Readonly<Record<string, Facts>> {
    const plugin = this.#main?.key ?? '';
    const provides = this.#declared.get(plugin) ?? {};
    return Object.fromEntries(
      Object.keys(provides).map((key) => {
        const { provider, methods } = this.serve(key);
        const facts = readFacts(provider, methods);
        for (const [member, fact] of Object.entries(facts)) {
          if (isCloneable(fact)) continue;
          const details = { plugin, member, what: 'The fact', finding: 'it holds more than data' };
          throw new PlacementError('PLACEMENT_VALUE_UNCLONEABLE', details);
        }
        return [key, facts];
      }),
    );
  }

  /** What the placed plugin tells about itself. */
  get pluginFacts(): Facts | undefined {
    return this.#running.get(this.#main?.key ?? '')?.facts;
  }

  depUp({ target, facts }: ServingDep): void {
    this.#serving.set(target, facts);
  }

  depDown(target: string): void {
    this.#serving.delete(target);
  }

  /** Gives everything back, the latest first; returns what went wrong. */
  async release(reason: unknown, timeoutMs: number): Promise<readonly unknown[]> {
    const startedMs = performance.now();
    const errors: unknown[] = [];
    for (const running of [...this.#running.values()].reverse()) {
      const leftMs = Math.max(timeoutMs - (performance.now() - startedMs), 100);
      errors.push(...(await running.release(reason, leftMs)));
    }
    return errors;
  }

  get #main(): ChildPlugin | undefined {
    return this.#options.plugins.at(-1);
  }

  /** The same rules as inline: which kinds follow providers that come and go, and which are fixed at the start. */
  #depsOf({ key, deps }: ChildPlugin, plugin: Plugin): Readonly<Record<string, unknown>> {
    return Object.fromEntries(
      deps.map(({ dep, kind, refs, isLocal }) => {
        const { capability } = normalizeRequirement(plugin.requires[dep], dep);
        const serving = () => refs.filter((ref) => this.#isServing(ref, isLocal));
        const live = (ref: Ref) => {
          const provider = this.#provider(capability, ref, isLocal);
          return capability.view ? capability.view(provider, { plugin: key }) : provider;
        };
        const combine = (now: readonly Ref[]) => {
          const [first] = now;
          if (!first) {
            const details = {
              capability: capability.id,
              plugin: refs[0]?.plugin ?? 'nobody',
              state: 'not up',
            };
            throw new KernelError('KERNEL_PROVIDER_NOT_READY', details);
          }
          if (now.length === 1 || !capability.compose) return live(first);
          const members = now.map((ref) => ({ plugin: ref.plugin, provider: live(ref) }));
          return capability.compose(members, capability);
        };
        switch (kind) {
          case 'many':
            return [dep, serving().map(live)];
          case 'lazy':
            return [dep, followed(serving, combine)];
          case 'optional':
            return [dep, serving().length === 0 ? undefined : combine(serving())];
          default:
            return [dep, combine(serving())];
        }
      }),
    );
  }

  #isServing(ref: Ref, isLocal: boolean): boolean {
    return isLocal ? this.#running.get(ref.plugin)?.isServing === true : this.#serving.has(targetOf(ref));
  }

  #provider(capability: Capability<unknown>, ref: Ref, isLocal: boolean): unknown {
    if (isLocal) return this.#running.get(ref.plugin)?.provider(ref.provider);
    const target = targetOf(ref);
    const known = this.#proxies.get(target);
    if (known) return known;
    const proxy = createProxy(target, capability.methods, this.#options.link, () =>
      this.#serving.get(target),
    );
    this.#proxies.set(target, proxy);
    return proxy;
  }

  #onEvent(event: NodeEvent): void {
    if (event.type !== 'plugin-state') return;
    const main = this.#main?.key;
    const losses = [...this.#running.values()].flatMap(({ status: { plugin, state, reason } }) => {
      if (state !== 'degraded') return [];
      return [plugin === main ? (reason ?? 'degraded') : `its copy of ${plugin}: ${reason ?? 'degraded'}`];
    });
    const reason = losses.length > 0 ? losses.join('; ') : undefined;
    if (reason === this.#reason) return;
    this.#reason = reason;
    this.#options.onHealth(reason);
  }
}

/** The same object for as long as the same providers serve. */
function followed(serving: () => readonly Ref[], combine: (refs: readonly Ref[]) => unknown): () => unknown {
  let known = '';
  let made: unknown;
  return () => {
    const refs = serving();
    const names = refs.map(targetOf).join(' ');
    if (names === '' || names !== known) {
      made = combine(refs);
      known = names;
    }
    return made;
  };
}

function plannedOf({ key, use, module, declaration, config, timeoutMs }: ChildPlugin): PlannedPlugin {
  const parsed = parsePluginFile(declaration);
  if ('findings' in parsed) {
    throw new KernelError('KERNEL_PLUGIN_MISMATCH', { plugin: key, use, paths: parsed.findings });
  }
  return {
    key,
    module,
    config,
    declaration: parsed.declaration,
    needs: parsed.declaration.needs,
    entry: { key, use, timeoutMs, placement: 'process', boot: 'required', config: {} },
    source: 'installed',
    configSources: {},
    deps: [],
    after: new Set(),
    level: 0,
  };
}

async function importPlugin({ key, entry, module = '', declaration }: PlannedPlugin): Promise<Plugin> {
  const { use } = entry;
  let plugin: Plugin;
  let declared: ReturnType<typeof declarationOf>;
  try {
    const loaded: { readonly default: Plugin } = await import(pathToFileURL(module).href);
    plugin = loaded.default;
    declared = declarationOf(plugin);
  } catch (cause) {
    const finding = cause instanceof Error ? cause.message.replace(/\.$/, '') : String(cause);
    throw new KernelError('KERNEL_PLUGIN_IMPORT_FAILED', { plugin: key, use, finding }, { cause });
  }
  const paths = differingPaths(declaration, declared);
  if (paths.length > 0) throw new KernelError('KERNEL_PLUGIN_MISMATCH', { plugin: key, use, paths });
  return plugin;
}
