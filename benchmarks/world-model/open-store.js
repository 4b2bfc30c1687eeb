import { WorldModel } from '@tiercel/capabilities/world-model';
import { boot } from '@tiercel/kernel';

/** A node with nothing but a world model. */
export async function openStore(config) {
  const node = await boot({
    manifest: {
      tier: 'bench',
      plugins: {
        'world-model-memory': { use: '@tiercel/world-model-memory', config },
        'clock-system': { use: '@tiercel/clock-system' },
        'log-winston': { use: '@tiercel/log-winston', config: { level: 'error' } },
      },
    },
    // Nothing of the environment, which may name a database.
    environment: {},
  });
  return { world: node.get(WorldModel), stop: () => node.stop() };
}

/** Ten fields of each device. */
export const keyOf = (index) => `device/d${Math.floor(index / 10)}/field-${index % 10}`;

/** Observes as many values at once as keep memory flat. */
export async function fill(world, entries) {
  for (let from = 0; from < entries; from += 10_000) {
    const count = Math.min(10_000, entries - from);
    await Promise.all(
      Array.from({ length: count }, (_, step) =>
        world.observe({ key: keyOf(from + step), value: { on: true, level: step % 100 }, origin: 'bench' }),
      ),
    );
  }
}
