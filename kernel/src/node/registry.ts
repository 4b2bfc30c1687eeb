import type { DependencyContainer } from 'tsyringe';
import { KernelError } from '../errors.js';
import { libraries } from '../libraries.js';
import type { Capability } from '../plugin/capability.js';
import { normalizeRequirement } from '../plugin/requirement.js';

/** A class whose constructor parameters all carry `@inject`. */
export type InjectableClass<T = unknown> = new (...args: never[]) => T;

/** What `@inject` takes besides a capability or one of its forms: the plugin's own context, or another of its classes. */
type ContextToken = 'config' | 'signal' | 'health' | 'node';
type Token = symbol | InjectableClass;

/** Any capability or form of one, whatever its type: tokens are invariant, so this names only what needs none. */
type AnyToken = Pick<Capability<never>, 'id' | 'version' | 'key'>;
type InjectableToken = AnyToken | { readonly kind: string; readonly capability: AnyToken };

const parametersOf = new WeakMap<object, Map<number, Token>>();

const contextKey = (name: ContextToken) => Symbol.for(`tiercel:context:${name}`);

/** The key under which a dependency of this kind is registered: `Log` and `many(Log)` are different things. */
export function dependencyKey(requirement: unknown): symbol {
  const { kind, capability } = normalizeRequirement(requirement, '@inject');
  return kind === 'one' || kind === 'optional'
    ? capability.key
    : Symbol.for(`${capability.key.description}:${kind}`);
}

/**
 * Constructor parameter decorator for classes built by `resolve()`: `@inject(Log)`, `@inject(many(ToolProvider))`,
 * `@inject('config')`, or `@inject(OtherClass)` of the same plugin.
 */
export function inject(of: InjectableToken | ContextToken | InjectableClass): ParameterDecorator {
  const token = typeof of === 'function' ? of : typeof of === 'string' ? contextKey(of) : dependencyKey(of);
  return (target, _propertyKey, index) => attach(target, index, token);
}

function attach(target: object, index: number, token: Token): void {
  const parameters = parametersOf.get(target) ?? new Map<number, Token>();
  parametersOf.set(target, parameters.set(index, token));
}

/** The parameters of a class; one without a constructor of its own has that of its parent. */
function parametersFor(type: InjectableClass): ReadonlyMap<number, Token> {
  const own = parametersOf.get(type);
  if (own) return own;
  const parent: unknown = Object.getPrototypeOf(type);
  if (type.length > 0 || typeof parent !== 'function' || parent === Function.prototype) return new Map();
  return parametersFor(parent as InjectableClass);
}

/** One child container per plugin, filled with what its `requires` resolved to. Plugins only ever see `resolve`. */
export class PluginRegistry {
  readonly #plugin: string;
  // It adds two dozen globals, so it is loaded when the first plugin builds a class, which most nodes never do.
  readonly #tsyringe = libraries.tsyringe;
  readonly #container: DependencyContainer = this.#tsyringe.container.createChildContainer();
  readonly #onBuilt: (instance: unknown) => void;

  constructor(plugin: string, onBuilt: (instance: unknown) => void) {
    this.#plugin = plugin;
    this.#onBuilt = onBuilt;
  }

  addDependency(requirement: unknown, value: unknown): void {
    // tsyringe takes `useValue: undefined` for no provider at all.
    this.#container.register(dependencyKey(requirement), { useFactory: () => value });
  }

  addContext(name: ContextToken, value: unknown): void {
    this.#container.registerInstance(contextKey(name), value);
  }

  /** The one instance of `type` in this plugin. Parameters nobody can fill are reported all at once. */
  resolve<T>(type: InjectableClass<T>): T {
    const missing = this.#prepare(type, new Set());
    if (missing.length > 0) {
      throw new KernelError('KERNEL_INJECTION_UNKNOWN', {
        plugin: this.#plugin,
        className: type.name,
        parameters: missing,
      });
    }
    return this.#container.resolve<T>(type as InjectableClass<T> & (new (...args: unknown[]) => T));
  }

  /** Registers a class and the classes it needs as singletons; returns the parameters that cannot be filled. */
  #prepare(type: InjectableClass, path: Set<InjectableClass>): readonly string[] {
    const parameters = parametersFor(type);
    if (path.has(type)) return [`${type.name} needs itself`];
    if (this.#container.isRegistered(type as never)) return [];
    const missing: string[] = [];
    const count = Math.max(type.length, ...[...parameters.keys()].map((index) => index + 1));
    for (let index = 0; index < count; index++) {
      const token = parameters.get(index);
      const place = `parameter ${index + 1} of ${type.name}`;
      if (token === undefined) missing.push(`${place} has no @inject`);
      else if (typeof token === 'function') missing.push(...this.#prepare(token, new Set([...path, type])));
      else if (!this.#container.isRegistered(token))
        missing.push(`${place} (${token.description}) is not required`);
    }
    if (missing.length > 0) return missing;
    const buildable = type as unknown as new (...args: unknown[]) => object;
    for (const [index, token] of parameters) this.#tsyringe.inject(token)(type, undefined, index);
    this.#tsyringe.injectable()(buildable);
    this.#container.registerSingleton(buildable);
    this.#container.afterResolution(buildable, (_token, instance) => this.#onBuilt(instance), {
      frequency: 'Once',
    });
    return [];
  }
}
