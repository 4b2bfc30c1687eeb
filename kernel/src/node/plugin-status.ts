import type { CircuitStatus } from '../plugin/capability.js';

/** Life of a plugin on a node. Only `ready` and `degraded` plugins serve. */
export type PluginState =
  | 'planned'
  | 'imported'
  | 'starting'
  | 'ready'
  | 'degraded'
  | 'draining'
  | 'stopped'
  | 'failed';

export interface PluginStatus {
  /** Key in the manifest. */
  readonly plugin: string;
  readonly package: string;
  readonly version: string;
  /** Counts from 1; grows each time the plugin is replaced. */
  readonly generation: number;
  readonly state: PluginState;
  /** Why it is `degraded` or `failed`. */
  readonly reason?: string | undefined;
  /** When it got into this state, milliseconds since 1970. */
  readonly sinceMs: number;
  /** How long its setup took. */
  readonly setupMs?: number | undefined;
}

export type NodeEvent =
  | { readonly type: 'plugin-state'; readonly status: PluginStatus }
  /** Sent once a second while something takes longer than 5 s. */
  | {
      readonly type: 'start-slow' | 'stop-slow';
      readonly awaiting: readonly string[];
      readonly elapsedMs: number;
    }
  | { readonly type: 'release-failed'; readonly plugin: string; readonly error: unknown }
  | { readonly type: 'warning'; readonly message: string }
  /** Nothing follows. */
  | { readonly type: 'node-stopped'; readonly tier: string }
  /** The node follows another plan now. */
  | {
      readonly type: 'plan-changed';
      readonly started: readonly string[];
      readonly stopped: readonly string[];
    };

/** Everything a node can tell about itself, as plain data. */
export interface NodeDescription {
  readonly tier: string;
  readonly state: 'ready' | 'degraded' | 'stopped';
  /** Whether every capability that the manifest promises is served. */
  readonly isReady: boolean;
  readonly plugins: readonly (PluginStatus & {
    readonly placement: string;
    /** What the plugin tells about itself with `health.facts`. */
    readonly facts?: Readonly<Record<string, unknown>> | undefined;
  })[];
  readonly capabilities: readonly {
    readonly capability: string;
    readonly isPromised: boolean;
    /** Who takes the next call; `undefined` while nobody does. */
    readonly servedBy: string | undefined;
    /** Set when less is served than was planned. */
    readonly degraded?: string | undefined;
    /** In order of preference. */
    readonly providers: readonly {
      readonly plugin: string;
      readonly state: PluginState;
      readonly circuit?: CircuitStatus | undefined;
    }[];
  }[];
  /** Replaced plugins that still finish what they had begun. */
  readonly draining: readonly {
    readonly plugin: string;
    readonly generation: number;
    readonly calls: number;
  }[];
}
