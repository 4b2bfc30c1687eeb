import { describe, expect, it } from '@jest/globals';
import { FakeClock } from '@tiercel/capabilities/clock/testing';
import { SerialLane } from './serial-lane.js';

class Job {
  readonly #promise: Promise<string>;
  isStarted = false;
  finish: (result: string) => void = () => undefined;
  fail: (error: Error) => void = () => undefined;

  constructor() {
    this.#promise = new Promise((resolve, reject) => {
      this.finish = resolve;
      this.fail = reject;
    });
  }

  readonly work = (): Promise<string> => {
    this.isStarted = true;
    return this.#promise;
  };
}

function open({ limit = 2, clock = new FakeClock() } = {}) {
  return new SerialLane({
    clock,
    limit,
    timeoutMs: 1000,
    overloaded: (waiting) => new Error(`full: ${waiting}`),
    late: (waitedMs) => new Error(`late: ${waitedMs}`),
  });
}

const turn = () => new Promise<void>((resolve) => setImmediate(resolve));

describe('SerialLane', () => {
  it('runs one job at a time, in order', async () => {
    const lane = open();
    const jobs = [new Job(), new Job(), new Job()] as const;
    const results = jobs.map(({ work }) => lane.run(work));

    const started: boolean[][] = [];
    for (const [index, job] of jobs.entries()) {
      await turn();
      started.push(jobs.map(({ isStarted }) => isStarted));
      job.finish(`result ${index}`);
    }

    await expect(Promise.all(results)).resolves.toEqual(['result 0', 'result 1', 'result 2']);
    expect(started).toEqual([
      [true, false, false],
      [true, true, false],
      [true, true, true],
    ]);
  });

  it('goes on after a job that failed, or threw at once', async () => {
    const lane = open();
    const failed = lane.run(() => Promise.reject(new Error('one')));
    const thrown = lane.run(() => {
      throw new Error('two');
    });
    const fine = lane.run(async () => 'three');

    await expect(failed).rejects.toThrow('one');
    await expect(thrown).rejects.toThrow('two');
    await expect(fine).resolves.toBe('three');
  });

  it('refuses a job when enough wait', async () => {
    const lane = open({ limit: 1 });
    const job = new Job();
    const running = lane.run(job.work);
    const waiting = lane.run(async () => 'waited');

    await expect(lane.run(async () => 'no')).rejects.toThrow('full: 1');
    job.finish('done');
    await expect(Promise.all([running, waiting])).resolves.toEqual(['done', 'waited']);
  });

  it('lets a caller go at once, but keeps the lane until the abandoned job has ended', async () => {
    const lane = open();
    const controller = new AbortController();
    const [abandoned, next] = [new Job(), new Job()];
    const first = lane.run(abandoned.work, controller.signal);
    const second = lane.run(next.work);
    await turn();

    controller.abort(new Error('interrupted'));
    await expect(first).rejects.toThrow('interrupted');
    await turn();
    const isBusyMeanwhile = lane.isBusy && !next.isStarted;
    abandoned.finish('dropped');
    await turn();
    next.finish('kept');

    expect(isBusyMeanwhile).toBe(true);
    await expect(second).resolves.toBe('kept');
  });

  it('forgets the failure of a job that was abandoned', async () => {
    const lane = open();
    const controller = new AbortController();
    const job = new Job();
    const first = lane.run(job.work, controller.signal);
    await turn();

    controller.abort(new Error('interrupted'));
    job.fail(new Error('too late to matter'));

    await expect(first).rejects.toThrow('interrupted');
    await expect(lane.run(async () => 'fine')).resolves.toBe('fine');
  });

  it('never starts a job that was aborted while it waited', async () => {
    const lane = open();
    const controller = new AbortController();
    const [job, dropped, next] = [new Job(), new Job(), new Job()];
    const first = lane.run(job.work);
    const second = lane.run(dropped.work, controller.signal);
    const third = lane.run(next.work);
    await turn();

    controller.abort(new Error('interrupted'));
    await expect(second).rejects.toThrow('interrupted');
    job.finish('first');
    await turn();
    next.finish('third');

    await expect(Promise.all([first, third])).resolves.toEqual(['first', 'third']);
    expect(dropped.isStarted).toBe(false);
    expect(lane.waiting).toBe(0);
  });

  it('passes the turn on when it comes in the moment of the abort', async () => {
    const lane = open();
    const controller = new AbortController();
    const [job, dropped, next] = [new Job(), new Job(), new Job()];
    const first = lane.run(job.work);
    const second = lane.run(dropped.work, controller.signal);
    const third = lane.run(next.work);
    await turn();

    job.finish('first');
    void first.then(() => controller.abort(new Error('interrupted')));
    const outcome = await Promise.allSettled([second]);
    dropped.finish('second');
    await turn();
    next.finish('third');

    expect(outcome).toHaveLength(1);
    await expect(third).resolves.toBe('third');
    await lane.idle();
    expect(lane.isBusy).toBe(false);
  });

  it('gives up a job that takes too long, and one that waits too long', async () => {
    const clock = new FakeClock();
    const lane = open({ clock });
    const job = new Job();
    const running = expect(lane.run(job.work)).rejects.toThrow('late: 1000');
    const waiting = expect(lane.run(new Job().work)).rejects.toThrow('late: 1000');
    await clock.whenPending(2);

    await clock.advance(1000);

    await Promise.all([running, waiting]);
    expect([lane.isBusy, lane.waiting]).toEqual([true, 0]);
    job.finish('at last');
    await lane.idle();
    expect(lane.isBusy).toBe(false);
  });

  it('leaves no timer and no listener behind', async () => {
    const clock = new FakeClock();
    const controller = new AbortController();
    let listeners = 0;
    const add = controller.signal.addEventListener.bind(controller.signal);
    const remove = controller.signal.removeEventListener.bind(controller.signal);
    controller.signal.addEventListener = (...args: Parameters<typeof add>) => {
      listeners += 1;
      add(...args);
    };
    controller.signal.removeEventListener = (...args: Parameters<typeof remove>) => {
      listeners -= 1;
      remove(...args);
    };

    await open({ clock }).run(async () => 'done', controller.signal);

    expect([clock.pending, listeners]).toEqual([0, 0]);
  });

  it('runs nothing for a signal that had aborted before', async () => {
    const job = new Job();

    await expect(open().run(job.work, AbortSignal.abort(new Error('no')))).rejects.toThrow('no');
    expect(job.isStarted).toBe(false);
  });
});
