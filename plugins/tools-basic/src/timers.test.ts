import { describe, expect, it } from '@jest/globals';
import { FakeClock } from '@tiercel/capabilities/clock/testing';
import { FakeLog } from '@tiercel/capabilities/log/testing';
import { FakeWorldModel } from '@tiercel/capabilities/world-model/testing';
import { Timers } from './timers.js';

function openTimers() {
  const clock = new FakeClock();
  const log = new FakeLog();
  const world = new FakeWorldModel();
  return { clock, log, world, timers: new Timers({ clock, log, world, origin: 'tools-basic' }) };
}

describe('Timers', () => {
  it('lists running timers, soonest first, with the time left', async () => {
    const { clock, timers } = openTimers();
    await timers.start(300, undefined);
    await timers.start(60, 'tea');
    await clock.advance(10_000);

    const left = timers.list().map((timer) => [timer.name, timers.leftMs(timer)]);

    expect(left).toEqual([
      ['tea', 50_000],
      [undefined, 290_000],
    ]);
  });

  it('tells the world model when a timer starts and when it is done', async () => {
    const { clock, timers, world } = openTimers();
    const timer = await timers.start(60, 'tea');
    const key = `timer/${timer?.id}`;

    const started = await world.snapshot(key);
    await clock.advance(60_000);
    const done = await world.get(`${key}/state`);

    expect(started.entries.map(({ key: path, value }) => [path, value])).toEqual([
      [`${key}/endsAt`, clock.epochMs()],
      [`${key}/name`, 'tea'],
      [`${key}/seconds`, 60],
      [`${key}/state`, 'running'],
    ]);
    expect(done).toMatchObject({ value: 'done', origin: 'tools-basic', ttlMs: 3_600_000 });
    expect(timers.list()).toEqual([]);
  });

  it('tells the world model when a timer was cancelled', async () => {
    const { clock, timers, world } = openTimers();
    const timer = await timers.start(60, undefined);

    await timers.cancel(timers.list());
    await clock.advance(60_000);

    expect(await world.get(`timer/${timer?.id}/state`)).toMatchObject({ value: 'cancelled' });
    expect(clock.pending).toBe(0);
  });

  it('runs at most 32 timers', async () => {
    const { clock, timers } = openTimers();
    for (let count = 0; count < 32; count++) expect(await timers.start(60, undefined)).toBeDefined();

    expect(await timers.start(60, undefined)).toBeUndefined();
    await clock.advance(60_000);
    expect(await timers.start(60, undefined)).toBeDefined();
    await timers[Symbol.asyncDispose]();
  });

  it('runs on without a world model, and with one that fails', async () => {
    const { clock, log, timers, world } = openTimers();
    world.observe = () => Promise.reject(new Error('gone'));
    const alone = new Timers({ clock, log, origin: 'tools-basic' });

    await alone.start(60, undefined);
    await timers.start(60, undefined);
    expect([alone.list().length, timers.list().length]).toEqual([1, 1]);
    await clock.advance(60_000);

    expect([alone.list().length, timers.list().length]).toEqual([0, 0]);
    expect(log.lines).toMatchObject([{ level: 'warn' }, { level: 'warn' }]);
  });

  it('leaves nothing behind when it closes, and closes twice', async () => {
    const { clock, timers } = openTimers();
    await timers.start(60, undefined);

    await timers[Symbol.asyncDispose]();
    await timers[Symbol.asyncDispose]();

    expect(clock.pending).toBe(0);
  });
});
