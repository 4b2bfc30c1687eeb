import { FakeLog } from '@tiercel/capabilities/log/testing';
import { FakeMetrics } from '@tiercel/capabilities/metrics/testing';
import type { WorldEntry, WorldModel } from '@tiercel/capabilities/world-model';
import type { Releasable } from '@tiercel/kernel';
import { HeardHealth, ShiftedClock } from '../core/core-link.test.support.js';
import { settingsOf } from './edge.test.support.js';
import { type OpenEdgeOptions, openEdge } from './open-edge.js';

export interface TestEdge extends AsyncDisposable {
  readonly world: WorldModel;
  readonly clock: ShiftedClock;
  readonly health: HeardHealth;
  readonly log: FakeLog;
  readonly metrics: FakeMetrics;
}

export interface TestEdgeOptions
  extends Partial<Omit<OpenEdgeOptions, 'clock' | 'health' | 'log' | 'metrics'>> {
  readonly port: number;
  readonly file: string;
  readonly clock?: ShiftedClock;
}

/** An edge as the plugin opens it. Waits are the shortest. */
export async function openTestEdge({ port, ...options }: TestEdgeOptions): Promise<TestEdge> {
  const { node = 'edge-1', clock = new ShiftedClock({ speed: 5 }) } = options;
  const facts = { clock, health: new HeardHealth(), log: new FakeLog(), metrics: new FakeMetrics() };
  const owned: Releasable[] = [];
  const own = <T extends Releasable>(resource: T): T => {
    owned.push(resource);
    return resource;
  };
  const release = async () => {
    for (const resource of owned.splice(0).reverse()) {
      if (typeof resource === 'function') await resource();
      else if (Symbol.asyncDispose in resource) await resource[Symbol.asyncDispose]();
      else resource[Symbol.dispose]();
    }
  };
  try {
    const world = await openEdge({
      settings: settingsOf(port, `${node}-edge`),
      node,
      prefix: 'tiercel/v1',
      outboxEntries: 10_000,
      maxEntries: 100_000,
      replyTimeoutMs: 20_000,
      random: () => 0,
      own,
      ...options,
      ...facts,
    });
    return { world, ...facts, [Symbol.asyncDispose]: release };
  } catch (error) {
    await release();
    throw error;
  }
}

/** Settles when `key` reads as wanted, looking again with every change. */
export async function untilEntry(
  world: WorldModel,
  key: string,
  isWanted: (entry: WorldEntry | undefined) => boolean,
): Promise<WorldEntry | undefined> {
  const changes = world.watch('')[Symbol.asyncIterator]();
  try {
    for (;;) {
      const entry = await world.get(key);
      if (isWanted(entry)) return entry;
      await changes.next();
    }
  } finally {
    await changes.return?.();
  }
}
