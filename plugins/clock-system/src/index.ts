import { Clock } from '@tiercel/capabilities/clock';
import { definePlugin, provide } from '@tiercel/kernel';
import { SystemClock } from './system-clock.js';

export { SystemClock };

export default definePlugin({
  name: '@tiercel/clock-system',
  version: '0.1.0',
  provides: { clock: provide(Clock) },
  setup: () => ({ clock: new SystemClock() }),
});
