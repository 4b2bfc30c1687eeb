import type { CounterMetric, GaugeMetric } from '@tiercel/capabilities/metrics';

export const clientsGauge: GaugeMetric<never> = {
  kind: 'gauge',
  name: 'broker_clients',
  help: 'Clients that are connected to the broker',
  labels: [],
};

export const retainedGauge: GaugeMetric<never> = {
  kind: 'gauge',
  name: 'broker_retained_messages',
  help: 'Retained messages of the broker',
  labels: [],
};

export const messagesTotal: CounterMetric<never> = {
  kind: 'counter',
  name: 'broker_messages_total',
  help: 'Messages that clients have published',
  labels: [],
};

export const incidentsTotal: CounterMetric<'cause'> = {
  kind: 'counter',
  name: 'broker_incidents_total',
  help: 'What the broker refused or gave up, by cause',
  labels: ['cause'],
};
