import { describe, expect, it } from '@jest/globals';
import { Metrics } from '@tiercel/capabilities/metrics';
import { describeMetricsContract } from '@tiercel/capabilities/metrics/testing';
import { bootTest, describeInEveryPlacement } from '@tiercel/testkit';
import plugin from './index.js';

describeInEveryPlacement(
  'plugin-name',
  { capability: Metrics, plugin: './dist/index.js', key: 'plugin-name', perTest: true },
  describeMetricsContract,
);

describe('plugin-name', () => {
  it('tells sums and counts of what was observed', async () => {
    await using test = await bootTest({ plugins: [plugin] });
    const metrics = test.get(Metrics);
    const waits = {
      name: 'wait_seconds',
      kind: 'histogram',
      help: 'Waits',
      labels: [],
      buckets: [1, 2],
    } as const;

    for (const seconds of [0.5, 1.5, 4]) metrics.observe(waits, seconds);
    const { text } = await metrics.expose();

    expect(text.split('\n').filter((line) => line.startsWith('tiercel_wait_seconds'))).toEqual([
      'tiercel_wait_seconds_bucket{le="1"} 1',
      'tiercel_wait_seconds_bucket{le="2"} 2',
      'tiercel_wait_seconds_bucket{le="+Inf"} 3',
      'tiercel_wait_seconds_sum 6',
      'tiercel_wait_seconds_count 3',
    ]);
  });
});
