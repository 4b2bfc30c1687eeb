import { type MetricLimits, MetricRules } from './metric-rules.js';
import type {
  CounterMetric,
  GaugeMetric,
  HistogramMetric,
  LabelArguments,
  MetricDefinition,
  Metrics,
  MetricsText,
} from './metrics.js';

/** Keeps every figure for the test to read. Of a histogram it keeps all values. */
export class FakeMetrics implements Metrics {
  readonly #rules: MetricRules;
  readonly #series = new Map<string, Map<string, number[]>>();
  readonly #definitions = new Map<string, MetricDefinition>();

  constructor(limits: MetricLimits = {}) {
    this.#rules = new MetricRules(limits);
  }

  count<L extends string>(metric: CounterMetric<L>, by: number, ...labels: LabelArguments<L>): void {
    this.#update('counter', metric, by, labels);
  }

  set<L extends string>(metric: GaugeMetric<L>, value: number, ...labels: LabelArguments<L>): void {
    this.#update('gauge', metric, value, labels);
  }

  observe<L extends string>(metric: HistogramMetric<L>, value: number, ...labels: LabelArguments<L>): void {
    this.#update('histogram', metric, value, labels);
  }

  /** Sum of a counter, latest value of a gauge; `undefined` before the first update. */
  valueOf<L extends string>(metric: CounterMetric<L> | GaugeMetric<L>, ...labels: LabelArguments<L>) {
    return this.#find(metric.name, labels)?.at(-1);
  }

  /** Everything that was observed, in this order. */
  valuesOf<L extends string>(metric: HistogramMetric<L>, ...labels: LabelArguments<L>): readonly number[] {
    return this.#find(metric.name, labels) ?? [];
  }

  async expose(): Promise<MetricsText> {
    const lines: string[] = [];
    for (const [name, series] of this.#series) {
      const metric = this.#definitions.get(name);
      if (!metric) continue;
      lines.push(`# HELP tiercel_${name} ${metric.help}`, `# TYPE tiercel_${name} ${metric.kind}`);
      for (const [key, values] of series)
        lines.push(...samples(metric, JSON.parse(key) as Record<string, string>, values));
    }
    return { contentType: 'text/plain; version=0.0.4; charset=utf-8', text: `${lines.join('\n')}\n` };
  }

  #find(name: string, [labels]: readonly unknown[]): readonly number[] | undefined {
    return this.#series.get(name)?.get(keyOf(Object(labels) as Readonly<Record<string, string>>));
  }

  #update(
    kind: MetricDefinition['kind'],
    metric: MetricDefinition,
    value: number,
    [labels]: readonly unknown[],
  ): void {
    this.#rules.apply(kind, metric, value, labels, (...update) => this.#write(...update));
  }

  #write(metric: MetricDefinition, value: number, labels: Readonly<Record<string, string>>): void {
    this.#definitions.set(metric.name, metric);
    const series = this.#series.get(metric.name) ?? new Map<string, number[]>();
    this.#series.set(metric.name, series);
    const values = series.get(keyOf(labels)) ?? [];
    series.set(keyOf(labels), values);
    if (metric.kind === 'histogram') values.push(value);
    else values[0] = metric.kind === 'counter' ? (values[0] ?? 0) + value : value;
  }
}

function keyOf(labels: Readonly<Record<string, string>>): string {
  return JSON.stringify(Object.fromEntries(Object.entries(labels).sort()));
}

function samples(
  metric: MetricDefinition,
  labels: Readonly<Record<string, string>>,
  values: readonly number[],
): string[] {
  const name = `tiercel_${metric.name}`;
  if (metric.kind !== 'histogram') return [`${name}${formatLabels(labels)} ${values[0]}`];
  const limits = [...metric.buckets, Number.POSITIVE_INFINITY];
  return [
    ...limits.map((limit) => {
      const le = Number.isFinite(limit) ? String(limit) : '+Inf';
      return `${name}_bucket${formatLabels({ le, ...labels })} ${values.filter((value) => value <= limit).length}`;
    }),
    `${name}_sum${formatLabels(labels)} ${values.reduce((sum, value) => sum + value, 0)}`,
    `${name}_count${formatLabels(labels)} ${values.length}`,
  ];
}

function formatLabels(labels: Readonly<Record<string, string>>): string {
  const parts = Object.entries(labels).map(([name, value]) => `${name}="${value}"`);
  return parts.length === 0 ? '' : `{${parts.join(',')}}`;
}
