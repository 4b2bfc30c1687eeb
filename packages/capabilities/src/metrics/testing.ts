export { FakeMetrics } from './fake-metrics.js';
export { describeMetricsContract, type OpenMetrics } from './metrics-contract.js';
