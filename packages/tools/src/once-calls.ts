import { ToolError, type ToolResult } from '@tiercel/capabilities/tool-provider';
import { raceSignal } from '@tiercel/kernel';
import { sha256 } from './canonical-json.js';

const MAX_CALLERS = 256;
const MAX_CALLS_PER_CALLER = 1_024;
const MAX_BYTES_PER_CALLER = 8 * 1_048_576;

/** A call that carries an idempotency key. */
export interface KeyedCall {
  readonly caller: string;
  readonly tool: string;
  readonly idempotencyKey: string;
  /** The same for the same tool and arguments. */
  readonly fingerprint: string;
  readonly signal: AbortSignal | undefined;
}

/** A call of an earlier life of the node, as the audit log tells. */
export interface EarlierCall {
  readonly caller: string;
  readonly tool: string;
  readonly keySha256: string;
  readonly fingerprint: string;
  /** Whether its end is known. */
  readonly isDone: boolean;
  readonly ageMs: number;
}

/** Does the work. Calls `begin` right before something can change; aborts with `signal`. */
export type OnceWork = (signal: AbortSignal, begin: () => void) => Promise<ToolResult>;

/**
 * Does calls with the same key once. What has begun counts as done, whatever came of it: for 10 minutes a repeated call gets
 * the same result or the same error. What was refused before it began is forgotten and may be tried again.
 * A caller that has 1,024 calls or 8 MiB of results remembered is refused, because forgetting could run something twice.
 */
export class OnceCalls {
  static readonly rememberedMs = 600_000;
  readonly #nowMs: () => number;
  readonly #callers = new Map<string, Map<string, OnceCall>>();

  constructor(nowMs: () => number) {
    this.#nowMs = nowMs;
  }

  /** Takes over what was done before the node started. */
  remember(earlier: readonly EarlierCall[]): void {
    for (const { caller, tool, keySha256, fingerprint, isDone, ageMs } of earlier) {
      const work: OnceWork = async (_, begin) => {
        begin();
        throw new ToolError(isDone ? 'TOOL_RESULT_LOST' : 'TOOL_CANCELLED', { tool });
      };
      const settledAtMs = this.#nowMs() - ageMs;
      const call = new OnceCall({ fingerprint, tool, work, nowMs: this.#nowMs, settledAtMs });
      this.#callsOf(caller).set(keySha256, call);
    }
  }

  /** Whether this is a repeated call, which is not run anew. */
  knows({ caller, idempotencyKey, fingerprint }: KeyedCall): boolean {
    this.#forgetOld();
    const known = this.#callers.get(caller)?.get(sha256(idempotencyKey));
    return known !== undefined && !known.isGivenUp && known.fingerprint === fingerprint;
  }

  async run(keyed: KeyedCall, work: OnceWork): Promise<ToolResult> {
    this.#forgetOld();
    const key = sha256(keyed.idempotencyKey);
    const calls = this.#callsOf(keyed.caller);
    const known = calls.get(key);
    if (known && !known.isGivenUp) {
      if (known.fingerprint !== keyed.fingerprint) {
        throw new ToolError('TOOL_KEY_REUSED', { tool: keyed.tool });
      }
      return known.join(keyed.signal);
    }
    this.#demandRoom(keyed.tool, calls);
    const { fingerprint, tool } = keyed;
    const forget = () => {
      // A later call may have taken the place of one that was given up.
      if (calls.get(key) === call) calls.delete(key);
    };
    const call: OnceCall = new OnceCall({ fingerprint, tool, work, nowMs: this.#nowMs, forget });
    calls.set(key, call);
    return call.join(keyed.signal);
  }

  #callsOf(caller: string): Map<string, OnceCall> {
    const calls = this.#callers.get(caller) ?? new Map<string, OnceCall>();
    this.#callers.set(caller, calls);
    return calls;
  }

  #demandRoom(tool: string, calls: ReadonlyMap<string, OnceCall>): void {
    let bytes = 0;
    for (const call of calls.values()) bytes += call.bytes;
    const isFull =
      calls.size >= MAX_CALLS_PER_CALLER || bytes >= MAX_BYTES_PER_CALLER || this.#callers.size > MAX_CALLERS;
    if (isFull) throw new ToolError('TOOL_BUSY', { tool, running: calls.size, waiting: 0 });
  }

  #forgetOld(): void {
    const limitMs = this.#nowMs() - OnceCalls.rememberedMs;
    for (const [caller, calls] of this.#callers) {
      for (const [key, call] of calls) {
        if (call.settledAtMs !== undefined && call.settledAtMs <= limitMs) calls.delete(key);
      }
      if (calls.size === 0) this.#callers.delete(caller);
    }
  }
}

interface OnceCallOptions {
  readonly fingerprint: string;
  readonly tool: string;
  readonly work: OnceWork;
  readonly nowMs: () => number;
  /** Called when the work was refused before it began. */
  readonly forget?: () => void;
  /** Of a call that is over. */
  readonly settledAtMs?: number;
}

/** One call, shared by all who make it while it runs or is remembered. It is cancelled when the last of them has left. */
class OnceCall {
  readonly #options: OnceCallOptions;
  readonly #controller = new AbortController();
  #result: Promise<ToolResult> | undefined;
  #waiting = 0;
  #hasBegun = false;
  #settledAtMs: number | undefined;
  #bytes = 0;

  constructor(options: OnceCallOptions) {
    this.#options = options;
    this.#settledAtMs = options.settledAtMs;
  }

  get fingerprint(): string {
    return this.#options.fingerprint;
  }

  get settledAtMs(): number | undefined {
    return this.#settledAtMs;
  }

  /** Of the remembered result. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Cancelled before anything could change. */
  get isGivenUp(): boolean {
    return this.#controller.signal.aborted && !this.#hasBegun;
  }

  /** The first to join starts it. */
  async join(signal: AbortSignal | undefined): Promise<ToolResult> {
    this.#result ??= this.#run();
    this.#waiting += 1;
    // Who cannot leave waits until the end.
    if (!signal) return this.#result;
    try {
      return await raceSignal(this.#result, signal);
    } finally {
      this.#waiting -= 1;
      if (this.#waiting === 0 && this.#settledAtMs === undefined) this.#controller.abort(signal.reason);
    }
  }

  async #run(): Promise<ToolResult> {
    const { tool, work, nowMs, forget } = this.#options;
    const { signal } = this.#controller;
    try {
      const result = await work(signal, () => {
        this.#hasBegun = true;
      });
      this.#bytes = JSON.stringify(result).length;
      return result;
    } catch (error) {
      if (!this.#hasBegun) forget?.();
      throw this.#hasBegun && signal.aborted ? new ToolError('TOOL_CANCELLED', { tool }) : error;
    } finally {
      this.#settledAtMs ??= nowMs();
    }
  }
}
