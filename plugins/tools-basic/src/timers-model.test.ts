import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { House, stateOf } from './house.test.support.js';

type Step =
  | { readonly type: 'start'; readonly seconds: number }
  | { readonly type: 'cancel'; readonly index: number; readonly isElsewhere: boolean }
  | { readonly type: 'wait'; readonly ms: number }
  | { readonly type: 'restart'; readonly awayMs: number }
  | { readonly type: 'news'; readonly delayMs: number }
  | { readonly type: 'jump'; readonly byMs: number }
  | { readonly type: 'writable'; readonly isWritable: boolean };

const ms = fc.constantFrom(0, 500, 1_000, 20_000, 60_000, 90_000, 600_000);
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ type: fc.constant('start'), seconds: fc.constantFrom(1, 60, 61, 600) }),
  fc.record({ type: fc.constant('cancel'), index: fc.nat(2), isElsewhere: fc.boolean() }),
  fc.record({ type: fc.constant('wait'), ms }),
  fc.record({ type: fc.constant('restart'), awayMs: ms }),
  fc.record({ type: fc.constant('news'), delayMs: fc.constantFrom(0, 1, 2_000, 120_000) }),
  fc.record({ type: fc.constant('jump'), byMs: fc.constantFrom(-3_600_000, 60_000, 3_600_000) }),
  fc.record({ type: fc.constant('writable'), isWritable: fc.boolean() }),
);

/** Runs `steps`, then lets everything come to its end. Tells the ends that are certain, by id of the timer. */
async function live(house: House, steps: readonly Step[]): Promise<ReadonlyMap<string, Ending>> {
  const certain = new Map<string, Ending>();
  let isWritable = true;
  await using cellar = await house.open('cellar');
  let timers = await house.open();
  for (const current of steps) {
    switch (current.type) {
      case 'start': {
        const timer = await timers.start(current.seconds, undefined, 'en');
        if (timer && isWritable) certain.set(timer.id, 'done');
        break;
      }
      case 'cancel': {
        const canceller = current.isElsewhere ? cellar : timers;
        const timer = (await canceller.list())[current.index];
        if (!timer || (current.isElsewhere && !isWritable)) break;
        await canceller.cancel([timer]);
        // The next life may come before it could be written.
        if (isWritable) certain.set(timer.id, 'cancelled');
        else certain.delete(timer.id);
        break;
      }
      case 'wait':
        await house.clock.advance(current.ms);
        break;
      case 'restart':
        timers = await house.restart(timers, current.awayMs);
        break;
      case 'news':
        house.newsDelayMs = current.delayMs;
        break;
      case 'jump':
        house.clock.setEpochMs(house.clock.epochMs() + current.byMs);
        break;
      case 'writable':
        isWritable = current.isWritable;
        house.isWritable = isWritable;
        break;
      default:
        current satisfies never;
    }
  }
  house.isWritable = true;
  timers = await house.restart(timers, 0);
  await house.clock.advance(1_800_000);
  await timers[Symbol.asyncDispose]();
  return certain;
}

type Ending = 'done' | 'cancelled';

describe('Timers, whatever happens', () => {
  it('end once each: kept ones ring, cancelled ones do not, and after that nothing changes', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 30 }), async (steps) => {
        const house = new House();

        const certain = await live(house, steps);

        const { records } = await house.world.history('timer');
        const lives = new Map<string, string>();
        for (const record of records) {
          if (record.type !== 'entry-put') continue;
          const { key, value } = record.entry;
          lives.set(key, `${lives.get(key) ?? ''} ${stateOf(value)}`);
        }
        for (const states of lives.values()) expect(states).toMatch(/^( running)*( done|( cancelled)+)$/);
        for (const [id, end] of certain) expect(await house.valueOf(id)).toMatchObject({ state: end });
      }),
      { numRuns: 300 },
    );
  });
});
