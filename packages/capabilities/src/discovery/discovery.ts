import { defineCapability } from '@tiercel/kernel';
import { firstThatKnows } from './first-that-knows.js';

/** One instance of a service. */
export interface Endpoint {
  /** Where it answers: `http` or `https`, host, port, perhaps a path. Never with credentials. */
  readonly url: string;
  /** Stays the same while the instance lives, also when its address changes. Default: `url`. */
  readonly id?: string;
  /** Share of the calls, next to its siblings; 0 gets none while another one is there. Default 1. */
  readonly weight?: number;
  readonly tags?: readonly string[];
}

/** Everyone who serves a name now. Immutable; empty when nobody does. */
export interface EndpointSet {
  /** Without duplicates, in no order that means anything. */
  readonly endpoints: readonly Endpoint[];
  /** Remembered from earlier: whoever knows better cannot be asked at the moment. */
  readonly isStale: boolean;
}

/**
 * Tells where services are. A name is lower-case letters, digits and hyphens, at most 63, else `DISCOVERY_SERVICE_INVALID`.
 * Being listed is no promise that an endpoint answers: look at its answers, and pass over the ones that fail.
 */
export interface Discovery {
  /**
   * Who serves `service` now. A name that nobody serves has an empty set. Throws `DISCOVERY_UNAVAILABLE` (retryable) when
   * nobody can tell and nothing is remembered. Aborting `signal` rejects with its reason.
   */
  resolve(service: string, options?: { readonly signal?: AbortSignal | undefined }): Promise<EndpointSet>;
  /**
   * The present set, then each set that differs from the one before. A slow reader misses what was replaced meanwhile and
   * gets the latest. While nobody can tell, the set goes on as stale; if there is none yet, the first one is waited for.
   * Ends by leaving, or with the reason of an aborted `signal`.
   */
  watch(service: string, options?: { readonly signal?: AbortSignal | undefined }): AsyncIterable<EndpointSet>;
}

export const Discovery = defineCapability<Discovery>()({
  id: 'discovery',
  version: '1.0.0',
  methods: { resolve: 'unary', watch: 'stream-out' },
  compose: firstThatKnows,
});
