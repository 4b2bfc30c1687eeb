import { worldLimits } from './world-limits.js';

/** Milliseconds since 1970, a counter in hexadecimal, and the node: in this form the order of text is the order of time. */
const hlcPattern = /^\d{13}-[0-9a-f]{4}-[A-Za-z0-9_.:@-]{1,64}$/;
const HIGHEST_COUNT = 0xffff;
const LATEST_MS = 9_999_999_999_999;

export function isHlc(text: unknown): text is string {
  return typeof text === 'string' && hlcPattern.test(text);
}

/** The wall-clock part of a hybrid time. */
export function hlcTimeMs(hlc: string): number {
  return Number(hlc.slice(0, 13));
}

/**
 * Hybrid logical clock (Kulkarni et al., "Logical Physical Clocks", OPODIS 2014): near the wall clock, but never the same
 * twice, never backwards, and later than everything that was heard of. Ties between nodes are broken by their names.
 */
export class HybridClock {
  readonly node: string;
  readonly #epochMs: () => number;
  #timeMs = 0;
  #count = 0;

  /** `node` has letters, digits and `_ . : @ -`; others become `-`. */
  constructor(node: string, epochMs: () => number) {
    this.node = node.replaceAll(/[^A-Za-z0-9_.:@-]/g, '-').slice(0, 64) || 'node';
    this.#epochMs = epochMs;
  }

  /** A time after all that this clock has given or heard of. */
  next(): string {
    const nowMs = Math.min(LATEST_MS, Math.max(0, Math.floor(this.#epochMs())));
    if (nowMs > this.#timeMs) this.#set(nowMs, 0);
    else if (this.#count < HIGHEST_COUNT) this.#count += 1;
    else this.#set(this.#timeMs + 1, 0);
    return `${String(this.#timeMs).padStart(13, '0')}-${this.#count.toString(16).padStart(4, '0')}-${this.node}`;
  }

  /** Hears of a time from elsewhere. Returns whether it is believed: one too far ahead would pull every clock with it. */
  witness(hlc: string): boolean {
    const timeMs = hlcTimeMs(hlc);
    if (timeMs > this.#epochMs() + worldLimits.aheadMs) return false;
    const count = Number.parseInt(hlc.slice(14, 18), 16);
    if (timeMs > this.#timeMs || (timeMs === this.#timeMs && count > this.#count)) this.#set(timeMs, count);
    return true;
  }

  #set(timeMs: number, count: number): void {
    this.#timeMs = timeMs;
    this.#count = count;
  }
}
