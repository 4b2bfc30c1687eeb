import { describe, expect, it } from '@jest/globals';
import { deferred } from '../plugins.test.support.js';
import { Ownership } from './ownership.js';

const never = () => new Promise<void>(() => undefined);

function recorder() {
  const released: string[] = [];
  const late: unknown[] = [];
  const ownership = new Ownership((error) => late.push(error));
  return { released, late, ownership, note: (name: string) => () => void released.push(name) };
}

describe('Ownership', () => {
  it('releases last-in first-out, whatever kind of resource it is', async () => {
    const { released, ownership, note } = recorder();
    ownership.own(note('function'));
    ownership.own({ [Symbol.dispose]: note('disposable') });
    ownership.own({ [Symbol.asyncDispose]: async () => note('async disposable')() });

    const errors = await ownership.release(1_000);

    expect(errors).toEqual([]);
    expect(released).toEqual(['async disposable', 'disposable', 'function']);
  });

  it('hands back the very resource', () => {
    const { ownership } = recorder();
    const resource = { [Symbol.dispose]: () => undefined, level: 3 };

    expect(ownership.own(resource)).toBe(resource);
  });

  it('waits for one release before it begins the next', async () => {
    const { released, ownership, note } = recorder();
    const gate = deferred();
    ownership.own(note('first in'));
    ownership.own(async () => {
      await gate.promise;
      note('last in')();
    });

    const releasing = ownership.release(1_000);
    expect(released).toEqual([]);
    gate.resolve();
    await releasing;

    expect(released).toEqual(['last in', 'first in']);
  });

  it('prefers the asynchronous way of a resource that has both', async () => {
    const { released, ownership, note } = recorder();
    ownership.own({ [Symbol.dispose]: note('sync'), [Symbol.asyncDispose]: async () => note('async')() });

    await ownership.release(1_000);

    expect(released).toEqual(['async']);
  });

  it('releases a resource once, however often it was handed in', async () => {
    const { released, ownership, note } = recorder();
    const resource = { [Symbol.dispose]: note('twice') };
    ownership.own(resource);
    ownership.own(resource);

    await ownership.release(1_000);
    ownership.own(resource);
    await ownership.release(1_000);

    expect(released).toEqual(['twice']);
  });

  it('goes on past errors, thrown or rejected, and returns them', async () => {
    const { released, ownership, note } = recorder();
    ownership.own(note('first in'));
    ownership.own(() => {
      throw new Error('thrown');
    });
    ownership.own(async () => {
      throw new Error('rejected');
    });
    ownership.own({} as Disposable);

    const errors = await ownership.release(1_000);

    expect(released).toEqual(['first in']);
    expect(errors).toEqual([expect.any(TypeError), new Error('rejected'), new Error('thrown')]);
  });

  it('waits for all of them together no longer than its time, and still begins each', async () => {
    const { released, ownership, note } = recorder();
    ownership.own(note('first in'));
    ownership.own(never);
    ownership.own(never);

    const errors = await ownership.release(5);

    expect(released).toEqual(['first in']);
    expect(errors.length).toBeGreaterThanOrEqual(2);
    expect(errors).toEqual(errors.map(() => expect.objectContaining({ code: 'KERNEL_RELEASE_TIMEOUT' })));
  });

  it('gives back at once what arrives too late', async () => {
    const { released, ownership, note } = recorder();
    await ownership.release(1_000);

    ownership.own(note('late'));

    expect(released).toEqual(['late']);
  });

  it('tells of a late release that fails', async () => {
    const { late, ownership } = recorder();
    await ownership.release(1_000);

    ownership.own(async () => {
      throw new Error('late');
    });
    await Promise.resolve();
    await Promise.resolve();

    expect(late).toEqual([new Error('late')]);
  });

  it('refuses what is no resource while its owner is still there to hear it', () => {
    const { ownership } = recorder();

    expect(() => ownership.own(undefined as never)).toThrow(TypeError);
  });
});
