import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { Tide, Tides } from './tides.js';

export interface OpenTides {
  readonly provider: Tides;
  close(): void | Promise<void>;
}

export interface TidesContractOptions {
  /** One that the provider knows at `fromMs`. Default: Cuxhaven. */
  readonly harbour?: string;
  /** Default: noon of 2026-03-01, UTC. */
  readonly fromMs?: number;
}

const hourMs = 3_600_000;

/** The rules that every `Tides` follows. `open` is called once per test. */
export function describeTidesContract(
  title: string,
  open: () => OpenTides | Promise<OpenTides>,
  { harbour = 'Cuxhaven', fromMs = Date.UTC(2026, 2, 1, 12) }: TidesContractOptions = {},
): void {
  describe(`${title} (Tides contract)`, () => {
    let opened: OpenTides;
    let tides: Tides;

    beforeEach(async () => {
      opened = await open();
      tides = opened.provider;
    });

    afterEach(async () => {
      await opened.close();
    });

    async function first(count: number): Promise<readonly Tide[]> {
      const found: Tide[] = [];
      for await (const tide of tides.predict(harbour, { fromMs })) {
        found.push(tide);
        if (found.length === count) break;
      }
      return found;
    }

    it('tells the next tide of a kind, within a lunar day', async () => {
      const tide = await tides.next(harbour, { kind: 'high', fromMs });

      expect(tide).toMatchObject({ harbour, kind: 'high' });
      expect(tide.atMs).toBeGreaterThanOrEqual(fromMs);
      expect(tide.atMs).toBeLessThan(fromMs + 25 * hourMs);
    });

    it('counts a tide at the very time that is asked for', async () => {
      const tide = await tides.next(harbour, { kind: 'low', fromMs });

      expect(await tides.next(harbour, { kind: 'low', fromMs: tide.atMs })).toEqual(tide);
    });

    it('predicts high and low water in turn, in order of time', async () => {
      const found = await first(6);

      const times = found.map(({ atMs }) => atMs);
      expect(times).toEqual([...times].sort((a, b) => a - b));
      expect(times[0]).toBeGreaterThanOrEqual(fromMs);
      expect(new Set(found.filter((_, index) => index % 2 === 0).map(({ kind }) => kind)).size).toBe(1);
      expect(new Set(found.slice(0, 2).map(({ kind }) => kind)).size).toBe(2);
    });

    it('says the same in both ways', async () => {
      const predicted = await first(2);

      const asked = await Promise.all(predicted.map(({ kind }) => tides.next(harbour, { kind, fromMs })));

      expect(asked).toEqual(predicted);
    });

    it('refuses a harbour that nobody knows', async () => {
      const refusal = { code: expect.stringMatching(/^TIDES_(HARBOUR_UNKNOWN|GAUGE_SILENT)$/) };
      const reader = tides.predict('Atlantis', { fromMs })[Symbol.asyncIterator]();

      await expect(tides.next('Atlantis', { kind: 'high', fromMs })).rejects.toMatchObject(refusal);
      await expect(reader.next()).rejects.toMatchObject(refusal);
    });

    it('ends a call with the reason of its signal', async () => {
      const reason = new Error('enough');
      const options = { kind: 'high', fromMs, signal: AbortSignal.abort(reason) } as const;

      await expect(tides.next(harbour, options)).rejects.toBe(reason);
    });

    it('ends a stream with the reason of its signal', async () => {
      const controller = new AbortController();
      const reason = new Error('enough');
      const reader = tides.predict(harbour, { fromMs, signal: controller.signal })[Symbol.asyncIterator]();
      await reader.next();

      controller.abort(reason);

      await expect(readToEnd(reader)).rejects.toBe(reason);
    });

    it('serves many readers at once, each from its own beginning', async () => {
      const [one, other] = await Promise.all([first(3), first(3)]);

      expect(one).toEqual(other);
    });

    it('speaks in plain data, which can come from another process', async () => {
      const tide = await tides.next(harbour, { kind: 'high', fromMs });

      expect(structuredClone(tide)).toEqual(tide);
    });
  });
}

async function readToEnd(reader: AsyncIterator<unknown>): Promise<void> {
  while (!(await reader.next()).done);
}
