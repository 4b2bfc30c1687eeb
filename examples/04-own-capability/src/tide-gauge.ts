import { WorldModel } from '@tiercel/capabilities/world-model';
import { definePlugin, provide } from '@tiercel/kernel';
import { CountedTides } from './counted-tides.js';
import { gaugeKey } from './gauge-key.js';
import { Tides, TidesError } from './tides.js';

const hourMs = 3_600_000;

/** Derives the tides from the last high water that a gauge has reported to the world model. */
export default definePlugin({
  name: 'tide-gauge',
  version: '1.0.0',
  provides: { tides: provide(Tides, { basis: 'gauge' }) },
  requires: { world: WorldModel },
  config: {
    silentAfterHours: {
      doc: 'Longest time for which a reported high water is good',
      format: 'nat',
      default: 48,
      min: 13,
    },
  },
  setup({ deps, config: { silentAfterHours } }) {
    return {
      tides: new CountedTides('gauge', async (harbour, fromMs) => {
        const entry = await deps.world.get(gaugeKey(harbour));
        const highWaterMs = entry?.value;
        if (typeof highWaterMs === 'number' && fromMs - highWaterMs <= silentAfterHours * hourMs)
          return highWaterMs;
        throw new TidesError('TIDES_GAUGE_SILENT', { harbour, silentAfterHours });
      }),
    };
  },
});
