import type { WireError } from './wire-error.js';

/** An argument, or a property of one, that is no plain data. */
export type Special = {
  /** Index of the argument. */
  readonly at: number;
  /** Property of it, when it is not the argument itself. */
  readonly key?: string;
} & (
  | { readonly is: 'signal'; readonly id: number; readonly reason?: WireError }
  | { readonly is: 'callback' | 'stream'; readonly id: number }
  | { readonly is: 'error'; readonly error: WireError }
);

interface Invocation {
  readonly target: string;
  readonly member: string;
  readonly args: readonly unknown[];
  readonly special?: readonly Special[];
}

/**
 * What two connections say to each other. Every id is made by the side that begins a call, so both sides count in steps of
 * two: an id means one thing on the whole connection.
 */
export type WireMessage =
  | ({ readonly type: 'call'; readonly id: number } & Invocation)
  /** Calls a method that returns a stream; nothing is read of it before `credit`. */
  | ({ readonly type: 'open'; readonly id: number } & Invocation)
  | ({ readonly type: 'notify' } & Invocation)
  | { readonly type: 'result'; readonly id: number; readonly value: unknown }
  /** Ends a call or a stream. `origin` names the signal or stream of the receiver that the error came from: it has the original. */
  | {
      readonly type: 'failure';
      readonly id: number;
      readonly error: WireError;
      readonly origin?: number | undefined;
    }
  | { readonly type: 'credit'; readonly id: number; readonly count: number }
  | { readonly type: 'item'; readonly id: number; readonly value: unknown }
  | { readonly type: 'end'; readonly id: number }
  /** The reader has left; the source is closed and says `end`. */
  | { readonly type: 'leave'; readonly id: number }
  | { readonly type: 'abort'; readonly id: number; readonly reason: WireError }
  | { readonly type: 'callback'; readonly id: number; readonly args: readonly unknown[] };
