import path from 'node:path';
import { Clock } from '@tiercel/capabilities/clock';
import { defaultDataDirectory } from '@tiercel/capabilities/data-directory';
import { Log } from '@tiercel/capabilities/log';
import { coreMetrics, Metrics } from '@tiercel/capabilities/metrics';
import { WorldModel, WorldModelError } from '@tiercel/capabilities/world-model';
import { definePlugin, optional, provide } from '@tiercel/kernel';
import { MemoryWorldModel } from './memory-world-model.js';
import { openDurableWorld } from './open-durable-world.js';
import { readSeedFile } from './read-seed-file.js';
import { Seed } from './seed.js';
import type { SqliteJournal } from './sqlite-journal.js';

export { MemoryWorldModel, type MemoryWorldModelOptions } from './memory-world-model.js';

const BYTES_PER_MIB = 2 ** 20;
const MS_PER_DAY = 86_400_000;

export default definePlugin({
  name: '@tiercel/world-model-memory',
  version: '0.1.0',
  provides: { world: provide(WorldModel, { persistent: 'where durable' }) },
  requires: { clock: Clock, log: Log, metrics: optional(Metrics) },
  config: {
    durable: {
      doc: 'SQLite file on a local disk that keeps the world model and its history; empty: both end with the process, unless `isKept`',
      format: 'path',
      default: '',
      env: 'WORLD_MODEL_DATABASE',
    },
    isKept: {
      doc: 'Whether it is kept in `world.db` in `dataDirectory` where `durable` names no file',
      format: Boolean,
      default: false,
    },
    dataDirectory: {
      doc: "Folder for what the node keeps; empty is `tiercel` in the user's data folder",
      format: 'path',
      default: '',
      env: 'DATA_DIR',
    },
    historyDays: {
      doc: 'How long changes are remembered in that file, in days',
      format: 'nat',
      default: 7,
      min: 1,
      max: 3_650,
    },
    historyChanges: {
      doc: 'Changes that are remembered in that file at most',
      format: 'nat',
      default: 200_000,
      min: 1_024,
      max: 100_000_000,
    },
    maxEntries: {
      doc: 'Entries that it holds at most; further keys are refused',
      format: 'nat',
      default: 100_000,
      min: 1,
      max: 5_000_000,
    },
    maxMiB: {
      doc: 'Keys, values and origins together, in MiB; what exceeds them is refused. In memory they take about twice as much',
      format: 'nat',
      default: 256,
      min: 1,
      max: 65_536,
    },
    seed: {
      doc: 'YAML file with `locations` and `devices` that fills the empty world model; empty: none',
      format: 'path',
      default: '',
      env: 'WORLD_MODEL_SEED',
      aliases: ['ONTOLOGY_PATH'],
    },
    devices: {
      doc: 'Devices by id, each a map of `name`, `aliases`, `type`, `location`, `state` and further facts',
      format: 'record',
      default: {},
    },
  },
  needs: { memoryMiB: 32 },
  async setup({ deps, config, signal, health, own }) {
    const { clock, log, metrics } = deps;
    const seed = new Seed();
    if (config.seed) await readSeedFile(config.seed, seed, signal);
    seed.addDevices(config.devices, (path) => `devices.${path.join('.')}`);
    if (seed.findings.length > 0) {
      const source = config.seed || 'the manifest';
      throw new WorldModelError('WORLD_MODEL_SEED_INVALID', { source, findings: seed.findings });
    }
    const onSize = (entries: number) => metrics?.set(coreMetrics.worldEntries, entries);
    const bounds = { maxEntries: config.maxEntries, maxBytes: config.maxMiB * BYTES_PER_MIB };
    const folder = config.dataDirectory || defaultDataDirectory();
    const file = config.durable || (config.isKept ? path.join(folder, 'world.db') : '');
    const open = async () => {
      if (!file) return own(new MemoryWorldModel(clock, { ...bounds, onSize }));
      const durable = own(
        await openDurableWorld(
          clock,
          {
            ...bounds,
            onSize,
            file,
            historyMs: config.historyDays * MS_PER_DAY,
            historyChanges: config.historyChanges,
            onWritable: (finding) => {
              if (finding === undefined) {
                log.info('the world model can be changed again');
                health.ready();
              } else {
                log.error('the world model cannot be changed', { finding });
                health.degraded(`the world model cannot be changed: ${finding}`);
              }
            },
          },
          signal,
        ),
      );
      tellOfStart(durable.journal, log);
      return durable.world;
    };
    const world = await open();
    health.facts(() => ({ entries: world.size, durable: file !== '' }));
    if (seed.observations.length > 0 && world.isNew) {
      await world.fill(seed.observations);
      log.info('world model filled', { entries: seed.observations.length });
    }
    return { world };
  },
});

function tellOfStart({ file, movedAside, hasNewEpoch, revision }: SqliteJournal, log: Log): void {
  if (movedAside !== undefined) {
    log.error('the database was damaged and moved aside; a new one was begun', { file, movedAside });
  } else if (hasNewEpoch && revision > 0) {
    log.warn('the database is a copy or was restored; a new epoch begins, and readers start afresh', {
      file,
    });
  }
}
