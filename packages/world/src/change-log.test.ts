import { describe, expect, it } from '@jest/globals';
import { type WorldChange, type WorldRecord, worldLimits } from '@tiercel/capabilities/world-model';
import fc from 'fast-check';
import { ChangeLog } from './change-log.js';

function openLog(): ChangeLog {
  return new ChangeLog({ epoch: 'e', revision: 0 });
}

function forgotten(key: string, revision: number): WorldRecord {
  return {
    type: 'entry-forgotten',
    key,
    revision,
    epoch: 'e',
    origin: 'test',
    timeMs: 0,
    hlc: '0000000000000-0000-t',
  };
}

async function take(changes: AsyncIterableIterator<WorldChange>, count: number) {
  const taken: WorldChange[] = [];
  while (taken.length < count) {
    const { value, done } = await changes.next();
    if (done) break;
    taken.push(value);
  }
  return taken;
}

describe('ChangeLog', () => {
  it('wakes those only whose prefix lies on the way to the key', () => {
    const log = openLog();
    const prefixes = ['', 'a', 'a/b', 'a/b/c', 'a/b/c/d', 'a/bb', 'ab', 'b'];
    const readers = prefixes.map((prefix) => log.follow({ prefix }));
    for (const reader of readers) void reader.next();

    log.append(forgotten('a/b/c', 1));

    expect(log.waiting).toBe(4);
    log.close();
  });

  it('gives one who waited through more changes of others than it keeps the first of its own, without a reset', async () => {
    const log = openLog();
    const reader = log.follow({ prefix: 'mine' });
    const next = reader.next();
    for (let revision = 1; revision <= worldLimits.changes + 10; revision++)
      log.append(forgotten('other', revision));
    const own = forgotten('mine/lamp', worldLimits.changes + 11);

    log.append(own);

    expect((await next).value).toEqual(own);
  });

  it('gives two who wait at once on one reader one change each, in order', async () => {
    const log = openLog();
    const reader = log.follow({ prefix: '' });
    const both = Promise.all([reader.next(), reader.next()]);

    log.append(forgotten('a', 1));
    log.append(forgotten('b', 2));

    expect((await both).map(({ value }) => value)).toEqual([forgotten('a', 1), forgotten('b', 2)]);
  });

  it('tells every reader what happens at or below its prefix, whenever it waits', async () => {
    const anyKey = fc.constantFrom('a', 'a/b', 'a/b/c', 'b', 'ab');
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom('', 'a', 'a/b', 'b'),
        fc.array(fc.record({ key: anyKey, rest: fc.boolean() }), { maxLength: 30 }),
        async (prefix, steps) => {
          const log = openLog();
          const expected = steps.flatMap(({ key }, index) =>
            prefix === '' || key === prefix || key.startsWith(`${prefix}/`)
              ? [forgotten(key, index + 1)]
              : [],
          );
          const reading = take(log.follow({ prefix }), expected.length);
          for (const [index, { key, rest }] of steps.entries()) {
            log.append(forgotten(key, index + 1));
            if (rest) await Promise.resolve();
          }

          expect(await reading).toEqual(expected);
        },
      ),
    );
  });

  it('ends the readers that wait when it closes, and leaves nobody behind', async () => {
    const log = openLog();
    const waiting = ['a', 'b'].map((prefix) => log.follow({ prefix }).next());

    log.close();

    expect(await Promise.all(waiting)).toEqual([
      { done: true, value: undefined },
      { done: true, value: undefined },
    ]);
    expect(log.waiting).toBe(0);
  });

  it('resets whoever waits when everything is void', async () => {
    const log = openLog();
    const waiting = log.follow({ prefix: 'a' }).next();

    log.reset({ epoch: 'f', revision: 7 });

    expect((await waiting).value).toEqual({ type: 'reset', epoch: 'f' });
    expect([log.revision, log.forgottenUpTo]).toEqual([7, 7]);
  });
});
