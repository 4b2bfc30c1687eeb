import { getEventListeners } from 'node:events';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { childController, openDeadline, raceSignal } from './deadline.js';
import { deferred } from './plugins.test.support.js';

beforeEach(() => {
  jest.useFakeTimers();
});

afterEach(() => {
  jest.useRealTimers();
});

describe('openDeadline', () => {
  it('aborts with its reason when the time is over', () => {
    using deadline = openDeadline(undefined, 100, () => 'late');

    jest.advanceTimersByTime(99);
    expect(deadline.signal.aborted).toBe(false);
    jest.advanceTimersByTime(1);

    expect(deadline.signal.reason).toBe('late');
  });

  it('follows its parent, with the reason of the parent', () => {
    const parent = new AbortController();
    using deadline = openDeadline(parent.signal, 100, () => 'late');

    parent.abort('enough');

    expect(deadline.signal.reason).toBe('enough');
  });

  it('is over at once when its parent is', () => {
    using deadline = openDeadline(AbortSignal.abort('before'), 100, () => 'late');

    expect(deadline.signal.reason).toBe('before');
  });

  it('leaves no timer and nothing on its parent once it is disposed', () => {
    const parent = new AbortController();
    const deadline = openDeadline(parent.signal, 100, () => 'late');

    deadline[Symbol.dispose]();
    parent.abort();

    expect(getEventListeners(parent.signal, 'abort')).toHaveLength(0);
    expect(jest.getTimerCount()).toBe(0);
    expect(deadline.signal.aborted).toBe(false);
  });

  it('has no end for an infinite time', () => {
    using deadline = openDeadline(undefined, Infinity, () => 'late');

    expect(jest.getTimerCount()).toBe(0);
    expect(deadline.signal.aborted).toBe(false);
  });

  it('does not take a very long time for none', () => {
    using deadline = openDeadline(undefined, 1e12, () => 'late');

    jest.advanceTimersByTime(1_000_000);

    expect(deadline.signal.aborted).toBe(false);
  });
});

describe('childController', () => {
  it('follows its parent, with the reason', () => {
    const parent = new AbortController();
    using child = childController(parent.signal);

    parent.abort('stop');

    expect([child.signal.aborted, child.signal.reason]).toEqual([true, 'stop']);
  });

  it('aborts alone, without its parent', () => {
    const parent = new AbortController();
    using child = childController(parent.signal);

    child.abort('stop');

    expect([child.signal.aborted, parent.signal.aborted]).toEqual([true, false]);
  });

  it('is born aborted where its parent was', () => {
    using child = childController(AbortSignal.abort('stop'));

    expect(child.signal.reason).toBe('stop');
  });

  it('leaves nothing on its parent', () => {
    const parent = new AbortController();

    for (let round = 0; round < 1_000; round++) {
      using child = childController(parent.signal);
      if (round % 2) child.abort('stop');
    }

    expect(getEventListeners(parent.signal, 'abort')).toHaveLength(0);
  });
});

describe('raceSignal', () => {
  it('settles as the work does, and leaves nothing on the signal', async () => {
    const { signal } = new AbortController();

    await expect(raceSignal(Promise.resolve(5), signal)).resolves.toBe(5);
    await expect(raceSignal(Promise.reject(new Error('no')), signal)).rejects.toThrow('no');

    expect(getEventListeners(signal, 'abort')).toHaveLength(0);
  });

  it('rejects with the reason as soon as the signal aborts', async () => {
    const controller = new AbortController();
    const racing = raceSignal(new Promise(() => undefined), controller.signal);

    controller.abort(new Error('enough'));

    await expect(racing).rejects.toThrow('enough');
  });

  it('rejects at once when the signal had aborted before', async () => {
    await expect(raceSignal(Promise.resolve(5), AbortSignal.abort(new Error('before')))).rejects.toThrow(
      'before',
    );
  });

  it('takes care of work that fails after the race is lost', async () => {
    const controller = new AbortController();
    const work = deferred();
    const racing = raceSignal(work.promise, controller.signal);

    controller.abort(new Error('enough'));
    await expect(racing).rejects.toThrow('enough');
    work.reject(new Error('nobody listens any more'));

    await expect(work.promise).rejects.toThrow('nobody');
  });
});
