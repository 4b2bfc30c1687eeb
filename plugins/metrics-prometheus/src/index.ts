import { Log } from '@tiercel/capabilities/log';
import { Metrics, type RefusalCause } from '@tiercel/capabilities/metrics';
import { definePlugin, provide } from '@tiercel/kernel';
import { NodeFigures } from './node-figures.js';
import { PrometheusMetrics } from './prometheus-metrics.js';

export default definePlugin({
  name: '@tiercel/metrics-prometheus',
  version: '0.1.0',
  provides: { metrics: provide(Metrics) },
  requires: { log: Log },
  config: {
    maxMetrics: {
      doc: 'Different metrics that are kept; updates of more are refused',
      format: 'nat',
      min: 1,
      max: 1_000,
      default: 500,
    },
    maxSeries: {
      doc: 'Sets of labels that are kept of each metric; more are counted together as `other`',
      format: 'nat',
      min: 1,
      max: 1_000,
      default: 200,
    },
  },
  async setup({ deps, config, node, own }) {
    const { default: client } = await import('prom-client');
    const figures = own(new NodeFigures(node));
    const refused = new Set<RefusalCause>();
    const metrics = new PrometheusMetrics(client, {
      ...config,
      read: () => figures.read(),
      onRefused: (cause, metric) => {
        if (refused.has(cause)) return;
        refused.add(cause);
        const { name } = Object(metric) as { readonly name?: unknown };
        deps.log.warn('a metric is not shown as it was given; metrics_refused_total counts', { cause, name });
      },
    });
    return { metrics };
  },
});
