import type { Config } from '@tiercel/kernel';

export const brokerConfig = {
  host: {
    doc: 'Address to listen on. Anything but loopback needs users',
    format: String,
    default: '127.0.0.1',
    env: 'BROKER_HOST',
  },
  port: {
    doc: 'Its port; usual is 1883, with TLS 8883. 0 takes any free one',
    format: 'port',
    default: 1883,
    env: 'BROKER_PORT',
  },
  users: {
    doc: 'Password by user name; nodes log in with their node name as user name. Empty: whoever reaches it is let in',
    format: 'record',
    default: {},
    env: 'BROKER_USERS',
    sensitive: true,
  },
  coreUsers: {
    doc: 'Users that may write the state of the house and answer nodes: the core',
    format: 'list',
    default: ['core'],
    env: 'BROKER_CORE_USERS',
  },
  prefix: {
    doc: 'Start of the topics of the world model, over which the access rules watch',
    format: String,
    default: 'tiercel/v1',
    env: 'MQTT_PREFIX',
  },
  tlsCertFile: {
    doc: 'Certificate chain (PEM) for TLS; empty: plain TCP',
    format: 'path',
    default: '',
    env: 'BROKER_TLS_CERT_FILE',
  },
  tlsKeyFile: {
    doc: 'Private key (PEM) of the certificate',
    format: 'path',
    default: '',
    env: 'BROKER_TLS_KEY_FILE',
  },
  maxClients: {
    doc: 'Most connections at a time; more are closed at once',
    format: 'nat',
    default: 200,
    min: 1,
  },
  connectTimeoutMs: {
    doc: 'How long a connection may take until it says who it is',
    format: 'nat',
    default: 10_000,
    min: 1,
  },
  maxKeepaliveSeconds: {
    doc: 'Longest keepalive that a client may ask for; one with more, or with none, is refused. 0: any',
    format: 'nat',
    default: 0,
    max: 65_535,
  },
  maxPacketBytes: {
    doc: 'Longest packet; whoever sends more is cut. A value of the world model has 64 KiB, and its envelope comes on top',
    format: 'nat',
    default: 131_072,
    min: 1_024,
  },
  queueMessages: {
    doc: 'Most messages that wait for one client that is away or does not acknowledge; with more its session is given up',
    format: 'nat',
    default: 10_000,
    min: 1,
  },
  queueBytes: {
    doc: 'The same in bytes. A connected client that reads so slowly that more than this piles up is cut',
    format: 'nat',
    default: 8 * 1024 * 1024,
    min: 65_536,
  },
  maxSessions: {
    doc: 'Most sessions kept of clients that come back; the one that is away the longest goes first',
    format: 'nat',
    default: 500,
    min: 1,
  },
  sessionExpireMs: {
    doc: 'How long the session of a client that is away is kept',
    format: 'nat',
    default: 3_600_000,
    min: 1,
  },
  retainedMessages: {
    doc: 'Most retained messages; further ones are refused. One stands for each entry of the world model',
    format: 'nat',
    default: 120_000,
    min: 1,
  },
  retainedBytes: {
    doc: 'Most bytes of retained topics and messages together; further ones are refused',
    format: 'nat',
    default: 256 * 1024 * 1024,
    min: 65_536,
  },
} as const;

export type BrokerConfig = Config<typeof brokerConfig>;
