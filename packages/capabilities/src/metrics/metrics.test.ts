import { describe, expect, it } from '@jest/globals';
import { coreMetrics, MetricRules } from './index.js';
import { describeMetricsContract, FakeMetrics } from './testing.js';

describeMetricsContract('FakeMetrics', () => ({ provider: new FakeMetrics(), close: () => undefined }));

describe('FakeMetrics', () => {
  it('tells sums, latest values and observed values', () => {
    const metrics = new FakeMetrics();

    metrics.count(coreMetrics.turns, 1, { outcome: 'answered' });
    metrics.count(coreMetrics.turns, 2, { outcome: 'answered' });
    metrics.set(coreMetrics.llmQueueDepth, 3, { provider: 'llm-local' });
    metrics.observe(coreMetrics.bargeInSeconds, 0.2);

    expect(metrics.valueOf(coreMetrics.turns, { outcome: 'answered' })).toBe(3);
    expect(metrics.valueOf(coreMetrics.turns, { outcome: 'failed' })).toBeUndefined();
    expect(metrics.valueOf(coreMetrics.llmQueueDepth, { provider: 'llm-local' })).toBe(3);
    expect(metrics.valuesOf(coreMetrics.bargeInSeconds)).toEqual([0.2]);
  });
});

describe('coreMetrics', () => {
  it.each(Object.values(coreMetrics))('defines $name as the rules want it', (metric) => {
    const labels = Object.fromEntries(metric.labels.map((label) => [label, 'x']));

    expect(new MetricRules().admit(metric.kind, metric, 1, labels)).toEqual({ metric, labels });
    expect(metric.name.endsWith('_total')).toBe(metric.kind === 'counter');
  });
});
