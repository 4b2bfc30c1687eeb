import { Clock } from '@tiercel/capabilities/clock';
import { definePlugin, provide } from '@tiercel/kernel';
import { ZonedClock } from './zoned-clock.js';

export default definePlugin({
  name: '@acme/plugin-name',
  version: '0.1.0',
  provides: { clock: provide(Clock) },
  config: {
    timeZone: {
      doc: 'Name of the time zone, such as Europe/Berlin; empty: that of the machine',
      format: String,
      default: '',
    },
  },
  setup: ({ config }) => ({ clock: new ZonedClock(config.timeZone) }),
});
