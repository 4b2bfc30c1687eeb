import { Clock } from '@tiercel/capabilities/clock';
import { Discovery, type EndpointSet } from '@tiercel/capabilities/discovery';
import { Log } from '@tiercel/capabilities/log';
import { coreMetrics, Metrics } from '@tiercel/capabilities/metrics';
import { ToolProvider } from '@tiercel/capabilities/tool-provider';
import { type CircuitStatus, definePlugin, optional, provide } from '@tiercel/kernel';
import { ToolServerError } from './errors.js';
import { readSettings } from './read-settings.js';
import { RemoteToolList } from './remote-tool-list.js';
import { RemoteToolProvider } from './remote-tool-provider.js';
import { ServerNews } from './server-news.js';
import { ServerPool } from './server-pool.js';
import { ToolServer } from './tool-server.js';

const version = '0.1.0';
const breakerStates = { closed: 0, 'half-open': 1, open: 2 } as const;

export default definePlugin({
  name: '@tiercel/tool-remote-proxy',
  version,
  provides: { tools: provide(ToolProvider, { offline: false }) },
  requires: { clock: Clock, log: Log, discovery: optional(Discovery), metrics: optional(Metrics) },
  config: {
    url: {
      doc: 'Address of the tool server: the base of a node of ours, such as `http://core:8001`, or the MCP endpoint of anyone. Empty asks discovery',
      format: String,
      default: '',
      env: 'TOOL_SERVER_URL',
    },
    service: {
      doc: 'Name of the tool server in discovery; not used where `url` is set',
      format: String,
      default: 'tool-server-api',
      env: 'TOOL_SERVER_SERVICE',
    },
    apiKey: {
      doc: 'Key that the tool server knows, sent to its own address only. Of several with commas between them, as a server takes them, the first',
      format: String,
      default: '',
      env: 'TOOL_SERVER_API_KEY',
      sensitive: true,
    },
    prefix: {
      doc: 'Stands before the name of each tool, such as `core_`, so that two servers may have tools of one name',
      format: String,
      default: '',
    },
    only: {
      doc: 'Names, with the prefix, of the tools to offer. Empty: all',
      format: 'list',
      default: [],
    },
    except: {
      doc: 'Names, with the prefix, of tools that are not offered',
      format: 'list',
      default: [],
    },
    policy: {
      doc: 'What single tools may do: `allow`, `ask` or `deny` by name, with the prefix; `*` is for all others. Default: by effect for a node of ours, `ask` for every other server',
      format: 'record',
      default: {},
    },
    callTimeoutMs: {
      doc: 'Longest call of a tool whose server sets no limit of its own',
      format: 'nat',
      default: 30_000,
      min: 1,
      max: 600_000,
    },
    maxAnswerBytes: {
      doc: 'Longest answer that is read',
      format: 'nat',
      default: 4_194_304,
      min: 1_024,
      max: 67_108_864,
    },
    olderServers: {
      doc: 'Whether servers of MCP revisions before 2026-07-28 may be used too. Their tools may run on after a call was cancelled',
      format: Boolean,
      default: false,
    },
  },
  needs: { memoryMiB: 32 },
  async setup({ deps, config, own, health }) {
    const { clock, log, discovery, metrics } = deps;
    const { maxAnswerBytes, olderServers, callTimeoutMs, prefix, service } = config;
    const { url, apiKey, isWanted, policyOf } = readSettings(config);
    const addresses = url ?? (discovery && { discovery, service });
    if (!addresses) throw new ToolServerError('TOOL_SERVER_ADDRESS_MISSING', { service });
    const sdk = await import('@modelcontextprotocol/client');
    const random = Math.random;
    const nowMs = () => clock.nowMs();
    const onCircuit = (endpoint: string, state: CircuitStatus['state']) =>
      metrics?.set(coreMetrics.breakerState, breakerStates[state], { endpoint });
    const createServer = (server: URL) =>
      new ToolServer(sdk, { url: server, apiKey, maxAnswerBytes, olderServers, version, nowMs, onCircuit });
    const pool = own(new ServerPool({ addresses, createServer, random }));
    const rules = { prefix, callTimeoutMs, policyOf };
    const list = own(
      RemoteToolList.open({ pool, label: url?.host ?? service, clock, log, health, rules, isWanted, random }),
    );
    if (!(addresses instanceof URL)) {
      const onSet = (set: EndpointSet) => {
        if (pool.differsFrom(set)) list.reportNews();
      };
      own(new ServerNews({ ...addresses, clock, onSet }));
    }
    health.facts(() => ({ servers: pool.servers.map(({ status }) => status), tools: list.size }));
    return { tools: new RemoteToolProvider(list, pool) };
  },
});
