import { definePlugin, provide } from '@tiercel/kernel';
import { CountedTides } from './counted-tides.js';
import { Tides, TidesError } from './tides.js';

/** Knows each harbour from one high water of it, which stands in the manifest. Never at a loss, and never exact. */
export default definePlugin({
  name: 'tide-almanac',
  version: '1.0.0',
  provides: { tides: provide(Tides, { basis: 'almanac' }) },
  config: {
    highWaters: {
      doc: 'Time of one high water of each harbour, such as 2026-01-01T03:40Z; all others are counted from it',
      format: 'record',
      default: {},
    },
  },
  setup({ config }) {
    const highWaters = new Map(
      Object.entries(config.highWaters).map(([harbour, time]): [string, number] => {
        const highWaterMs = Date.parse(String(time));
        if (Number.isNaN(highWaterMs)) throw new TidesError('TIDES_TIME_INVALID', { harbour });
        return [harbour, highWaterMs];
      }),
    );
    return {
      tides: new CountedTides('almanac', (harbour) => {
        const highWaterMs = highWaters.get(harbour);
        if (highWaterMs !== undefined) return highWaterMs;
        throw new TidesError('TIDES_HARBOUR_UNKNOWN', { harbour, known: [...highWaters.keys()] });
      }),
    };
  },
});
