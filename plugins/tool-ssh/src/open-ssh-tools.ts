import type { Clock } from '@tiercel/capabilities/clock';
import type { Log } from '@tiercel/capabilities/log';
import type { Metrics } from '@tiercel/capabilities/metrics';
import { CommandRunner } from './command-runner.js';
import { KnownHostsFile } from './known-hosts-file.js';
import { PrivateKeys } from './private-key.js';
import { expandHome, type RawSettings, readSettings } from './read-settings.js';
import { SshConnection } from './ssh-connection.js';
import { SshHost } from './ssh-host.js';
import { loadSshLibrary } from './ssh-library.js';
import { measureLoad } from './ssh-metrics.js';
import { SshToolProvider, type Workplace } from './ssh-tool-provider.js';

export interface SshToolsOptions extends RawSettings {
  readonly knownHostsFile: string;
  readonly agentSocket: string;
  readonly passphrase: string;
  readonly readyTimeoutMs: number;
  readonly keepAliveMs: number;
  readonly keepAliveMisses: number;
  readonly maxConnections: number;
  readonly idleMs: number;
}

export interface SshToolsSurroundings {
  readonly clock: Pick<Clock, 'nowMs' | 'delay'>;
  readonly log: Pick<Log, 'debug' | 'warn'>;
  readonly metrics?: Pick<Metrics, 'set'> | undefined;
}

/** Reads the settings and makes their tools. No host is connected to before the first call. Whoever gets it disposes it. */
export async function openSshTools(
  options: SshToolsOptions,
  { clock, log, metrics }: SshToolsSurroundings,
): Promise<SshToolProvider> {
  const settings = readSettings(options);
  const library = await loadSshLibrary();
  const { agentSocket, readyTimeoutMs, keepAliveMs, keepAliveMisses, maxConnections, idleMs } = options;
  const knownHosts = new KnownHostsFile(expandHome(options.knownHostsFile));
  const privateKeys = new PrivateKeys(library, options.passphrase);
  const workplaces = settings.hosts.map((hostSettings): [string, Workplace] => {
    const { name } = hostSettings;
    const onNewHost = (sha256: string) =>
      log.warn('a new host was added to the known ones', { host: name, sha256 });
    const host = new SshHost(hostSettings, {
      clock,
      log,
      maxConnections,
      idleMs,
      onLoad: (load) => metrics && measureLoad(metrics, name, load),
      connect: (to, signal) =>
        SshConnection.open(
          to,
          {
            library,
            knownHosts,
            privateKeys,
            agentSocket,
            readyTimeoutMs,
            keepAliveMs,
            keepAliveMisses,
            onNewHost,
          },
          signal,
        ),
    });
    return [name, { host, runner: new CommandRunner(host, clock, log) }];
  });
  return new SshToolProvider(settings.tools, new Map(workplaces));
}
