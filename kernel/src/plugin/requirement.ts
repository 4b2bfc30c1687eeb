import { KernelError } from '../errors.js';
import type { Capability } from './capability.js';

interface RequirementOptions {
  /** Accepted contract versions (semver range). Default: `^` the version that this code was compiled against. */
  readonly version?: string;
}

interface Requirement<Kind extends string, T> {
  readonly kind: Kind;
  readonly capability: Capability<T>;
  readonly version: string;
}

export type One<T> = Requirement<'one', T>;
export type Optional<T> = Requirement<'optional', T>;
export type Many<T> = Requirement<'many', T>;
export type Lazy<T> = Requirement<'lazy', T>;

/** What a plugin may write under `requires`: a bare token means `one`. */
export type AnyRequirement<T = unknown> = Capability<T> | One<T> | Optional<T> | Many<T> | Lazy<T>;

export type Requirements = Readonly<Record<string, unknown>>;

/** The objects that `setup` receives for a plugin's `requires`. */
export type Deps<R extends Requirements> = {
  readonly [K in keyof R]: R[K] extends Requirement<infer Kind, infer T>
    ? Kind extends 'many'
      ? readonly T[]
      : Kind extends 'optional'
        ? T | undefined
        : Kind extends 'lazy'
          ? () => T
          : T
    : R[K] extends Capability<infer T>
      ? T
      : never;
};

function requirement<Kind extends string, T>(
  kind: Kind,
  capability: Capability<T>,
  options: RequirementOptions,
): Requirement<Kind, T> {
  return { kind, capability, version: options.version ?? `^${capability.version}` };
}

/** Exactly one provider; the same as the bare token, but takes a version range. */
export function one<T, F>(capability: Capability<T, F>, options: RequirementOptions = {}): One<T> {
  return requirement('one', capability as Capability<T>, options);
}

/** One provider, or `undefined` where the node has none or it is down. */
export function optional<T, F>(capability: Capability<T, F>, options: RequirementOptions = {}): Optional<T> {
  return requirement('optional', capability as Capability<T>, options);
}

/** Every provider on the node, in the order of `bind`, then of the manifest; possibly none. */
export function many<T, F>(capability: Capability<T, F>, options: RequirementOptions = {}): Many<T> {
  return requirement('many', capability as Capability<T>, options);
}

/**
 * A function that returns the provider. It does not order start-up, so it breaks a cycle;
 * calling it before the provider is up throws `KERNEL_PROVIDER_NOT_READY`.
 */
export function lazy<T, F>(capability: Capability<T, F>, options: RequirementOptions = {}): Lazy<T> {
  return requirement('lazy', capability as Capability<T>, options);
}

/**
 * Brings a bare token and the four forms to one shape.
 * @param name what the requirement is called, for the error
 */
export function normalizeRequirement(
  value: unknown,
  name: string,
): Requirement<'one' | 'optional' | 'many' | 'lazy', unknown> {
  const candidate = Object(value) as AnyRequirement;
  const form = 'kind' in candidate ? candidate : requirement('one', candidate, {});
  if (typeof form.capability?.key !== 'symbol') throw new KernelError('KERNEL_REQUIREMENT_INVALID', { name });
  return form;
}
