import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { PlansError } from '../errors.js';
import { acme, anyHouse, type House, planOf } from '../plans.test.support.js';
import { type Drift, driftOf } from './drift-of.js';
import { formatLock } from './format-lock.js';
import type { Lock, LockedArtifact } from './lock.js';
import { lockOf } from './lock-of.js';
import { parseLock } from './parse-lock.js';

const config = {
  level: { doc: 'Level', format: 'nat', default: 1, env: 'LEVEL' },
  model: { doc: 'Model', format: String, default: 'tiny', names: 'model' },
} as const;
const lamp = acme('lamp', { provides: ['light'], config });
const candle = acme('candle', { provides: ['light'] });

async function lock(
  plugins: Parameters<typeof planOf>[0] = [lamp],
  house: House = {},
  files: LockedArtifact['files'] = {},
): Promise<Lock> {
  const { plan, origin } = await planOf(plugins, house);
  return await lockOf(plan, origin, { resolveArtifact: async () => files });
}

const brief = (drifts: readonly Drift[]) =>
  drifts.map(({ kind, where, what }) => `${kind} ${where}: ${what}`);

/** Drift besides that of the manifest, which any change of it brings. */
async function drift(from: Promise<Lock>, to: Promise<Lock>): Promise<readonly string[]> {
  return brief(driftOf(await from, await to).filter(({ kind }) => kind !== 'manifest'));
}

describe('driftOf', () => {
  it('finds none where nothing has changed', async () => {
    expect(driftOf(await lock(), await lock())).toEqual([]);
  });

  it('finds none between any plan and its lock, and some where the lock is another', async () => {
    await fc.assert(
      fc.asyncProperty(anyHouse, anyHouse, async (one, other) => {
        const [a, again, b] = [await lock(...one), await lock(...one), await lock(...other)];

        expect(driftOf(parseLock(formatLock(a)), again)).toEqual([]);
        expect(driftOf(a, b).length > 0).toBe(formatLock(a) !== formatLock(b));
      }),
      { numRuns: 100 },
    );
  });

  it('names only the tier where that is another', async () => {
    expect(await drift(lock(), lock([candle], { tier: 'shed' }))).toEqual([
      'tier the manifest: the lock is of tier house, and this is shed',
    ]);
  });

  it('finds plugins that came and went', async () => {
    expect(await drift(lock([lamp]), lock([candle]))).toEqual([
      'plugin-missing lamp: @acme/lamp 1.0.0 is in the lock and not in this plan',
      'plugin-added candle: it is not in the lock',
    ]);
  });

  it('finds conditions that hold otherwise', async () => {
    const house = { entries: { lamp: { when: 'DARK' } } };
    const [dark, light] = [{ ...house, environment: { DARK: 'yes' } }, house];

    expect(await drift(lock([lamp], dark), lock([lamp], light))).toEqual([
      'plugin-skipped lamp: it does not start, because "when: DARK" does not hold',
    ]);
    expect(await drift(lock([lamp], light), lock([lamp], dark))).toEqual([
      'plugin-added lamp: it starts, and "when: DARK" did not hold when this was locked',
    ]);
  });

  it('finds other packages, versions and declarations', async () => {
    const other = { entries: { lamp: { use: '@acme/candle' } } };

    expect(
      await drift(lock(), lock([acme('lamp', { version: '1.1.0', provides: ['light'], config })])),
    ).toEqual(['version lamp: @acme/lamp is here in version 1.1.0, locked is 1.0.0']);
    expect(await drift(lock(), lock([acme('lamp', { provides: ['light', 'heat'], config })]))).toEqual([
      'declaration lamp: @acme/lamp 1.0.0 declares something else than when it was locked',
    ]);
    expect((await drift(lock([lamp, candle]), lock([lamp, candle], other)))[0]).toBe(
      'package lamp: its package is @acme/candle, locked is @acme/lamp',
    );
  });

  it('finds changes of how a plugin runs', async () => {
    const house: House = { entries: { lamp: { placement: 'process', boot: 'degrade', when: "'' == ''" } } };

    expect(await drift(lock(), lock([lamp], house))).toEqual([
      'placement lamp: it is placed process, locked is inline',
      'boot lamp: it is degrade at boot, locked is required',
      `when lamp: its condition is "'' == ''", locked is none`,
    ]);
  });

  it('names keys whose values have changed, but no value', async () => {
    const set = (level: string) => lock([lamp], { environment: { LEVEL: level } });

    expect(await drift(set('2'), set('3'))).toEqual([
      'config lamp.level: it has another value than was locked',
    ]);
    expect(await drift(set('2'), lock())).toEqual([
      'config lamp.level: it has its default, locked is a value of its own',
    ]);
    expect(await drift(lock(), set('2'))).toEqual([
      'config lamp.level: it has a value of its own, locked is the default',
    ]);
  });

  it('finds other artifacts, and other content of the same', async () => {
    const [a, b] = ['a'.repeat(64), 'b'.repeat(64)];
    const large = { entries: { lamp: { config: { model: 'large' } } } };

    expect(await drift(lock([lamp]), lock([lamp], large))).toEqual([
      'artifact lamp.model: it names large, locked is tiny',
    ]);
    expect(await drift(lock([lamp], {}, { x: a, y: a }), lock([lamp], {}, { x: b, y: a, z: a }))).toEqual([
      'artifact lamp.model: tiny has other content than was locked in x, z',
    ]);
  });

  it('finds another order of preference', async () => {
    const bound = (...light: string[]) => lock([lamp, candle], { bind: { light } });

    expect(driftOf(await bound('lamp', 'candle'), await bound('candle', 'lamp'))).toEqual([
      {
        kind: 'binding',
        where: 'light',
        what: 'it is served by candle, lamp, locked is lamp, candle',
        fix: 'Write "bind: { light: [lamp, candle] }" in the manifest.',
      },
      expect.objectContaining({ kind: 'manifest' }),
    ]);
  });

  it('notices a manifest whose changes decide nothing', async () => {
    expect(brief(driftOf(await lock(), await lock([lamp], { title: 'A house' })))).toEqual([
      'manifest the manifest: its content, with all that it extends, has changed',
    ]);
  });

  it('is told all at once, each with a way out', async () => {
    const drifts = driftOf(await lock([lamp]), await lock([candle]));

    const { message } = new PlansError('PLANS_LOCK_DRIFTED', { source: 'tier.lock', drifts });

    expect(message.split('\n')).toEqual([
      expect.stringMatching(/^This is not what tier\.lock says \(3 differences\)\. Mend them, or /),
      '  lamp: @acme/lamp 1.0.0 is in the lock and not in this plan.',
      '    Fix: Put it back into the manifest.',
      '  candle: it is not in the lock.',
      '    Fix: Take it out of the manifest.',
      '  the manifest: its content, with all that it extends, has changed.',
      expect.stringMatching(/^ {4}Fix: .*\.$/),
    ]);
  });
});
