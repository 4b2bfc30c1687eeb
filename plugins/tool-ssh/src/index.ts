import { Clock } from '@tiercel/capabilities/clock';
import { Log } from '@tiercel/capabilities/log';
import { Metrics } from '@tiercel/capabilities/metrics';
import { ToolProvider } from '@tiercel/capabilities/tool-provider';
import { definePlugin, optional, provide } from '@tiercel/kernel';
import { openSshTools } from './open-ssh-tools.js';

export { SshError } from './errors.js';

export default definePlugin({
  name: '@tiercel/tool-ssh',
  version: '0.1.0',
  provides: { tools: provide(ToolProvider, { offline: false }) },
  requires: { clock: Clock, log: Log, metrics: optional(Metrics) },
  config: {
    hosts: {
      doc: 'Machines by name: `address`, `user`, and optionally `group`, `port`, `identityFile`, `useAgent`, `agentKeySha256`, `hostKeys`, `hostKeySha256`, `allowRoot`',
      format: 'record',
      default: {},
    },
    groups: {
      doc: 'What hosts have in common, by name of the group; the same keys as of a host without `address` and `hostKeySha256`. `shell: true` lets a model write commands of its own',
      format: 'record',
      default: {},
    },
    tools: {
      doc: 'Tools by name: `description`, `hosts`, one of `command`, `get` and `put`, and optionally `parameters`, `effect`, `policy`, limits and phrases. See the README',
      format: 'record',
      default: {},
    },
    knownHostsFile: {
      doc: 'Keys of the hosts, in the format of OpenSSH',
      format: 'path',
      default: '~/.ssh/known_hosts',
      env: 'SSH_KNOWN_HOSTS_FILE',
    },
    agentSocket: {
      doc: 'Socket of the SSH agent, which is asked before key files; empty: no agent',
      format: 'path',
      default: '',
      env: 'SSH_AUTH_SOCK',
    },
    passphrase: {
      doc: 'Opens encrypted key files',
      format: String,
      default: '',
      env: 'SSH_KEY_PASSPHRASE',
      sensitive: true,
    },
    readyTimeoutMs: {
      doc: 'Longest time to connect and log in, and to open a session',
      format: 'nat',
      default: 10_000,
      min: 1,
    },
    keepAliveMs: {
      doc: 'How often a host is asked whether it is there',
      format: 'nat',
      default: 15_000,
      min: 1,
    },
    keepAliveMisses: {
      doc: 'So many questions in a row without an answer, and the connection is given up',
      format: 'nat',
      default: 3,
      min: 2,
    },
    maxConnections: {
      doc: 'Connections to one host at once; each carries 8 sessions, and 64 calls may wait for one',
      format: 'nat',
      default: 4,
      min: 1,
      max: 32,
    },
    idleMs: {
      doc: 'A connection that nobody uses is closed after this time',
      format: 'nat',
      default: 60_000,
    },
  },
  async setup({ deps, config, health, own }) {
    const tools = own(await openSshTools(config, deps));
    health.facts(() => tools.facts);
    return { tools };
  },
});
