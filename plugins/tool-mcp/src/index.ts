import { Clock } from '@tiercel/capabilities/clock';
import { Log } from '@tiercel/capabilities/log';
import { ToolProvider } from '@tiercel/capabilities/tool-provider';
import { definePlugin, provide } from '@tiercel/kernel';
import { openMcpTools } from './open-mcp-tools.js';
import { readServers } from './read-servers.js';

export { McpError } from './errors.js';

const version = '0.1.0';

export default definePlugin({
  name: '@tiercel/tool-mcp',
  version,
  provides: { tools: provide(ToolProvider, { offline: false }) },
  requires: { clock: Clock, log: Log },
  config: {
    servers: {
      doc: 'MCP servers by name: `command`, and optionally `args`, `cwd`, `env`, `prefix`, `allow`, `deny`, `tools`, `timeoutMs`, `startTimeoutMs`, `maxMessageBytes`, `maxCalls`. See the README',
      format: 'record',
      default: {},
    },
    secrets: {
      doc: 'Variables for the environment of servers that nobody else may see, by server: `{ github: { GITHUB_TOKEN: … } }`',
      format: 'record',
      default: {},
      env: 'MCP_SERVER_SECRETS',
      sensitive: true,
    },
  },
  // Of the node itself; each server takes what it takes.
  needs: { memoryMiB: 30 },
  async setup({ deps, config, health, signal, own }) {
    const settings = readServers(config);
    const { clock, log } = deps;
    return { tools: await openMcpTools(settings, { clock, log, health, version, signal, own }) };
  },
});
