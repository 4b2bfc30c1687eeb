export { coreMetrics } from './core-metrics.js';
export {
  type AdmittedUpdate,
  type MetricLimits,
  MetricRules,
  type RefusalCause,
} from './metric-rules.js';
export {
  type CounterMetric,
  type GaugeMetric,
  type HistogramMetric,
  type LabelArguments,
  type MetricDefinition,
  type MetricLabels,
  Metrics,
  type MetricsText,
} from './metrics.js';
