import {
  type CounterMetric,
  type GaugeMetric,
  type HistogramMetric,
  type LabelArguments,
  type MetricDefinition,
  MetricRules,
  type Metrics,
  type MetricsText,
} from '@tiercel/capabilities/metrics';

type Labels = Readonly<Record<string, string>>;

/** One set of labels of one metric. */
interface Series {
  readonly labels: Labels;
  /** Of a counter or a gauge its value, of a histogram the sum. */
  value: number;
  count: number;
  /** How many values were at most as high as each bucket. */
  readonly below: number[];
}

/** Keeps sums and counts, never single values, so that memory does not grow with time. */
export class TextMetrics implements Metrics {
  readonly #rules = new MetricRules();
  readonly #metrics = new Map<
    string,
    { readonly metric: MetricDefinition; readonly series: Map<string, Series> }
  >();

  count<L extends string>(metric: CounterMetric<L>, by: number, ...labels: LabelArguments<L>): void {
    this.#update('counter', metric, by, labels[0]);
  }

  set<L extends string>(metric: GaugeMetric<L>, value: number, ...labels: LabelArguments<L>): void {
    this.#update('gauge', metric, value, labels[0]);
  }

  observe<L extends string>(metric: HistogramMetric<L>, value: number, ...labels: LabelArguments<L>): void {
    this.#update('histogram', metric, value, labels[0]);
  }

  async expose(): Promise<MetricsText> {
    const lines = [...this.#metrics.values()].flatMap(({ metric, series }) => [
      `# HELP tiercel_${metric.name} ${metric.help}`,
      `# TYPE tiercel_${metric.name} ${metric.kind}`,
      ...[...series.values()].flatMap((one) => samplesOf(metric, one)),
    ]);
    return { contentType: 'text/plain; version=0.0.4; charset=utf-8', text: `${lines.join('\n')}\n` };
  }

  /** The rules of the contract say what is taken, and under which labels. */
  #update(kind: MetricDefinition['kind'], metric: MetricDefinition, value: number, labels: unknown): void {
    this.#rules.apply(kind, metric, value, labels, (...update) => this.#write(...update));
  }

  #write(metric: MetricDefinition, value: number, labels: Labels): void {
    const known = this.#metrics.get(metric.name) ?? { metric, series: new Map<string, Series>() };
    this.#metrics.set(metric.name, known);
    const key = JSON.stringify(Object.entries(labels).sort());
    const buckets = metric.kind === 'histogram' ? metric.buckets : [];
    const series = known.series.get(key) ?? { labels, value: 0, count: 0, below: buckets.map(() => 0) };
    known.series.set(key, series);
    series.value = metric.kind === 'gauge' ? value : series.value + value;
    series.count++;
    for (const [index, limit] of buckets.entries()) {
      if (value <= limit) series.below[index] = (series.below[index] ?? 0) + 1;
    }
  }
}

function samplesOf(metric: MetricDefinition, { labels, value, count, below }: Series): readonly string[] {
  const name = `tiercel_${metric.name}`;
  if (metric.kind !== 'histogram') return [`${name}${textOf(labels)} ${value}`];
  const bucket = (le: string, hits: number) => `${name}_bucket${textOf({ le, ...labels })} ${hits}`;
  return [
    ...metric.buckets.map((limit, index) => bucket(String(limit), below[index] ?? 0)),
    bucket('+Inf', count),
    `${name}_sum${textOf(labels)} ${value}`,
    `${name}_count${textOf(labels)} ${count}`,
  ];
}

function textOf(labels: Labels): string {
  const parts = Object.entries(labels).map(([name, value]) => `${name}="${value}"`);
  return parts.length === 0 ? '' : `{${parts.join(',')}}`;
}
