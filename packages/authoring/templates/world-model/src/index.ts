import { Clock } from '@tiercel/capabilities/clock';
import { WorldModel } from '@tiercel/capabilities/world-model';
import { definePlugin, provide } from '@tiercel/kernel';
import { MapWorldModel } from './map-world-model.js';

export default definePlugin({
  name: '@acme/plugin-name',
  version: '0.1.0',
  provides: { world: provide(WorldModel, { persistent: false }) },
  requires: { clock: Clock },
  setup: ({ deps, own }) => ({ world: own(new MapWorldModel(deps.clock)) }),
});
