import { describe, expect, it } from '@jest/globals';
import type { Plan } from '@tiercel/kernel';
import fc from 'fast-check';
import { lockOf } from '../lock/lock-of.js';
import { acme, anyHouse, type House, planOf, text } from '../plans.test.support.js';
import { describeDiff } from './describe-diff.js';
import { diffPlans } from './diff-plans.js';

const config = {
  level: { doc: 'Level', format: 'nat', default: 1 },
  key: { doc: 'Key', format: String, default: '', sensitive: true },
} as const;
const lamp = acme('lamp', { provides: ['light'], config, needs: { memoryMiB: 100 } });
const candle = acme('candle', { provides: ['light'], needs: { memoryMiB: 30 } });
const bell = acme('bell', { provides: ['bell'] });

async function plan(plugins: Parameters<typeof planOf>[0], house: House = {}): Promise<Plan> {
  return (await planOf(plugins, house)).plan;
}

describe('diffPlans', () => {
  it('tells what starts, stops, moves, is updated and set otherwise, and the memory between', async () => {
    const from = await plan([lamp, candle], { tier: 'summer', bind: { light: ['lamp', 'candle'] } });
    const to = await plan(
      [
        acme('lamp', { version: '1.1.0', provides: ['light'], config, needs: { memoryMiB: 120 } }),
        candle,
        bell,
      ],
      {
        tier: 'winter',
        bind: { light: 'candle' },
        entries: { lamp: { placement: 'process', config: { level: 3 } }, candle: { boot: 'degrade' } },
      },
    );

    expect(describeDiff(diffPlans(from, to))).toBe(text`
      summer → winter
        starts      bell        @acme/bell 1.0.0
        moves       lamp        inline → process
        updates     lamp        @acme/lamp 1.0.0 → @acme/lamp 1.1.0
        boots       candle      required → degrade
        configures  lamp.level  1 → 3
        rebinds     light       lamp, candle → candle
        rebinds     bell        nobody → bell
        memory      +20 MiB     130 → 150 MiB
    `);
  });

  it('says so when nothing changes', async () => {
    expect(describeDiff(diffPlans(await plan([lamp]), await plan([lamp])))).toBe(
      'house → house: nothing changes.',
    );
  });

  it('tells that a secret is another one, and no more', async () => {
    const withKey = (key: string) => plan([lamp], { entries: { lamp: { config: { key } } } });

    const diff = diffPlans(await withKey('hunter2'), await withKey('hunter3'));

    expect(diff.configures).toEqual([{ plugin: 'lamp', key: 'key', from: '‹secret›', to: '‹secret›' }]);
    expect(JSON.stringify(diff)).not.toContain('hunter');
  });

  it('compares a plan with a lock as far as that holds something', async () => {
    const { plan: before, origin } = await planOf([lamp], { entries: { lamp: { config: { level: 2 } } } });
    const lock = await lockOf(before, origin);
    const after = await plan([lamp, bell], { entries: { lamp: { config: { level: 3, key: 'hunter2' } } } });

    expect(diffPlans(lock, before).isEmpty).toBe(true);
    expect(diffPlans(lock, after)).toMatchObject({
      starts: [{ plugin: 'bell' }],
      configures: [{ plugin: 'lamp', key: 'level', from: '‹locked›', to: '3' }],
    });
    expect(diffPlans(lock, await plan([lamp])).configures).toEqual([
      { plugin: 'lamp', key: 'level', from: '‹locked›', to: '‹not set›' },
    ]);
  });
});

const turned = <T extends { readonly from: unknown; readonly to: unknown }>(changes: readonly T[]) =>
  new Set(changes.map(({ from, to, ...rest }) => JSON.stringify({ ...rest, from: to, to: from })));
const straight = (changes: readonly object[]) => new Set(changes.map(({ ...rest }) => JSON.stringify(rest)));

describe('any two plans', () => {
  it('differ from each other in opposite ways, and from themselves not at all', async () => {
    await fc.assert(
      fc.asyncProperty(anyHouse, anyHouse, async (one, other) => {
        const [a, b] = [(await planOf(...one)).plan, (await planOf(...other)).plan];

        const there = diffPlans(a, b);
        const back = diffPlans(b, a);

        expect(diffPlans(a, a).isEmpty).toBe(true);
        expect(new Set(there.starts)).toEqual(new Set(back.stops));
        expect(new Set(there.stops)).toEqual(new Set(back.starts));
        for (const part of ['moves', 'updates', 'boots', 'configures', 'rebinds'] as const) {
          expect(turned<{ readonly from: unknown; readonly to: unknown }>(there[part])).toEqual(
            straight(back[part].map(({ from, to, ...rest }) => ({ ...rest, from, to }))),
          );
        }
        expect(there.memoryMiB.delta + back.memoryMiB.delta).toBe(0);
      }),
      { numRuns: 100 },
    );
  });
});
