import { defineCapability } from '@tiercel/kernel';

/** What all kinds of metric have. Plain data: a definition travels with each update, so there is no step of registration. */
interface MetricFacts<L extends string> {
  /** Lower-case words joined by `_`, with the unit (`_seconds`, `_bytes`); counters end in `_total`. Shown as `tiercel_<name>`. */
  readonly name: string;
  /** One line for whoever reads the dashboard. */
  readonly help: string;
  readonly labels: readonly L[];
}

/** Only grows. */
export interface CounterMetric<L extends string = string> extends MetricFacts<L> {
  readonly kind: 'counter';
}

/** The latest value. */
export interface GaugeMetric<L extends string = string> extends MetricFacts<L> {
  readonly kind: 'gauge';
}

/** How often a value was at most so high. */
export interface HistogramMetric<L extends string = string> extends MetricFacts<L> {
  readonly kind: 'histogram';
  /** Upper limits, growing. The first definition of a name that arrives decides. */
  readonly buckets: readonly number[];
}

export type MetricDefinition<L extends string = string> =
  | CounterMetric<L>
  | GaugeMetric<L>
  | HistogramMetric<L>;

/**
 * Short names of a small, fixed set: states, outcomes, plugins, tools. Never what people said, a key or the id of a person;
 * a value that is not a plain name (letters, digits, `_ . : / @ -`, at most 100) is shown as `other`.
 */
export type MetricLabels<L extends string> = Readonly<Record<L, string>>;

/** Nothing for a metric without labels, else all of them. */
export type LabelArguments<L extends string> = [L] extends [never] ? [] : [labels: MetricLabels<L>];

/** The state of all metrics, ready to be served. */
export interface MetricsText {
  readonly contentType: string;
  readonly text: string;
}

/**
 * Figures of the node for whoever watches it. Updates never throw and never wait. What does not fit its definition is not
 * taken, and counted in `metrics_refused_total{cause}`; so is what exceeds the bound on series per metric, which goes to
 * the series whose labels are all `other`. A provider in another process may lose part of a burst of more than 1,000.
 */
export interface Metrics {
  /** Adds `by` ≥ 0. */
  count<L extends string>(metric: CounterMetric<L>, by: number, ...labels: LabelArguments<L>): void;
  set<L extends string>(metric: GaugeMetric<L>, value: number, ...labels: LabelArguments<L>): void;
  observe<L extends string>(metric: HistogramMetric<L>, value: number, ...labels: LabelArguments<L>): void;
  /** Every metric that was ever updated, in the text format of Prometheus. */
  expose(): Promise<MetricsText>;
}

export const Metrics = defineCapability<Metrics>()({
  id: 'metrics',
  version: '1.0.0',
  methods: { count: 'notify', set: 'notify', observe: 'notify', expose: 'unary' },
});
