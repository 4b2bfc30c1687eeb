import { monitorEventLoopDelay } from 'node:perf_hooks';
import { coreMetrics } from '@tiercel/capabilities/metrics';
import type { CircuitStatus, NodeDescription, NodeView } from '@tiercel/kernel';
import type { GaugeReading } from './prometheus-metrics.js';

/** How often the delay of the event loop is sampled. */
const RESOLUTION_MS = 20;
const BREAKER_STATE: Readonly<Record<CircuitStatus['state'], number>> = {
  closed: 0,
  'half-open': 1,
  open: 2,
};

/** What can be read off the node and the process without anybody counting it. */
export class NodeFigures implements Disposable {
  readonly #node: NodeView;
  readonly #delay = monitorEventLoopDelay({ resolution: RESOLUTION_MS });

  constructor(node: NodeView) {
    this.#node = node;
    this.#delay.enable();
  }

  async read(): Promise<readonly GaugeReading[]> {
    const description = await this.#node.describe();
    return [...readProcess(this.#readDelay()), readPlugins(description), readBreakers(description)];
  }

  #readDelay(): Readonly<Record<string, number>> {
    const seconds = (nanoseconds: number) => Math.max(0, nanoseconds / 1e9 - RESOLUTION_MS / 1e3);
    const quantiles =
      this.#delay.count === 0
        ? { '0.5': 0, '0.99': 0, '1': 0 }
        : {
            '0.5': seconds(this.#delay.percentile(50)),
            '0.99': seconds(this.#delay.percentile(99)),
            '1': seconds(this.#delay.max),
          };
    this.#delay.reset();
    return quantiles;
  }

  [Symbol.dispose](): void {
    this.#delay.disable();
  }
}

function readProcess(delays: Readonly<Record<string, number>>): readonly GaugeReading[] {
  return [
    {
      metric: coreMetrics.eventLoopDelaySeconds,
      series: Object.entries(delays).map(([quantile, value]) => ({ labels: { quantile }, value })),
    },
    {
      metric: coreMetrics.residentMemoryBytes,
      series: [{ labels: {}, value: process.memoryUsage.rss() }],
    },
  ];
}

function readPlugins({ plugins }: NodeDescription): GaugeReading {
  return {
    metric: coreMetrics.pluginState,
    series: plugins.map(({ plugin, state }) => ({ labels: { plugin, state }, value: 1 })),
  };
}

/** The circuits that choose between several providers of one contract. */
function readBreakers({ capabilities }: NodeDescription): GaugeReading {
  return {
    metric: coreMetrics.breakerState,
    series: capabilities.flatMap(({ capability, providers }) =>
      providers.flatMap(({ plugin, circuit }) =>
        circuit
          ? [{ labels: { endpoint: `${capability}/${plugin}` }, value: BREAKER_STATE[circuit.state] }]
          : [],
      ),
    ),
  };
}
