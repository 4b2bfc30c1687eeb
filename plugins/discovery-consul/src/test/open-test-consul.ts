import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { FakeLog } from '@tiercel/capabilities/log/testing';
import { FakeMetrics } from '@tiercel/capabilities/metrics/testing';
import type { Releasable } from '@tiercel/kernel';
import type { ConsulAnnouncer } from '../consul-announcer.js';
import type { ConsulDiscovery } from '../consul-discovery.js';
import { openConsul } from '../open-consul.js';
import type { Settings } from '../read-settings.js';
import { TestClock } from './test-clock.js';

export interface TestConsul extends AsyncDisposable {
  readonly discovery: ConsulDiscovery;
  readonly announcer: ConsulAnnouncer;
  readonly clock: TestClock;
  readonly log: FakeLog;
  readonly metrics: FakeMetrics;
  /** What the plugin told of its health, oldest first; `ready` for none. */
  readonly health: readonly string[];
  /** Where its lists are kept. */
  readonly directory: string;
}

export interface TestConsulOptions extends Partial<Settings> {
  readonly clock?: TestClock;
  readonly random?: () => number;
}

/** The plugin against the Consul at `address`, on a clock that stands still. Pauses are half of what they may be. */
export async function openTestConsul(
  address: string,
  { clock = new TestClock(), random = () => 0, ...settings }: TestConsulOptions = {},
): Promise<TestConsul> {
  const directory = settings.directory ?? (await mkdtemp(path.join(tmpdir(), 'tiercel-consul-')));
  const log = new FakeLog();
  const metrics = new FakeMetrics();
  const health: string[] = [];
  const owned: Releasable[] = [];
  const opened = await openConsul(
    {
      origin: `http://${address}`,
      token: '',
      caFile: '',
      node: 'core',
      advertise: '',
      isInNomad: false,
      staleAfterMs: 10_000,
      churnPauseMs: 15_000,
      ...settings,
      directory,
    },
    { log, clock, metrics, random },
    {
      signal: new AbortController().signal,
      health: {
        degraded: (reason) => health.push(reason),
        ready: () => health.push('ready'),
        facts: () => undefined,
      },
      own: (resource) => {
        owned.push(resource);
        return resource;
      },
    },
  );
  return {
    ...opened,
    clock,
    log,
    metrics,
    health,
    directory,
    async [Symbol.asyncDispose]() {
      for (const resource of owned.splice(0).reverse()) {
        if (typeof resource === 'function') await resource();
        else if (Symbol.asyncDispose in resource) await resource[Symbol.asyncDispose]();
        else resource[Symbol.dispose]();
      }
      if (settings.directory === undefined) await rm(directory, { recursive: true, force: true });
    },
  };
}
