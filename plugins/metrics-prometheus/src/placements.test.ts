import { Log } from '@tiercel/capabilities/log';
import { FakeLog } from '@tiercel/capabilities/log/testing';
import { Metrics } from '@tiercel/capabilities/metrics';
import { describeMetricsContract } from '@tiercel/capabilities/metrics/testing';
import { supply } from '@tiercel/kernel';
import { describeInEveryPlacement } from '@tiercel/testkit';
import metricsPrometheus from './index.js';

describeInEveryPlacement(
  'metrics-prometheus',
  {
    capability: Metrics,
    plugin: metricsPrometheus,
    plugins: [supply('@tiercel/log', Log, new FakeLog())],
    perTest: true,
  },
  describeMetricsContract,
);
