import type { Config } from '@tiercel/kernel';

export const mqttConfig = {
  role: {
    doc: '`edge`: a live copy of the world model that a core keeps. `core`: makes the world model of this node the one that all edges see',
    format: ['edge', 'core'],
    default: 'edge',
  },
  mode: {
    doc: 'Checked only: `local` contradicts this plugin, which is for `distributed`',
    format: ['auto', 'local', 'distributed'],
    default: 'auto',
    env: 'WORLD_MODEL_MODE',
  },
  node: {
    doc: 'Name of this node, of letters, digits and `_ . : @ -`; no two nodes may have the same. Empty: the name of the host',
    format: String,
    default: '',
    env: 'NODE_NAME',
  },
  host: { doc: 'Broker', format: String, default: 'localhost', env: 'MQTT_HOST' },
  port: { doc: 'Its port. 0: 1883, with TLS 8883', format: 'port', default: 0, env: 'MQTT_PORT' },
  username: { doc: 'User at the broker. Empty: none', format: String, default: '', env: 'MQTT_USERNAME' },
  password: {
    doc: 'Its password',
    format: String,
    default: '',
    env: 'MQTT_PASSWORD',
    sensitive: true,
  },
  clientId: {
    doc: 'Client id at the broker; no two clients may have the same. Empty: name of the node and role',
    format: String,
    default: '',
    env: 'MQTT_CLIENT_ID',
  },
  tls: {
    doc: 'Whether the connection is encrypted. The certificate of the broker is always checked',
    format: Boolean,
    default: false,
    env: 'MQTT_TLS',
  },
  caFile: {
    doc: 'Authority (PEM) that signed the certificate of the broker. Empty: those that Node trusts',
    format: 'path',
    default: '',
    env: 'MQTT_CA_FILE',
  },
  certFile: {
    doc: 'Certificate (PEM) of this node, for a broker that asks for one',
    format: 'path',
    default: '',
    env: 'MQTT_CERT_FILE',
  },
  keyFile: {
    doc: 'Private key (PEM) of that certificate',
    format: 'path',
    default: '',
    env: 'MQTT_KEY_FILE',
  },
  prefix: {
    doc: 'Start of our own topics; the same on every node of a house',
    format: String,
    default: 'tiercel/v1',
    env: 'MQTT_PREFIX',
  },
  topics: {
    doc: 'Core: topics of devices, with wildcards. What is published there becomes the entry of that name',
    format: 'list',
    default: ['telemetry/#'],
    env: 'MQTT_TOPIC',
  },
  mirror: {
    doc: 'Core: whether what is observed below `telemetry/` is also published as plain text on the topic of that name',
    format: Boolean,
    default: false,
    env: 'MQTT_MIRROR',
  },
  outbox: {
    doc: 'Edge: file for observations that the core does not have yet and for the last copy of the world model. Empty: `outbox-NODE.db` in `dataDirectory`',
    format: 'path',
    default: '',
  },
  dataDirectory: {
    doc: 'Folder for what a node keeps. Empty: `tiercel` in the data folder of the user',
    format: 'path',
    default: '',
    env: 'DATA_DIR',
  },
  outboxEntries: {
    doc: 'Edge: entries whose observations may wait for the core. Further ones are refused',
    format: 'nat',
    default: 10_000,
    min: 1,
    max: 1_000_000,
  },
  maxEntries: {
    doc: 'Edge: entries that the copy may have. As many as the world model of the core',
    format: 'nat',
    default: 100_000,
    min: 1,
    max: 5_000_000,
  },
  replyTimeoutMs: {
    doc: 'Edge: how long an observation waits for the core. One that does not hang on a revision then waits on disk',
    format: 'nat',
    default: 5_000,
    min: 1,
    max: 60_000,
  },
} as const;

export type MqttConfig = Config<typeof mqttConfig>;
