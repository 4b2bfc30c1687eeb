import { hostname } from 'node:os';
import type { Clock } from '@tiercel/capabilities/clock';
import type { Log } from '@tiercel/capabilities/log';
import type { Metrics } from '@tiercel/capabilities/metrics';
import type { NodeView } from '@tiercel/kernel';
import type { GatewayConfig } from './config.js';
import { createApp, type GroupEntry } from './http/create-app.js';
import { Listener } from './http/listener.js';
import { isLoopbackHost } from './http/request-checks.js';
import { RequestTracker } from './http/request-tracker.js';
import type { RouteGroup } from './http/route-group.js';
import { readTlsFiles } from './http/tls-files.js';
import type { LoopWatch } from './ops/loop-watch.js';
import { mountOps } from './ops/ops-routes.js';
import { type GatewaySettings, requireKeys } from './parse-config.js';

export interface GatewayOptions {
  readonly config: GatewayConfig;
  readonly settings: GatewaySettings;
  readonly groups: readonly RouteGroup[];
  readonly loop: LoopWatch;
  readonly node: NodeView;
  readonly log: Log;
  readonly clock: Clock;
  readonly metrics: Metrics | undefined;
}

/** What is open, for whoever asks the node. */
export interface ListenerFacts {
  readonly url: string;
  readonly groups: readonly string[];
}

/** All listeners of a node. They stop together: each tells its clients while it finishes what it is answering. */
export class Gateway implements AsyncDisposable {
  readonly #opened: { readonly listener: Listener; readonly groups: readonly string[] }[] = [];

  get listeners(): readonly ListenerFacts[] {
    return this.#opened.map(({ listener, groups }) => ({ url: listener.url, groups: [...groups, 'ops'] }));
  }

  /** Opens one listener for each address and port that the groups want. All or none. */
  static async open(options: GatewayOptions, signal: AbortSignal): Promise<Gateway> {
    const { config, settings, groups } = options;
    for (const { name } of groups) requireKeys(name, addressOf(name, config).host, settings.keys[name]);
    const tls = await readTlsFiles(config.tlsCertFile, config.tlsKeyFile, signal);
    const gateway = new Gateway();
    try {
      for (const { host, port, members } of groupByAddress(groups, config)) {
        const entries = members.map(
          (group): GroupEntry => ({
            group,
            keys: settings.keys[group.name],
            requestsPerMinute:
              group.name === 'world' ? config.worldRequestsPerMinute : config.requestsPerMinute,
          }),
        );
        const requests = new RequestTracker();
        const listener = await Listener.open(
          { host, port, tls, limits: config, requests, clock: options.clock, log: options.log },
          () => createApp(appOptions(options, host, entries, requests)),
          { signal },
        );
        gateway.#opened.push({ listener, groups: members.map(({ name }) => name) });
      }
    } catch (error) {
      await gateway[Symbol.asyncDispose]();
      throw error;
    }
    return gateway;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#opened.map(({ listener }) => listener[Symbol.asyncDispose]()));
  }
}

function appOptions(
  { config, settings, loop, node, log, clock, metrics }: GatewayOptions,
  host: string,
  groups: readonly GroupEntry[],
  requests: RequestTracker,
): Parameters<typeof createApp>[0] {
  const names = [host, hostname(), ...config.allowedHosts].map((name) => name.toLowerCase());
  return {
    groups,
    ops: (router, access) => mountOps(router, access, { node, loop, metrics, clock }),
    hosts: { isLoopback: isLoopbackHost(host), names: new Set(names) },
    origins: settings.origins,
    trustedProxies: config.trustedProxies,
    requests,
    log,
    clock,
    metrics,
  };
}

interface Address {
  readonly host: string;
  readonly port: number;
}

function addressOf(name: RouteGroup['name'], config: GatewayConfig): Address {
  switch (name) {
    case 'openai':
      return { host: config.host, port: config.port };
    case 'tools':
      return { host: config.toolHost, port: config.toolPort };
    case 'world':
      return { host: config.worldHost, port: config.worldPort };
  }
}

/** A node without groups still tells how it is. */
function groupByAddress(
  groups: readonly RouteGroup[],
  config: GatewayConfig,
): readonly (Address & { readonly members: readonly RouteGroup[] })[] {
  if (groups.length === 0) return [{ ...addressOf('openai', config), members: [] }];
  const shared = new Map<string, Address & { readonly members: RouteGroup[] }>();
  for (const group of groups) {
    const address = addressOf(group.name, config);
    const key = `${address.host} ${address.port}`;
    const listener = shared.get(key) ?? { ...address, members: [] };
    listener.members.push(group);
    shared.set(key, listener);
  }
  return [...shared.values()];
}
