import { describe, expect, it } from '@jest/globals';
import type { WorldChange } from '@tiercel/capabilities/world-model';
import fc from 'fast-check';
import type { ObserveEnvelope, StateEnvelope } from '../wire/envelope.js';
import { Mirror } from './mirror.js';

const epoch = 'epoch-1';
const hlcAt = (count: number, node = 'core') =>
  `1763800000000-${count.toString(16).padStart(4, '0')}-${node}`;
const facts = { id: 'id', origin: 'test', boot: 'boot', timeMs: 1_763_800_000_000 };

const state = (key: string, revision: number, value: unknown = revision): StateEnvelope => ({
  ...facts,
  op: 'put',
  key,
  revision,
  epoch,
  hlc: hlcAt(revision),
  value,
});
const gone = (key: string, revision: number): StateEnvelope => ({
  ...facts,
  op: 'del',
  key,
  revision,
  epoch,
  hlc: hlcAt(revision),
});
const change = (key: string, count: number, fields: Partial<ObserveEnvelope> = {}): ObserveEnvelope => ({
  ...facts,
  id: `${key}-${count}`,
  op: 'put',
  key,
  value: 'mine',
  hlc: hlcAt(count, 'edge'),
  ...(fields as object),
});

function openMirror(limits = { entries: 100, bytes: 1_000_000 }): Mirror {
  const mirror = new Mirror(epoch, limits, () => undefined);
  mirror.isInStep = true;
  return mirror;
}

function complete(
  mirror: Mirror,
  states: readonly StateEnvelope[],
  revision: number,
  itsEpoch = epoch,
): number {
  const inEpoch = states.map((one) => ({ ...one, epoch: itsEpoch }));
  const byKey = new Map(inEpoch.map((one) => [one.key, one]));
  return mirror.complete({ states: byKey, epoch: itsEpoch, revision, origin: 'core' });
}

const valuesOf = (mirror: Mirror) =>
  Object.fromEntries(mirror.snapshot('').entries.map(({ key, value }) => [key, value]));

async function next(changes: AsyncIterableIterator<WorldChange>): Promise<unknown> {
  return (await changes.next()).value;
}

