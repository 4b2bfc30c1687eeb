import type { MethodShape, ProviderRef } from '@tiercel/kernel';
import type { WireError } from './wire/wire-error.js';

export type Facts = Readonly<Record<string, unknown>>;

export interface ChildDep {
  readonly dep: string;
  readonly kind: 'one' | 'optional' | 'many' | 'lazy';
  /** The child runs a copy of these providers itself, because their contract answers at once. */
  readonly isLocal: boolean;
  readonly refs: readonly ProviderRef[];
}

/** One plugin that a child runs, as cloneable data. */
export interface ChildPlugin {
  readonly key: string;
  readonly use: string;
  /** File of its module, an absolute path. */
  readonly module: string;
  /** Text of a plugin file. */
  readonly declaration: string;
  readonly config: Readonly<Record<string, unknown>>;
  readonly timeoutMs: number;
  readonly deps: readonly ChildDep[];
}

/** How a child reaches a provider, and what it knows of it. */
export interface ServingDep {
  readonly target: string;
  readonly facts: Facts;
}

export type ToChild =
  | {
      readonly type: 'start';
      /** In start order; the last one is what the child is for, the others are copies that it needs. */
      readonly plugins: readonly ChildPlugin[];
      readonly serving: readonly ServingDep[];
      readonly callLimit: number;
    }
  | { readonly type: 'dep-up'; readonly dep: ServingDep }
  | { readonly type: 'dep-down'; readonly target: string }
  | { readonly type: 'ping' }
  /** Give back everything and end. */
  | { readonly type: 'release'; readonly reason: WireError; readonly timeoutMs: number };

export type FromChild =
  | { readonly type: 'started'; readonly facts: Readonly<Record<string, Facts>>; readonly rssMiB: number }
  | { readonly type: 'start-failed'; readonly error: WireError }
  /** `reason` is absent when nothing is lost any more. */
  | { readonly type: 'health'; readonly reason: string | undefined }
  | { readonly type: 'pong'; readonly rssMiB: number; readonly facts: Facts | undefined }
  | { readonly type: 'dropped'; readonly count: number }
  | { readonly type: 'released'; readonly errors: readonly WireError[] };

/** How a child reaches the node itself; no plugin has an empty key. */
export const nodeTarget = '.node';
export const nodeMethods: Readonly<Record<string, MethodShape>> = { describe: 'unary' };

/** Name by which the other process calls the provider behind `ref`. */
export function targetOf({ plugin, provider }: Pick<ProviderRef, 'plugin' | 'provider'>): string {
  return `${plugin}.${provider}`;
}
