import { describe, expect, it } from '@jest/globals';
import { Clock } from '@tiercel/capabilities/clock';
import { FakeClock } from '@tiercel/capabilities/clock/testing';
import { Log } from '@tiercel/capabilities/log';
import { ModelStore } from '@tiercel/capabilities/model-store';
import { boot, definePlugin, many, optional, provide, supply } from '@tiercel/kernel';
import { reduceTo } from './reduce-to.js';

const log = { debug() {}, info() {}, warn() {}, error() {} };
const store = { locate: () => Promise.reject(new Error('no models here')) };

const needy = definePlugin({
  name: '@tiercel/models',
  version: '1.0.0',
  provides: { models: provide(ModelStore) },
  requires: { clock: Clock, log: optional(Log), clocks: many(Clock) },
  setup: () => ({ models: store }),
});
const plugins = [needy, supply('@tiercel/clock', Clock, new FakeClock()), supply('@tiercel/log', Log, log)];
const manifest = {
  tier: 'test',
  requires: ['model-store', 'log'],
  plugins: { models: {}, clock: {}, log: {} },
};

describe('reduceTo', () => {
  it('keeps what serves the wanted capability and what that needs, and no more', async () => {
    const overlay = await reduceTo(['model-store'], { manifest, plugins, environment: {} });

    await using node = await boot({ manifest, plugins, environment: {}, overlay });
    expect(node.plugins.map(({ plugin }) => plugin).sort()).toEqual(['clock', 'models']);
  });

  it('takes what it removes out of bindings, too', async () => {
    const fast = supply('@tiercel/fast', Clock, new FakeClock());
    const bound = {
      tier: 'test',
      plugins: { ...manifest.plugins, fast: {} },
      bind: { clock: ['clock'], 'model-store': ['models'] },
    };
    const options = { manifest: bound, plugins: [...plugins, fast], environment: {} };

    const overlay = await reduceTo(['clock'], options);

    await using node = await boot({ ...options, overlay });
    expect(overlay.bind).toEqual({ clock: ['clock'], 'model-store': null });
    expect(node.plugins.map(({ plugin }) => plugin)).toEqual(['clock']);
  });

  it('keeps what is wanted only where it is offered, and does not ask for it elsewhere', async () => {
    const overlay = await reduceTo(['clock'], { manifest, plugins, environment: {} }, [
      'log',
      'text-to-speech',
    ]);

    await using node = await boot({ manifest, plugins, environment: {}, overlay });
    expect(node.plugins.map(({ plugin }) => plugin).sort()).toEqual(['clock', 'log']);
  });

  it('still promises what is wanted, so that a tier without it is refused', async () => {
    const overlay = await reduceTo(['text-to-speech'], { manifest, plugins, environment: {} });

    await expect(boot({ manifest, plugins, environment: {}, overlay })).rejects.toMatchObject({
      code: 'KERNEL_PLAN_INVALID',
      message: expect.stringContaining('promises text-to-speech'),
    });
  });

  it('tells what is wrong with the manifest itself', async () => {
    const broken = { ...manifest, plugins: { ...manifest.plugins, absent: {} } };

    await expect(reduceTo(['clock'], { manifest: broken, plugins, environment: {} })).rejects.toMatchObject({
      code: 'KERNEL_PLAN_INVALID',
    });
  });
});
