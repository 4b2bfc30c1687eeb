import { type Capability, type MethodShapes, raceSignal } from '@tiercel/kernel';
import { TestkitError } from './errors.js';
import { type InterceptedCall, type Interceptor, intercept } from './intercept.js';
import { pause } from './pause.js';

/** Fails with `error`, by default a `TESTKIT_FAULT` that may be tried again. */
export interface FailFault {
  readonly type: 'fail';
  readonly error?: unknown;
}

/** Calls `crash`, for example to kill a process, and then passes the call on. */
export interface CrashFault {
  readonly type: 'crash';
  readonly crash: () => void;
}

export type CallFault =
  | FailFault
  | CrashFault
  /** Holds the call up; an abort cuts that short. */
  | { readonly type: 'delay'; readonly delayMs: number }
  /** Does not settle before the signal among the arguments aborts, then rejects with its reason. Without a signal: never. */
  | { readonly type: 'hang' };

export type StreamFault =
  | CallFault
  /** Gives that many items, then fails with `error` as `fail` does, and leaves the provider's stream. */
  | { readonly type: 'drop'; readonly afterItems: number; readonly error?: unknown }
  /** Holds each item up. */
  | { readonly type: 'slow'; readonly itemDelayMs: number };

/** Members that answer at once can fail or crash; a call that nobody awaits can get lost. */
type FaultOf<Shape> = Shape extends 'unary' | 'stream-in'
  ? CallFault
  : Shape extends 'stream-out' | 'duplex'
    ? StreamFault
    : Shape extends 'local'
      ? FailFault | CrashFault
      : Shape extends 'notify'
        ? { readonly type: 'lose' } | CrashFault
        : never;

/** One fault for every call; a list with one for each call from the first (`undefined`: none), later calls have none; or a choice by the number of the call, from 1. */
export type FaultScript<Fault> =
  | Fault
  | readonly (Fault | undefined)[]
  | ((call: number) => Fault | undefined);

export type Faults<T> = {
  readonly [K in keyof MethodShapes<T>]?: FaultScript<FaultOf<MethodShapes<T>[K]>>;
};

type AnyFault = StreamFault | { readonly type: 'lose' };

/** A provider of the same contract that goes wrong as scripted, member by member and call by call. */
export function faulty<T, F>(
  provider: T,
  capability: Pick<Capability<T, F>, 'id' | 'methods'>,
  faults: Faults<T>,
): T {
  const scripts = faults as Readonly<Record<string, FaultScript<AnyFault> | undefined>>;
  const members = Object.keys(capability.methods);
  const unknown = Object.keys(scripts).find((member) => !members.includes(member));
  if (unknown !== undefined)
    throw new TestkitError('TESTKIT_MEMBER_UNKNOWN', { capability: capability.id, member: unknown, members });
  return intercept(provider, capability, new ScriptedFaults(capability.id, scripts));
}

class ScriptedFaults implements Interceptor {
  readonly #capability: string;
  readonly #scripts: Readonly<Record<string, FaultScript<AnyFault> | undefined>>;
  /** A script is asked once per call, so that one with a memory can be written. */
  readonly #chosen = new WeakMap<InterceptedCall, AnyFault | undefined>();

  constructor(capability: string, scripts: Readonly<Record<string, FaultScript<AnyFault> | undefined>>) {
    this.#capability = capability;
    this.#scripts = scripts;
  }

  async onCall(call: InterceptedCall): Promise<void> {
    const fault = this.#faultOf(call);
    switch (fault?.type) {
      case 'fail':
        throw this.#errorOf(call, fault.error);
      case 'crash':
        return fault.crash();
      case 'delay':
        return await pause(fault.delayMs, call.signal);
      case 'hang':
        return await hang(call.signal);
      default:
    }
  }

  async onItem(call: InterceptedCall, index: number): Promise<void> {
    const fault = this.#faultOf(call);
    if (fault?.type === 'slow') await pause(fault.itemDelayMs, call.signal);
    if (fault?.type === 'drop' && index >= fault.afterItems) throw this.#errorOf(call, fault.error);
  }

  onImmediate(call: InterceptedCall): boolean {
    const fault = this.#faultOf(call);
    if (fault?.type === 'fail') throw this.#errorOf(call, fault.error);
    if (fault?.type === 'crash') fault.crash();
    return fault?.type !== 'lose';
  }

  #errorOf({ member, number: call }: InterceptedCall, error: unknown): unknown {
    return error ?? new TestkitError('TESTKIT_FAULT', { capability: this.#capability, member, call });
  }

  #faultOf(call: InterceptedCall): AnyFault | undefined {
    if (this.#chosen.has(call)) return this.#chosen.get(call);
    const fault = chooseFault(this.#scripts[call.member], call.number);
    this.#chosen.set(call, fault);
    return fault;
  }
}

function chooseFault(script: FaultScript<AnyFault> | undefined, call: number): AnyFault | undefined {
  if (typeof script === 'function') return script(call);
  // Array.isArray does not narrow read-only lists.
  if (script !== undefined && 'length' in script) return script[call - 1];
  return script;
}

async function hang(signal: AbortSignal | undefined): Promise<void> {
  const forever = new Promise<void>(() => undefined);
  await (signal ? raceSignal(forever, signal) : forever);
}
