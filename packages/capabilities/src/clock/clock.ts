import { defineCapability } from '@tiercel/kernel';

/** Time as a dependency, so that tests can move it. All members are safe to call from anywhere, at any time. */
export interface Clock {
  /** Monotonic milliseconds (fractional) since an arbitrary start; only differences mean something, and only on this machine. */
  nowMs(): number;
  /** Wall clock, milliseconds since 1970 (may jump). */
  epochMs(): number;
  /** IANA name of the local time zone, such as `Europe/Berlin`. */
  timeZone(): string;
  /** Settles after `ms`; rejects with the signal's reason as soon as `signal` aborts. Leaves no listener behind. */
  delay(ms: number, options?: { readonly signal?: AbortSignal | undefined }): Promise<void>;
}

export const Clock = defineCapability<Clock>()({
  id: 'clock',
  version: '1.0.0',
  methods: { nowMs: 'local', epochMs: 'local', timeZone: 'local', delay: 'unary' },
});
