import { firstThatStarts } from '@tiercel/failover';
import { defineCapability } from '@tiercel/kernel';

export { TidesError } from './errors.js';

export type TideKind = 'high' | 'low';

/** The water turns. */
export interface Tide {
  readonly harbour: string;
  readonly kind: TideKind;
  /** Milliseconds since 1970. */
  readonly atMs: number;
  readonly basis: TidesFeatures['basis'];
}

/** What can be known about a provider without running it. */
export interface TidesFeatures {
  /** `gauge`: counted from what was measured there lately. `almanac`: counted from long ago, half an hour off at times. */
  readonly basis: 'gauge' | 'almanac';
}

interface TidesOptions {
  /** Milliseconds since 1970; a tide at this very time belongs to the answer. */
  readonly fromMs: number;
  /** Its reason is what the call then ends with. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Tells when the water is high or low. One provider serves many callers at once. Both members fail with
 * `TIDES_HARBOUR_UNKNOWN`, or with `TIDES_GAUGE_SILENT` where a later call may succeed.
 */
export interface Tides {
  next(harbour: string, options: TidesOptions & { readonly kind: TideKind }): Promise<Tide>;
  /** High and low water in turn, in order of time, for as long as somebody reads. */
  predict(harbour: string, options: TidesOptions): AsyncIterable<Tide>;
}

export const Tides = defineCapability<Tides, TidesFeatures>()({
  id: 'tides',
  version: '1.0.0',
  methods: { next: 'unary', predict: 'stream-out' },
  compose: firstThatStarts,
});
