import { Metrics } from '@tiercel/capabilities/metrics';
import { definePlugin, provide } from '@tiercel/kernel';
import { TextMetrics } from './text-metrics.js';

export default definePlugin({
  name: '@acme/plugin-name',
  version: '0.1.0',
  provides: { metrics: provide(Metrics) },
  setup: () => ({ metrics: new TextMetrics() }),
});
