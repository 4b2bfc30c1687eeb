import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { Clock } from './clock.js';

export interface OpenClock {
  readonly provider: Clock;
  /** Moves time, for clocks that do not move by themselves. */
  readonly advance?: (ms: number) => Promise<void>;
  close(): void | Promise<void>;
}

/** The rules that every `Clock` follows. `open` is called once per test. */
export function describeClockContract(title: string, open: () => OpenClock | Promise<OpenClock>): void {
  describe(`${title} (Clock contract)`, () => {
    let opened: OpenClock;
    let clock: Clock;

    beforeEach(async () => {
      opened = await open();
      clock = opened.provider;
    });

    afterEach(async () => {
      await opened.close();
    });

    async function waitFor(ms: number): Promise<void> {
      await Promise.all([clock.delay(ms), opened.advance?.(ms)]);
    }

    it('never runs backwards', async () => {
      const before = clock.nowMs();
      await waitFor(2);
      const after = clock.nowMs();

      expect(after).toBeGreaterThan(before);
    });

    it('settles a delay no earlier than asked', async () => {
      const startMs = clock.nowMs();

      await waitFor(12);

      expect(clock.nowMs() - startMs).toBeGreaterThanOrEqual(12);
    });

    it('settles shorter delays first, whatever the order of the calls', async () => {
      const order: string[] = [];
      const long = clock.delay(40).then(() => order.push('long'));
      const short = clock.delay(1).then(() => order.push('short'));

      await Promise.all([long, short, opened.advance?.(40)]);

      expect(order).toEqual(['short', 'long']);
    });

    it('settles a delay of zero, of less and of no number at all', async () => {
      const delays = [clock.delay(0), clock.delay(-5), clock.delay(Number.NaN)];

      await opened.advance?.(0);

      await expect(Promise.all(delays)).resolves.toHaveLength(3);
    });

    it('rejects a delay at once with the reason of its signal', async () => {
      const controller = new AbortController();
      const reason = new Error('given up');
      const delay = clock.delay(3_600_000, { signal: controller.signal });

      controller.abort(reason);

      await expect(delay).rejects.toBe(reason);
    });

    it('rejects a delay whose signal had aborted before', async () => {
      const reason = new Error('given up');

      await expect(clock.delay(0, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
    });

    it('leaves no listener on the signal', async () => {
      const signal = new CountingSignal();

      await Promise.all([clock.delay(1, { signal: signal.real }), opened.advance?.(1)]);

      expect(signal.added).toBeGreaterThan(0);
      expect(signal.listeners).toBe(0);
    });

    it('tells the time since 1970 in milliseconds', () => {
      expect(clock.epochMs()).toBeGreaterThan(Date.UTC(2020, 0, 1));
      expect(clock.epochMs()).toBeLessThan(Date.UTC(2200, 0, 1));
    });

    it('names a time zone that dates can be formatted in', () => {
      const format = new Intl.DateTimeFormat('en', { timeZone: clock.timeZone() });

      expect(format.resolvedOptions().timeZone).not.toBe('');
    });
  });
}

class CountingSignal {
  readonly real = new AbortController().signal;
  added = 0;
  listeners = 0;

  constructor() {
    const { real } = this;
    const add = real.addEventListener.bind(real) as (...args: unknown[]) => void;
    const remove = real.removeEventListener.bind(real) as (...args: unknown[]) => void;
    real.addEventListener = (...args: unknown[]) => {
      this.added += 1;
      this.listeners += 1;
      add(...args);
    };
    real.removeEventListener = (...args: unknown[]) => {
      this.listeners -= 1;
      remove(...args);
    };
  }
}
