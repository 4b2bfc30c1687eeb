import { coreMetrics, type GaugeMetric, type Metrics } from '@tiercel/capabilities/metrics';
import type { HostLoad } from './ssh-host.js';

const sessions: GaugeMetric<'host'> = {
  name: 'ssh_sessions',
  kind: 'gauge',
  help: 'Commands and transfers that run on a host',
  labels: ['host'],
};
const waiting: GaugeMetric<'host'> = {
  name: 'ssh_waiting',
  kind: 'gauge',
  help: 'Calls that wait for a session on a host',
  labels: ['host'],
};
const breakerStates = { closed: 0, 'half-open': 1, open: 2 } as const;

/** Shows how busy a host is to whoever watches the node. */
export function measureLoad(metrics: Pick<Metrics, 'set'>, host: string, load: HostLoad): void {
  metrics.set(sessions, load.sessions, { host });
  metrics.set(waiting, load.waiting, { host });
  metrics.set(coreMetrics.breakerState, breakerStates[load.circuit], { endpoint: `ssh/${host}` });
}
