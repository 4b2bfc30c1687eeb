import path from 'node:path';
import { Clock } from '@tiercel/capabilities/clock';
import { defaultDataDirectory } from '@tiercel/capabilities/data-directory';
import { Log } from '@tiercel/capabilities/log';
import { coreMetrics, Metrics } from '@tiercel/capabilities/metrics';
import { ToolProvider } from '@tiercel/capabilities/tool-provider';
import { ToolRegistry } from '@tiercel/capabilities/tool-registry';
import { definePlugin, many, optional, provide } from '@tiercel/kernel';
import { createToolRegistry, type EarlierCall, FileAuditTrail, readEarlierCalls } from '@tiercel/tools';
import { Losses } from './losses.js';
import { nameProviders } from './name-providers.js';
import { readPolicies } from './read-policies.js';

export default definePlugin({
  name: '@tiercel/tool-registry',
  version: '0.1.0',
  provides: { registry: provide(ToolRegistry) },
  requires: { tools: many(ToolProvider), clock: Clock, log: Log, metrics: optional(Metrics) },
  config: {
    mode: {
      doc: 'Where tools run: `local` here, heavy ones on a tool server that offers them; `auto` also offers the light tools of a server; `remote` on a server only, never here',
      format: ['local', 'remote', 'auto'],
      default: 'local',
      env: 'TOOL_EXECUTION_MODE',
    },
    policy: {
      doc: 'What single tools may do: `allow`, `ask` or `deny` by name, such as `set_device: allow`; `github_*: ask` is for all names that begin so. Wins over what plugins say',
      format: 'record',
      default: {},
    },
    effectPolicy: {
      doc: 'The same by effect (`read`, `write`, `destructive`), for tools that have no policy of their own. Default: reading is allowed, everything else asks',
      format: 'record',
      default: {},
    },
    audit: {
      doc: 'Folder of the audit log; empty is `audit` in `dataDirectory`. Each call is written down there; without it destructive tools are refused',
      format: 'path',
      default: '',
    },
    dataDirectory: {
      doc: "Folder for what the node keeps; empty is `tiercel` in the user's data folder",
      format: 'path',
      default: '',
      env: 'DATA_DIR',
    },
  },
  needs: { memoryMiB: 24, diskMiB: 512 },
  async setup({ deps, config, node, own, health }) {
    const { clock, log, metrics } = deps;
    const policies = readPolicies(config);
    const folder = config.audit || path.join(config.dataDirectory || defaultDataDirectory(), 'audit');
    const epochMs = () => Math.round(clock.epochMs());
    const losses = new Losses<'audit' | 'servers'>(health);
    const onState = (failure: Error | undefined) => {
      losses.set('audit', failure && 'the audit log cannot be written, so destructive tools are refused');
      if (failure) log.error('the audit log cannot be written', { folder, error: failure });
    };
    const onList = ({ here, remote }: { readonly here: number; readonly remote: number }) => {
      const isMissing = config.mode === 'remote' && remote === 0;
      losses.set('servers', isMissing ? 'no tool server offers anything, and mode is remote' : undefined);
      listed = { here, remote };
    };
    let listed = { here: 0, remote: 0 };
    health.facts(() => ({ mode: config.mode, tools: listed, audit: folder }));
    const trail = own(new FileAuditTrail({ folder, epochMs, onState }));
    await trail.probe();
    return {
      registry: createToolRegistry(await nameProviders(deps.tools, node), {
        log,
        mode: config.mode,
        ...policies,
        trail,
        onList,
        earlier: await readEarlier(folder, epochMs(), log),
        delay: (ms, options) => clock.delay(ms, options),
        nowMs: () => clock.nowMs(),
        onCall: ({ tool = 'unknown', ms, outcome }) =>
          metrics?.observe(coreMetrics.toolCallSeconds, ms / 1_000, { tool, outcome }),
      }),
    };
  },
});

/** A log that cannot be read is told about, and costs no more than the memory of calls before the start. */
async function readEarlier(folder: string, epochMs: number, log: Log): Promise<readonly EarlierCall[]> {
  try {
    return await readEarlierCalls(folder, epochMs);
  } catch (error) {
    log.warn('the audit log cannot be read', { folder, error });
    return [];
  }
}