describe('Mirror', () => {
  it('ends the same, however often, late or mixed up it is told', () => {
    const history = fc.array(fc.record({ key: fc.constantFrom('a', 'b', 'c'), isPut: fc.boolean() }), {
      minLength: 1,
      maxLength: 30,
    });

    fc.assert(
      fc.property(history, fc.array(fc.nat()), (steps, order) => {
        const told = steps.map(({ key, isPut }, index) =>
          isPut ? state(key, index + 1) : gone(key, index + 1),
        );
        const straight = openMirror();
        for (const one of told) straight.apply(one);
        const mixed = openMirror();
        for (const place of order) {
          const one = told[place % told.length];
          if (one) mixed.apply(one);
        }
        for (const one of [...told].reverse()) mixed.apply(one);

        expect(valuesOf(mixed)).toEqual(valuesOf(straight));
        expect(mixed.revision).toBeLessThanOrEqual(told.length);
      }),
    );
  });

  it('shows what is pending until the core has told something as new', () => {
    const mirror = openMirror();
    mirror.apply(state('a', 1));
    mirror.cover(change('a', 5));

    mirror.apply(state('a', 2));
    const older = mirror.get('a');
    mirror.apply(state('a', 6));

    expect(older).toMatchObject({ value: 'mine', isPending: true });
    expect(mirror.get('a')).toMatchObject({ value: 6, revision: 6 });
    expect(mirror.get('a')?.isPending).toBeUndefined();
  });

  it('does not show a change that is older than what the core has told', () => {
    const mirror = openMirror();
    mirror.apply(state('a', 6));

    const entry = mirror.cover(change('a', 5));

    expect(entry).toMatchObject({ value: 'mine', isPending: true });
    expect(mirror.get('a')?.value).toBe(6);
  });

  it('shows a change whose clock ran ahead until the core has told what it made of it', () => {
    const mirror = openMirror();
    const ahead = change('a', 500);
    mirror.cover(ahead);

    mirror.decided(ahead, 3);
    const before = mirror.get('a');
    mirror.apply(state('a', 3, 'mine'));

    expect(before?.isPending).toBe(true);
    expect(mirror.get('a')).toMatchObject({ value: 'mine', revision: 3 });
  });

  it('shows what the core has told already when its decision comes after that', () => {
    const mirror = openMirror();
    const ahead = change('a', 500);
    mirror.cover(ahead);

    mirror.apply(state('a', 3, 'mine'));
    mirror.decided(ahead, 3);

    expect(mirror.get('a')).toMatchObject({ value: 'mine', revision: 3 });
  });

  it('takes a refused change back, and tells watchers', async () => {
    const mirror = openMirror();
    mirror.apply(state('a', 1));
    mirror.apply(state('c', 2));
    const [onOld, onNew] = [change('a', 5), change('b', 6)];
    for (const one of [onOld, onNew]) mirror.cover(one);
    const changes = mirror.follow({ prefix: '' });

    mirror.takeBack(onNew);
    const forgotten = await next(changes);
    mirror.takeBack(onOld);

    expect(forgotten).toMatchObject({ type: 'entry-forgotten', key: 'b', revision: 2 });
    // It stands at revision 1 again, which a reader at revision 2 would not look for.
    expect(await next(changes)).toEqual({ type: 'reset', epoch });
    expect(valuesOf(mirror)).toEqual({ a: 1, c: 2 });
  });

  it('takes a refused forgetting back', () => {
    const mirror = openMirror();
    mirror.apply(state('a', 1));
    const forgetting = change('a', 5, { op: 'del' });
    mirror.cover(forgetting);

    const between = mirror.get('a');
    mirror.takeBack(forgetting);

    expect([between, mirror.get('a')?.value]).toEqual([undefined, 1]);
  });

  it('knows from a whole copy what is gone', async () => {
    const mirror = openMirror();
    mirror.apply(state('a', 1));
    mirror.apply(state('b', 2));
    mirror.cover(change('b', 9));
    const changes = mirror.follow({ prefix: '' });

    complete(mirror, [state('c', 4)], 4);

    expect([await next(changes), await next(changes)]).toMatchObject([
      { type: 'entry-put', entry: { key: 'c' } },
      { type: 'entry-forgotten', key: 'a', revision: 4, origin: 'core' },
    ]);
    expect(valuesOf(mirror)).toEqual({ b: 'mine', c: 4 });
    expect(mirror.truthOf('b')).toBeUndefined();
  });

  it('forgets everything but what is pending when the core has begun anew', async () => {
    const mirror = openMirror();
    mirror.apply(state('a', 7));
    mirror.cover(change('b', 9));
    const taken = change('c', 9);
    mirror.cover(taken);
    mirror.decided(taken, 8);
    const changes = mirror.follow({ prefix: '' });

    complete(mirror, [state('d', 1)], 1, 'epoch-2');

    expect(await next(changes)).toEqual({ type: 'reset', epoch: 'epoch-2' });
    expect(valuesOf(mirror)).toEqual({ b: 'mine', d: 1 });
    expect([mirror.epoch, mirror.revision]).toEqual(['epoch-2', 1]);
  });

  it('resets readers that would miss what is told late', async () => {
    const mirror = openMirror();
    mirror.apply(state('a', 7));
    const changes = mirror.follow({ prefix: '', after: 7 });

    mirror.apply(state('b', 6));

    expect(await next(changes)).toEqual({ type: 'reset', epoch });
    expect(valuesOf(mirror)).toEqual({ a: 7, b: 6 });
  });

  it('has no more entries and bytes than it may, and takes new values all the same', () => {
    const mirror = openMirror({ entries: 2, bytes: 40 });

    const outcomes = [
      mirror.apply(state('a', 1)),
      mirror.apply(state('b', 2)),
      mirror.apply(state('c', 3)),
      mirror.apply(state('a', 4)),
      mirror.apply(state('b', 5, 'x'.repeat(40))),
      mirror.apply(gone('a', 6)),
      mirror.apply(state('c', 7)),
    ];

    expect(outcomes).toEqual(['taken', 'taken', 'full', 'taken', 'full', 'taken', 'taken']);
  });

  it('marks what it shows as stale while it is not in step, but not what is pending', () => {
    const mirror = openMirror();
    mirror.apply(state('a', 1));
    mirror.cover(change('b', 2));

    mirror.isInStep = false;

    expect(mirror.get('a')?.isStale).toBe(true);
    expect(mirror.snapshot('').entries.map(({ isStale }) => isStale)).toEqual([true, undefined]);
  });

  it('wakes those who wait for a revision of a key, and no others', async () => {
    const mirror = openMirror();
    const controller = new AbortController();
    const reason = new Error('enough');
    const told = mirror.told('a', 2, controller.signal);
    const never = mirror.told('b', 9, controller.signal);

    mirror.apply(state('a', 1));
    mirror.apply(gone('a', 3));
    await told;
    controller.abort(reason);

    await expect(never).rejects.toBe(reason);
    await expect(mirror.told('b', 9, controller.signal)).rejects.toBe(reason);
  });
});
