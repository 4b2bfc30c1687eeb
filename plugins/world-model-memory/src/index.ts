import { Clock } from '@tiercel/capabilities/clock';
import { Log } from '@tiercel/capabilities/log';
import { WorldModel, WorldModelError } from '@tiercel/capabilities/world-model';
import { definePlugin, provide } from '@tiercel/kernel';
import { MemoryWorldModel } from './memory-world-model.js';
import { readSeedFile } from './read-seed-file.js';
import { Seed } from './seed.js';

export default definePlugin({
  name: '@tiercel/world-model-memory',
  version: '0.1.0',
  provides: { world: provide(WorldModel, { persistent: false }) },
  requires: { clock: Clock, log: Log },
  config: {
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
  async setup({ deps, config, signal, own }) {
    const seed = new Seed();
    if (config.seed) await readSeedFile(config.seed, seed, signal);
    seed.addDevices(config.devices, (path) => `devices.${path.join('.')}`);
    if (seed.findings.length > 0) {
      const source = config.seed || 'the manifest';
      throw new WorldModelError('WORLD_MODEL_SEED_INVALID', { source, findings: seed.findings });
    }
    const world = own(new MemoryWorldModel(deps.clock));
    for (const observation of seed.observations) await world.observe(observation);
    if (seed.observations.length > 0)
      deps.log.info('world model filled', { entries: seed.observations.length });
    return { world };
  },
});

export { MemoryWorldModel } from './memory-world-model.js';
