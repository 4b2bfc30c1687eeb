import { coreMetrics } from './core-metrics.js';
import type { MetricDefinition } from './metrics.js';

/** Why an update was not taken as it was. */
export type RefusalCause = 'definition' | 'conflict' | 'labels' | 'value' | 'metrics' | 'series';

export interface AdmittedUpdate {
  /** The first definition of this name that arrived. */
  readonly metric: MetricDefinition;
  readonly labels: Readonly<Record<string, string>>;
  /** Set when the update goes to the series of all others. */
  readonly cause?: 'series';
}

export interface MetricLimits {
  /** Different names. Default 500. */
  readonly maxMetrics?: number;
  /** Series of one metric, its series of all others not counted. Default 200. */
  readonly maxSeries?: number;
}

/** What is shown in the place of a label that is none, and of labels beyond the bound. */
const OTHER = 'other';
const NAME = /^[a-z][a-z0-9]*(?:_[a-z0-9]+)*$/;
const MAX_NAME_LENGTH = 100;
const MAX_LABELS = 8;
const MAX_BUCKETS = 64;
const LABEL_VALUE = /^[\p{L}\p{N}_.:/@-]{1,100}$/u;

interface KnownMetric {
  readonly metric: MetricDefinition;
  readonly series: Set<string>;
}

/** What every provider of `Metrics` takes, and what it does not: updates come from any plugin, also in another process. */
export class MetricRules {
  readonly #maxMetrics: number;
  readonly #maxSeries: number;
  readonly #known = new Map<string, KnownMetric>();

  constructor({ maxMetrics = 500, maxSeries = 200 }: MetricLimits = {}) {
    this.#maxMetrics = maxMetrics;
    this.#maxSeries = maxSeries;
  }

  admit(
    kind: MetricDefinition['kind'],
    metric: unknown,
    value: unknown,
    labels: unknown,
  ): AdmittedUpdate | RefusalCause {
    if (!isDefinition(metric)) return 'definition';
    const known = this.#known.get(metric.name) ?? { metric, series: new Set<string>() };
    if (metric.kind !== kind || known.metric.kind !== kind || !hasSameLabels(known.metric, metric))
      return 'conflict';
    if (typeof value !== 'number' || !Number.isFinite(value) || (kind === 'counter' && value < 0))
      return 'value';
    const plain = plainLabels(known.metric, labels);
    if (!plain) return 'labels';
    if (!this.#known.has(metric.name)) {
      if (this.#known.size >= this.#maxMetrics) return 'metrics';
      this.#known.set(metric.name, known);
    }
    const key = JSON.stringify(plain);
    if (!known.series.has(key)) {
      if (known.series.size >= this.#maxSeries) return rest(known.metric);
      known.series.add(key);
    }
    return { metric: known.metric, labels: plain };
  }

  /** Hands to `write` what is taken of an update, and a count of what is not. Returns why something was not. */
  apply(
    kind: MetricDefinition['kind'],
    metric: unknown,
    value: number,
    labels: unknown,
    write: (metric: MetricDefinition, value: number, labels: Readonly<Record<string, string>>) => void,
  ): RefusalCause | undefined {
    const admitted = this.admit(kind, metric, value, labels);
    const cause = typeof admitted === 'string' ? admitted : admitted.cause;
    if (cause) write(coreMetrics.metricsRefused, 1, { cause });
    if (typeof admitted !== 'string') write(admitted.metric, value, admitted.labels);
    return cause;
  }
}

/** The latest value of "all others" would say nothing. */
function rest(metric: MetricDefinition): AdmittedUpdate | RefusalCause {
  if (metric.kind === 'gauge') return 'series';
  const labels = Object.fromEntries(metric.labels.map((label) => [label, OTHER]));
  return { metric, labels, cause: 'series' };
}

function isDefinition(value: unknown): value is MetricDefinition {
  const { name, kind, help, labels, buckets } = Object(value) as Partial<Record<string, unknown>>;
  return (
    isName(name) &&
    typeof help === 'string' &&
    help !== '' &&
    Array.isArray(labels) &&
    labels.length <= MAX_LABELS &&
    labels.every((label) => isName(label) && label !== 'le') &&
    new Set(labels).size === labels.length &&
    (kind === 'counter' || kind === 'gauge' || (kind === 'histogram' && areBuckets(buckets)))
  );
}

function isName(value: unknown): value is string {
  return typeof value === 'string' && value.length <= MAX_NAME_LENGTH && NAME.test(value);
}

function areBuckets(value: unknown): boolean {
  return (
    Array.isArray(value) &&
    value.length > 0 &&
    value.length <= MAX_BUCKETS &&
    value.every((limit, index) => Number.isFinite(limit) && (index === 0 || limit > value[index - 1]))
  );
}

function hasSameLabels(one: MetricDefinition, other: MetricDefinition): boolean {
  return (
    one.labels.length === other.labels.length && one.labels.every((label) => other.labels.includes(label))
  );
}

function plainLabels(
  metric: MetricDefinition,
  labels: unknown,
): Readonly<Record<string, string>> | undefined {
  const given = Object(labels ?? {}) as Readonly<Record<string, unknown>>;
  if (Object.keys(given).length !== metric.labels.length) return undefined;
  const plain: Record<string, string> = {};
  for (const label of metric.labels) {
    const value = Object.hasOwn(given, label) ? given[label] : undefined;
    if (typeof value !== 'string') return undefined;
    plain[label] = LABEL_VALUE.test(value) ? value : OTHER;
  }
  return plain;
}
