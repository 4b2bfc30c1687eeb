import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { coreMetrics } from './core-metrics.js';
import type { CounterMetric, GaugeMetric, HistogramMetric, Metrics } from './metrics.js';

export interface OpenMetrics {
  readonly provider: Metrics;
  close(): void | Promise<void>;
}

/** The rules that every `Metrics` follows. `open` is called once per test and must give an empty provider. */
export function describeMetricsContract(title: string, open: () => OpenMetrics | Promise<OpenMetrics>): void {
  describe(`${title} (Metrics contract)`, () => {
    let opened: OpenMetrics;
    let metrics: Metrics;

    beforeEach(async () => {
      opened = await open();
      metrics = opened.provider;
    });

    afterEach(async () => {
      await opened.close();
    });

    const visits = { name: 'visits_total', kind: 'counter', help: 'Visits', labels: ['door'] } as const;
    const lines = async () => (await metrics.expose()).text.split('\n');
    /** In another process, a burst that nobody waits for is cut. */
    const updateMany = async (times: number, update: (index: number) => void) => {
      for (let index = 0; index < times; index++) {
        update(index);
        if (index % 500 === 499) await metrics.expose();
      }
    };
    const refused = (cause: string) => `tiercel_metrics_refused_total{cause="${cause}"} 1`;

    it('exposes text of Prometheus, with what each metric means', async () => {
      metrics.count(visits, 1, { door: 'front' });

      const { contentType, text } = await metrics.expose();

      expect(contentType).toMatch(/^text\/plain; version=0\.0\.4/);
      expect(text).toContain('# HELP tiercel_visits_total Visits\n# TYPE tiercel_visits_total counter\n');
    });

    it('adds up what is counted, for each set of labels', async () => {
      metrics.count(visits, 1, { door: 'front' });
      metrics.count(visits, 2.5, { door: 'front' });
      metrics.count(visits, 4, { door: 'back' });

      expect(await lines()).toEqual(
        expect.arrayContaining([
          'tiercel_visits_total{door="front"} 3.5',
          'tiercel_visits_total{door="back"} 4',
        ]),
      );
    });

    it('shows the latest value of a gauge', async () => {
      metrics.set(coreMetrics.worldEntries, 7);
      metrics.set(coreMetrics.worldEntries, -3);

      expect(await lines()).toContain('tiercel_world_entries -3');
    });

    it('sorts what is observed into buckets, with sum and count', async () => {
      const walk = {
        name: 'walk_seconds',
        kind: 'histogram',
        help: 'Walks',
        labels: [],
        buckets: [1, 5],
      } as const;

      for (const seconds of [0.5, 1, 4, 60]) metrics.observe(walk, seconds);

      expect(await lines()).toEqual(
        expect.arrayContaining([
          'tiercel_walk_seconds_bucket{le="1"} 2',
          'tiercel_walk_seconds_bucket{le="5"} 3',
          'tiercel_walk_seconds_bucket{le="+Inf"} 4',
          'tiercel_walk_seconds_sum 65.5',
          'tiercel_walk_seconds_count 4',
        ]),
      );
    });

    it('shows a label that is not a plain name as "other"', async () => {
      metrics.count(visits, 1, { door: 'what somebody said' });
      metrics.count(visits, 1, { door: 'x"} 1\nforged_total 9' });
      metrics.count(visits, 1, { door: 'x'.repeat(101) });
      metrics.count(visits, 1, { door: '' });

      const text = (await lines()).join('\n');
      expect(text).toContain('tiercel_visits_total{door="other"} 4');
      expect(text).not.toMatch(/said|forged/);
    });

    it.each<[string, string, unknown, unknown]>([
      ['that is not a number', 'value', 'many', { door: 'front' }],
      ['that is NaN', 'value', Number.NaN, { door: 'front' }],
      ['that is endless', 'value', Number.POSITIVE_INFINITY, { door: 'front' }],
      ['below zero', 'value', -1, { door: 'front' }],
      ['without its labels', 'labels', 1, undefined],
      ['with another label', 'labels', 1, { door: 'front', person: 'x' }],
      ['with a label that is no text', 'labels', 1, { door: 7 }],
    ])('does not count a value %s, and says so', async (_, cause, value, labels) => {
      metrics.count(visits, value as number, labels as { door: string });

      expect(await lines()).toContain(refused(cause));
      expect((await lines()).filter((line) => line.startsWith('tiercel_visits_total{'))).toEqual([]);
    });

    it.each<[string, unknown]>([
      ['nothing', undefined],
      ['a name that is none', { ...visits, name: 'visits total' }],
      ['an unknown kind', { ...visits, kind: 'sum' }],
      ['a label of its own', { ...visits, labels: ['__proto__'] }],
      ['no help', { ...visits, help: '' }],
      ['buckets that do not grow', { ...visits, kind: 'histogram', buckets: [2, 1] }],
    ])('takes no update for %s, and says so', async (_, metric) => {
      metrics.count(metric as typeof visits, 1, { door: 'front' });

      expect(await lines()).toContain(refused('definition'));
    });

    it('holds each name to the first kind and labels that it was given', async () => {
      metrics.count(visits, 1, { door: 'front' });
      metrics.set({ ...visits, kind: 'gauge' } as GaugeMetric<'door'>, 9, { door: 'front' });
      metrics.count({ ...visits, labels: ['window'] } as CounterMetric<'window'>, 1, { window: 'left' });
      metrics.observe(visits as unknown as HistogramMetric<'door'>, 1, { door: 'front' });

      expect(await lines()).toEqual(
        expect.arrayContaining([
          'tiercel_visits_total{door="front"} 1',
          'tiercel_metrics_refused_total{cause="conflict"} 3',
        ]),
      );
    });

    it('bounds the series of a metric, and loses no count', async () => {
      await updateMany(5_000, (index) => metrics.count(visits, 1, { door: `door-${index}` }));

      const series = (await lines()).filter((line) => line.startsWith('tiercel_visits_total{'));
      expect(series.length).toBeLessThanOrEqual(1_001);
      expect(series.reduce((sum, line) => sum + Number(line.split(' ')[1]), 0)).toBe(5_000);
      expect(series.some((line) => line.includes('door="other"'))).toBe(true);
    });

    it('keeps the gauges that it has where it takes no more', async () => {
      const level = { name: 'level', kind: 'gauge', help: 'Levels', labels: ['tank'] } as const;

      await updateMany(5_000, (index) => metrics.set(level, index, { tank: `tank-${index}` }));

      const series = (await lines()).filter((line) => line.startsWith('tiercel_level{'));
      expect(series.length).toBeLessThanOrEqual(1_000);
      expect(series).toContain('tiercel_level{tank="tank-0"} 0');
    });

    it('bounds the number of metrics', async () => {
      await updateMany(3_000, (index) =>
        metrics.count({ name: `metric_${index}_total`, kind: 'counter', help: 'One of many', labels: [] }, 1),
      );

      const text = (await lines()).join('\n');
      expect(text.match(/^# TYPE /gm)?.length).toBeLessThanOrEqual(1_001);
      expect(text).toMatch(/^tiercel_metrics_refused_total\{cause="metrics"\} [1-9]/m);
    });
  });
}
