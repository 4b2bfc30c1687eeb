import { KernelError } from '../errors.js';

type AnyFunction = (...args: never[]) => unknown;
type FirstArgument<M extends AnyFunction> = Parameters<M>[0];

/**
 * How a member crosses a process border, derived from its type:
 * `unary` promise · `stream-out` async iterable out · `stream-in` async iterable in, promise out · `duplex` both ·
 * `notify` one way, nothing comes back · `fact` immutable cloneable data, read once after setup ·
 * `local` synchronous result, so it works only in the process of its provider.
 */
export type MethodShape = 'unary' | 'stream-out' | 'stream-in' | 'duplex' | 'notify' | 'fact' | 'local';

type ShapeOf<M> = M extends AnyFunction
  ? ReturnType<M> extends AsyncIterable<unknown>
    ? FirstArgument<M> extends AsyncIterable<unknown>
      ? 'duplex'
      : 'stream-out'
    : ReturnType<M> extends Promise<unknown>
      ? FirstArgument<M> extends AsyncIterable<unknown>
        ? 'stream-in'
        : 'unary'
      : // biome-ignore lint/suspicious/noConfusingVoidType: this asks whether a method returns nothing
        [ReturnType<M>] extends [void]
        ? 'notify'
        : 'local'
  : 'fact';

export type MethodShapes<T> = { readonly [K in keyof T & string]-?: ShapeOf<NonNullable<T[K]>> };

/** A provider together with the plugin that it came from. */
export interface NamedProvider<T> {
  readonly plugin: string;
  readonly provider: T;
}

/**
 * Makes one provider out of several, in order of preference. One of them may be down when it is called: it then fails with
 * a retryable error. A composite may tell what it thinks of each under `circuitsOf`.
 */
export type Compose<T> = (
  providers: readonly NamedProvider<T>[],
  capability: { readonly id: string; readonly methods: Readonly<Record<string, MethodShape>> },
) => T;

/** Member of a composite that returns the state of its circuits: `() => readonly CircuitStatus[]`. */
export const circuitsOf: unique symbol = Symbol.for('tiercel:circuits') as never;

/** What a composite thinks of one of its providers. */
export interface CircuitStatus {
  readonly plugin: string;
  /** `open`: passed over because it failed; `half-open`: one call is trying it. */
  readonly state: 'closed' | 'open' | 'half-open';
  /** Failures in a row. */
  readonly failures: number;
  /** When it may be tried again. */
  readonly retryInMs?: number | undefined;
  readonly reason?: string | undefined;
}

/** The typed token of a contract. Two copies of the declaring package agree, because identity is the symbol `key`. */
export interface Capability<T, Features = unknown> {
  readonly id: string;
  readonly version: string;
  /** `Symbol.for('tiercel:<id>@<major>')` */
  readonly key: symbol;
  readonly methods: Readonly<Record<string, MethodShape>>;
  /** How an ordered list of providers acts as one. Without it, a single consumer takes exactly one provider. */
  readonly compose?: Compose<T> | undefined;
  /** What one consumer gets instead of the shared provider, for example a log that names its plugin. */
  readonly view?: ((provider: T, consumer: { readonly plugin: string }) => T) | undefined;
  /** Carries the types only; never present at run time. */
  readonly types?: { readonly provider: T; readonly features: Features };
}

export interface CapabilityDefinition<T> {
  /** Lower-case words joined by `-`. */
  readonly id: string;
  /** Version of the contract (semver), not of a package. */
  readonly version: string;
  readonly methods: MethodShapes<T>;
  readonly compose?: Compose<T>;
  readonly view?: (provider: T, consumer: { readonly plugin: string }) => T;
}

/**
 * Declares a contract: `export const Greeter = defineCapability<Greeter>()({ … })` beside the interface of the same name.
 * The second call exists because TypeScript cannot infer one type argument and take another.
 * `Features` is the static data that a provider may state about itself in `provide()`.
 */
export function defineCapability<T, Features = Readonly<Record<string, unknown>>>() {
  return (definition: CapabilityDefinition<T>): Capability<T, Features> => {
    const { id, version } = definition;
    const major = /^(\d+)\.\d+\.\d+$/.exec(version)?.[1];
    if (!/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/.test(id) || major === undefined) {
      throw new KernelError('KERNEL_CAPABILITY_INVALID', { id, version });
    }
    return Object.freeze({ ...definition, key: capabilityKey(id, version) });
  };
}

/** Identity of a contract: contracts of one major version are the same. */
export function capabilityKey(id: string, version: string): symbol {
  return Symbol.for(`tiercel:${id}@${version.split('.')[0]}`);
}
