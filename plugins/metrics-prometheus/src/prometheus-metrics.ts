import {
  type CounterMetric,
  type GaugeMetric,
  type HistogramMetric,
  type LabelArguments,
  type MetricDefinition,
  type MetricLimits,
  MetricRules,
  type Metrics,
  type MetricsText,
  type RefusalCause,
} from '@tiercel/capabilities/metrics';
import type * as PromClient from 'prom-client';

const PREFIX = 'tiercel_';

type Client = Pick<typeof PromClient, 'Registry' | 'Counter' | 'Gauge' | 'Histogram'>;

/** One gauge whose series are read anew whenever the metrics are. */
export interface GaugeReading {
  readonly metric: GaugeMetric;
  readonly series: readonly { readonly labels: Readonly<Record<string, string>>; readonly value: number }[];
}

export interface PrometheusMetricsOptions extends MetricLimits {
  /** Asked by each `expose()`. */
  readonly read?: () => Promise<readonly GaugeReading[]>;
  /** Told about every update that is not taken as it was. */
  readonly onRefused?: (cause: RefusalCause, metric: unknown) => void;
}

/** Metrics in a registry of their own, so that nothing else in the process shows up among them. */
export class PrometheusMetrics implements Metrics {
  readonly #client: Client;
  readonly #registry: PromClient.Registry;
  readonly #rules: MetricRules;
  readonly #read: () => Promise<readonly GaugeReading[]>;
  readonly #onRefused: (cause: RefusalCause, metric: unknown) => void;
  readonly #counters = new Map<string, PromClient.Counter>();
  readonly #gauges = new Map<string, PromClient.Gauge>();
  readonly #histograms = new Map<string, PromClient.Histogram>();

  constructor(
    client: Client,
    { read = async () => [], onRefused = () => undefined, ...limits }: PrometheusMetricsOptions = {},
  ) {
    this.#client = client;
    this.#registry = new client.Registry();
    this.#rules = new MetricRules(limits);
    this.#read = read;
    this.#onRefused = onRefused;
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

  async expose(): Promise<MetricsText> {
    for (const { metric, series } of await this.#read()) {
      this.#gauges.get(metric.name)?.reset();
      for (const { labels, value } of series) this.#update('gauge', metric, value, [labels]);
    }
    return { contentType: this.#registry.contentType, text: await this.#registry.metrics() };
  }

  #update(
    kind: MetricDefinition['kind'],
    metric: MetricDefinition,
    value: number,
    [labels]: readonly unknown[],
  ): void {
    const cause = this.#rules.apply(kind, metric, value, labels, (...update) => this.#write(...update));
    if (cause) this.#onRefused(cause, metric);
  }

  #write(metric: MetricDefinition, value: number, labels: Readonly<Record<string, string>>): void {
    const { Counter, Gauge, Histogram } = this.#client;
    const { name, help } = metric;
    const common = { name: `${PREFIX}${name}`, help, labelNames: metric.labels, registers: [this.#registry] };
    switch (metric.kind) {
      case 'counter':
        known(this.#counters, name, () => new Counter(common)).inc(labels, value);
        break;
      case 'gauge':
        known(this.#gauges, name, () => new Gauge(common)).set(labels, value);
        break;
      case 'histogram':
        known(
          this.#histograms,
          name,
          () => new Histogram({ ...common, buckets: [...metric.buckets] }),
        ).observe(labels, value);
        break;
      default:
        metric satisfies never;
    }
  }
}

function known<T>(metrics: Map<string, T>, name: string, create: () => T): T {
  const metric = metrics.get(name) ?? create();
  metrics.set(name, metric);
  return metric;
}
