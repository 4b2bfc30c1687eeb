import type { Clock } from '@tiercel/capabilities/clock';
import type { Log } from '@tiercel/capabilities/log';
import { type PluginHealth, raceSignal } from '@tiercel/kernel';
import { McpToolProvider } from './mcp-tool-provider.js';
import type { ServerSettings } from './settings.js';
import { SupervisedServer } from './supervised-server.js';

export interface McpToolsParts {
  readonly clock: Pick<Clock, 'nowMs' | 'delay'>;
  readonly log: Log;
  readonly health: PluginHealth;
  readonly version: string;
  readonly signal: AbortSignal;
  readonly own: <T extends AsyncDisposable>(resource: T) => T;
}

/** Starts all servers. Those that fail are started again later, and the node goes on without them. */
export async function openMcpTools(
  settings: readonly ServerSettings[],
  { clock, log, health, version, signal, own }: McpToolsParts,
): Promise<McpToolProvider> {
  const sdk = await import('@modelcontextprotocol/client');
  const servers: SupervisedServer[] = [];
  const onChange = () => {
    const down = servers.filter(({ downBecause }) => downBecause !== undefined);
    if (down.length === 0) health.ready();
    else
      health.degraded(down.map(({ name, downBecause }) => `MCP server ${name}: ${downBecause}`).join('; '));
  };
  for (const each of settings)
    servers.push(own(new SupervisedServer(each, { clock, log, sdk, version, onChange })));
  await raceSignal(Promise.all(servers.map((server) => server.start())), signal);
  const provider = new McpToolProvider(servers);
  health.facts(() => provider.facts);
  return provider;
}
