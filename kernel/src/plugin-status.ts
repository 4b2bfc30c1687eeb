/** Life of a plugin on a node. Only `ready` and `degraded` plugins serve. */
export type PluginState = 'planned' | 'starting' | 'ready' | 'degraded' | 'draining' | 'stopped' | 'failed';

export interface PluginStatus {
  /** Key in the manifest. */
  readonly plugin: string;
  readonly package: string;
  readonly version: string;
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
  | { readonly type: 'warning'; readonly message: string };
