import type { Config, ConfigSchema } from '@tiercel/kernel';

export const consulConfig = {
  host: {
    doc: 'Host of the Consul agent, usually the one on this machine. Empty: what address says, else 127.0.0.1',
    format: String,
    default: '',
    env: 'CONSUL_HOST',
    aliases: ['CLUSTER_IP'],
  },
  port: { doc: 'Its HTTP port. 0: 8500', format: 'port', default: 0, env: 'CONSUL_PORT' },
  address: {
    doc: 'The same as a URL or host:port, where host is empty',
    format: String,
    default: '',
    env: 'CONSUL_HTTP_ADDR',
    aliases: ['CONSUL_ADDR'],
  },
  tls: {
    doc: 'Whether Consul is asked over https where no URL says so. Its certificate is always checked',
    format: Boolean,
    default: false,
    env: 'CONSUL_HTTP_SSL',
  },
  caFile: {
    doc: 'Authority (PEM) that signed the certificate of Consul. Empty: those that Node trusts',
    format: 'path',
    default: '',
    env: 'CONSUL_CACERT',
  },
  token: {
    doc: 'Token for Consul, sent to no other address. Needs service:read, and service:write to announce',
    format: String,
    default: '',
    env: 'CONSUL_HTTP_TOKEN',
    aliases: ['CONSUL_TOKEN'],
    sensitive: true,
  },
  node: {
    doc: 'Name of this node, of letters, digits and `_ . : @ -`; no two nodes may have the same. Empty: the name of the host',
    format: String,
    default: '',
    env: 'NODE_NAME',
  },
  advertise: {
    doc: 'Name or address under which others reach this node. Empty: the one that a listener is bound to, else the one from which Consul is reached',
    format: String,
    default: '',
  },
  nomadAllocation: {
    doc: 'Set by Nomad, which then registers this node by its job file: nothing is announced',
    format: String,
    default: '',
    env: 'NOMAD_ALLOC_ID',
  },
  staleAfterMs: {
    doc: 'A list is stale when Consul has failed to answer for so long (ms)',
    format: 'nat',
    default: 10_000,
    max: 3_600_000,
  },
  churnPauseMs: {
    doc: 'A list that changes all the time is read twice at once, and then every so often (ms)',
    format: 'nat',
    default: 15_000,
    min: 1,
    max: 3_600_000,
  },
  dataDirectory: {
    doc: 'Folder for what a node keeps; the last good list of each service is in `discovery` there. Empty: `tiercel` in the data folder of the user',
    format: 'path',
    default: '',
    env: 'DATA_DIR',
  },
} as const satisfies ConfigSchema;

export type ConsulConfig = Config<typeof consulConfig>;
