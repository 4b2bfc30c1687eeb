import { describe, expect, it } from '@jest/globals';
import { House, startMs } from './house.test.support.js';
import { Timers } from './timers.js';

const pasta = { state: 'running', seconds: 600, endsAtMs: startMs + 600_000, name: 'pasta', language: 'en' };

async function leftOf(timers: Timers): Promise<unknown> {
  return (await timers.list()).map(({ name, leftMs }) => [name, leftMs]);
}

describe('Timers', () => {
  it('lists running timers, soonest first, with the time left', async () => {
    const house = new House();
    await using timers = await house.open();
    await timers.start(300, undefined, 'en');
    await timers.start(60, 'tea', 'en');

    await house.clock.advance(10_000);

    expect(await leftOf(timers)).toEqual([
      ['tea', 50_000],
      [undefined, 290_000],
    ]);
  });

  it('keeps a timer as one entry of the world model from its start on', async () => {
    const house = new House();
    await using timers = await house.open();

    const timer = await timers.start(60, 'tea', 'de');

    expect(await house.world.get(`timer/kitchen/${timer?.id}`)).toMatchObject({
      value: { state: 'running', seconds: 60, endsAtMs: startMs + 60_000, name: 'tea', language: 'de' },
      origin: 'tools-basic',
      ttlMs: 60_000 + 86_400_000,
    });
  });

  it('rings by writing the sentence to say, in the language of the timer', async () => {
    const house = new House();
    await using timers = await house.open();
    const timer = await timers.start(60, 'tea', 'de');

    await house.clock.advance(60_000);

    expect(await house.world.get(`timer/kitchen/${timer?.id}`)).toMatchObject({
      value: { state: 'done', endsAtMs: startMs + 60_000, spoken: 'Der Timer tea ist abgelaufen.' },
      ttlMs: 3_600_000,
    });
    expect(await timers.list()).toEqual([]);
  });

  it('keeps its name and what is said out of the log', async () => {
    const house = new House();
    await using timers = await house.open();
    await timers.start(60, 'surprise', 'en');

    await house.clock.advance(60_000);

    expect(house.log.messages('info')).toEqual(['a timer is over']);
    expect(JSON.stringify(house.log.lines)).not.toContain('surprise');
  });

  it('writes down that a timer was cancelled', async () => {
    const house = new House();
    await using timers = await house.open();
    const timer = await timers.start(60, undefined, 'en');

    await timers.cancel(await timers.list());
    await house.clock.advance(60_000);

    expect(await house.valueOf(timer?.id)).toMatchObject({ state: 'cancelled' });
    expect(await house.rings()).toBe(0);
  });

  it('runs at most 32 timers', async () => {
    const house = new House();
    await using timers = await house.open();
    for (let count = 0; count < 32; count++) expect(await timers.start(60, undefined, 'en')).toBeDefined();

    expect(await timers.start(60, undefined, 'en')).toBeUndefined();
    await house.clock.advance(60_000);
    expect(await timers.start(60, undefined, 'en')).toBeDefined();
  });

  it('runs without a world model', async () => {
    const house = new House();
    const { clock, log } = house;
    await using timers = new Timers({ clock, log, node: 'kitchen' });
    await timers.open();
    await timers.start(60, 'tea', 'en');

    expect(await leftOf(timers)).toEqual([['tea', 60_000]]);
    await clock.advance(60_000);

    expect(await timers.list()).toEqual([]);
  });

  it('leaves nothing behind when it closes, and closes twice', async () => {
    const house = new House();
    const timers = await house.open();
    await timers.start(60, undefined, 'en');

    await timers[Symbol.asyncDispose]();
    await timers[Symbol.asyncDispose]();

    expect(house.clock.pending).toBe(0);
  });
});

describe('Timers after a restart', () => {
  it('run on, with name and the rest of their time', async () => {
    const house = new House();
    const before = await house.open();
    const timer = await before.start(60, 'tea', 'en');

    await using after = await house.restart(before, 20_000);
    const left = await leftOf(after);
    await house.clock.advance(39_999);
    const early = await house.rings();
    await house.clock.advance(1);

    expect([left, early]).toEqual([[['tea', 40_000]], 0]);
    expect(await house.valueOf(timer?.id)).toMatchObject({
      state: 'done',
      spoken: 'The timer tea is done.',
      endsAtMs: startMs + 60_000,
    });
  });

  it.each([
    ['en', 'The timer tea ended while I was away.'],
    ['de', 'Der Timer tea ist abgelaufen, während ich weg war.'],
    ['fr', "Le minuteur tea s'est terminé pendant mon absence."],
    ['es', 'El temporizador tea terminó mientras yo no estaba.'],
  ])('ring at once where their time came meanwhile, and say so in %s', async (language, spoken) => {
    const house = new House();
    const before = await house.open();
    const timer = await before.start(60, 'tea', language);

    await using after = await house.restart(before, 90_000);
    await house.settle();

    expect(await house.valueOf(timer?.id)).toMatchObject({
      state: 'done',
      isMissed: true,
      spoken,
      endsAtMs: startMs + 60_000,
    });
    expect(await after.list()).toEqual([]);
  });

  it('ring once, however often their node comes back', async () => {
    const house = new House();
    let timers = await house.open();
    await timers.start(60, undefined, 'en');
    await timers.start(90, undefined, 'en');

    await house.clock.advance(60_000);
    for (let life = 0; life < 3; life++) timers = await house.restart(timers, 30_000);
    await house.settle();

    expect(await house.rings()).toBe(2);
    await timers[Symbol.asyncDispose]();
  });

  it('stay cancelled', async () => {
    const house = new House();
    const before = await house.open();
    await before.start(60, undefined, 'en');
    await before.cancel(await before.list());

    await using after = await house.restart(before, 10_000);
    await house.clock.advance(60_000);

    expect([await after.list(), await house.rings()]).toEqual([[], 0]);
  });

  it('count towards the most that may run, and those beyond it stay silent', async () => {
    const house = new House();
    for (let count = 0; count < 40; count++) await house.write(`timer/kitchen/t${count}`, pasta);

    await using timers = await house.open();

    expect(await timers.list()).toHaveLength(32);
    expect(await timers.start(60, undefined, 'en')).toBeUndefined();
    expect(house.log.messages('warn')).toHaveLength(8);
  });

  it.each([
    ['no map', 'running'],
    ['nothing', null],
    ['an unknown state', { ...pasta, state: 'paused' }],
    ['a time that is text', { ...pasta, endsAtMs: 'soon' }],
    ['a length beyond a week', { ...pasta, seconds: 604_801 }],
    ['a name without end', { ...pasta, name: 'x'.repeat(41) }],
    ['no language', { ...pasta, language: undefined }],
  ])('leaves alone what is no timer: %s', async (_, value) => {
    const house = new House();
    await house.world.observe({
      key: 'timer/kitchen/x',
      value: JSON.parse(JSON.stringify(value)),
      origin: 'x',
    });

    await using timers = await house.open();
    await house.clock.advance(600_000);

    expect([await timers.list(), await house.rings()]).toEqual([[], 0]);
  });
});

describe('Timers and other nodes', () => {
  it('lists the timers of the whole house, and rings only its own', async () => {
    const house = new House();
    await house.write('timer/cellar/a1', pasta);
    await using timers = await house.open();
    await timers.start(900, 'tea', 'en');

    const listed = (await timers.list()).map(({ name, node }) => [name, node]);
    await house.clock.advance(600_000);

    expect(listed).toEqual([
      ['pasta', 'cellar'],
      ['tea', undefined],
    ]);
    expect(await house.rings()).toBe(0);
    expect(await leftOf(timers)).toEqual([['tea', 300_000]]);
  });

  it('cancels a timer of another node, which then does not ring', async () => {
    const house = new House();
    await using cellar = await house.open('cellar');
    await using kitchen = await house.open();
    const timer = await cellar.start(60, 'tea', 'en');

    await kitchen.cancel(await kitchen.list());
    await house.settle();
    const left = await cellar.list();
    await house.clock.advance(60_000);

    expect(left).toEqual([]);
    expect(await house.valueOf(timer?.id, 'cellar')).toMatchObject({ state: 'cancelled', name: 'tea' });
  });

  it('does not write over what has been cancelled elsewhere while the news is on its way', async () => {
    const house = new House();
    await using cellar = await house.open('cellar');
    await using kitchen = await house.open();
    const timer = await kitchen.start(600, undefined, 'en');
    house.newsDelayMs = 60_000;
    await cellar.cancel(await cellar.list());

    house.clock.setEpochMs(startMs + 3_600_000);
    await house.clock.advance(10_000);

    expect(await house.valueOf(timer?.id)).toMatchObject({ state: 'cancelled' });
    expect(await kitchen.list()).toEqual([]);
  });

  it('ends a timer whose entry somebody removes', async () => {
    const house = new House();
    await using timers = await house.open();
    const timer = await timers.start(60, undefined, 'en');

    await house.world.forget(`timer/kitchen/${timer?.id}`, { origin: 'somebody' });
    await house.clock.advance(60_000);

    expect([await timers.list(), await house.rings()]).toEqual([[], 0]);
  });

  it('takes a timer that is told late for its own', async () => {
    const house = new House();
    await using timers = await house.open();

    await house.write('timer/kitchen/late', pasta);
    await house.clock.advance(600_000);

    expect(await house.valueOf('late')).toMatchObject({ state: 'done', spoken: 'The timer pasta is done.' });
    expect(await timers.list()).toEqual([]);
  });
});

describe('Timers and the wall clock', () => {
  it.each([3_600_000, -3_600_000])(
    'take as long as they were set to when it jumps by %d ms, and say when they end now',
    async (jumpMs) => {
      const house = new House();
      await using timers = await house.open();
      const timer = await timers.start(60, undefined, 'en');

      house.clock.setEpochMs(startMs + jumpMs);
      await house.clock.advance(10_000);
      const moved = await house.valueOf(timer?.id);
      await house.clock.advance(49_999);
      const early = await house.rings();
      await house.clock.advance(1);

      expect(moved).toMatchObject({ endsAtMs: startMs + jumpMs + 60_000 });
      expect([early, await house.rings()]).toEqual([0, 1]);
    },
  );

  it('end by it where it is set only after the restart', async () => {
    const house = new House();
    const before = await house.open();
    await before.start(600, undefined, 'en');
    await before[Symbol.asyncDispose]();
    await house.clock.advance(300_000);
    house.clock.setEpochMs(startMs);

    await using after = await house.open();
    const unset = await leftOf(after);
    house.clock.setEpochMs(startMs + 300_000);
    const set = await leftOf(after);
    await house.clock.advance(300_000);

    expect([unset, set]).toEqual([[[undefined, 600_000]], [[undefined, 300_000]]]);
    expect(await house.rings()).toBe(1);
  });

  it('never run longer than they were set to, even if it is years behind', async () => {
    const house = new House();
    const before = await house.open();
    await before.start(600, undefined, 'en');
    await before[Symbol.asyncDispose]();
    house.clock.setEpochMs(0);

    await using _after = await house.open();
    await house.clock.advance(600_000);

    expect(await house.rings()).toBe(1);
  });
});

describe('Timers and a world model in trouble', () => {
  it('run when it takes nothing, and are written down as soon as it does', async () => {
    const house = new House();
    house.isWritable = false;
    await using timers = await house.open();
    const timer = await timers.start(60, undefined, 'en');
    await house.clock.advance(25_000);
    const refused = await house.valueOf(timer?.id);

    house.isWritable = true;
    await house.clock.advance(10_000);

    expect([refused, await house.valueOf(timer?.id)]).toEqual([
      undefined,
      { state: 'running', seconds: 60, endsAtMs: startMs + 60_000, language: 'en' },
    ]);
    expect(house.log.messages('warn')).toHaveLength(1);
  });

  it('ring as soon as it can be written, and once', async () => {
    const house = new House();
    await using timers = await house.open();
    const timer = await timers.start(60, undefined, 'en');
    house.isWritable = false;
    await house.clock.advance(300_000);
    const refused = await house.valueOf(timer?.id);

    house.isWritable = true;
    await house.clock.advance(60_000);

    expect(refused).toMatchObject({ state: 'running' });
    expect(await house.valueOf(timer?.id)).toMatchObject({ state: 'done', endsAtMs: startMs + 60_000 });
    expect([await house.rings(), await timers.list()]).toEqual([1, []]);
  });

  it('ring in the next life where this one could not write it', async () => {
    const house = new House();
    const before = await house.open();
    const timer = await before.start(60, undefined, 'en');
    house.isWritable = false;
    await house.clock.advance(60_000);
    house.isWritable = true;

    await using _after = await house.restart(before, 0);
    await house.settle();

    expect(await house.valueOf(timer?.id)).toMatchObject({ state: 'done', isMissed: true });
    expect(await house.rings()).toBe(1);
  });

  it('stay cancelled in this life also when that cannot be written', async () => {
    const house = new House();
    await using timers = await house.open();
    const timer = await timers.start(60, undefined, 'en');
    house.isWritable = false;
    await timers.cancel(await timers.list());
    await house.clock.advance(30_000);
    house.isWritable = true;

    await house.clock.advance(60_000);

    expect(await house.valueOf(timer?.id)).toMatchObject({ state: 'cancelled' });
    expect([await house.rings(), await timers.list()]).toEqual([0, []]);
  });

  it('stay cancelled while that waits to be written, whatever else is told of them', async () => {
    const house = new House();
    await using timers = await house.open();
    const timer = await timers.start(60, undefined, 'en');
    house.isWritable = false;
    await timers.cancel(await timers.list());
    await house.clock.advance(58_000);
    house.isWritable = true;

    await house.write(`timer/kitchen/${timer?.id}`, { ...pasta, endsAtMs: startMs + 60_000 });
    await house.clock.advance(60_000);

    expect([await house.rings(), await timers.list()]).toEqual([0, []]);
    expect(await house.valueOf(timer?.id)).toMatchObject({ state: 'cancelled' });
  });

  it('are written again where it has lost its memory', async () => {
    const house = new House();
    await using timers = await house.open();
    const timer = await timers.start(60, 'tea', 'en');

    house.world.restart();
    await house.settle();

    expect(await house.valueOf(timer?.id)).toMatchObject({ state: 'running', name: 'tea' });
    expect(await leftOf(timers)).toEqual([['tea', 60_000]]);
  });

  it('are read back later where it cannot be read at the start', async () => {
    const house = new House();
    const { world } = house;
    await house.write('timer/kitchen/a1', pasta);
    const snapshot = world.snapshot.bind(world);
    world.snapshot = () => Promise.reject(new Error('gone'));
    await using timers = await house.open();
    const unread = await timers.list();

    world.snapshot = snapshot;
    await house.clock.advance(1_000);

    expect([unread, await leftOf(timers)]).toEqual([[], [['pasta', 599_000]]]);
  });

  it('wait for the node that keeps the truth before they ring for a time they may have rung for already', async () => {
    const house = new House();
    const { world } = house;
    await house.write('timer/kitchen/a1', { ...pasta, endsAtMs: startMs - 1_000 });
    const get = world.get.bind(world);
    world.get = async (key) => {
      const entry = await get(key);
      return entry && { ...entry, isStale: true };
    };
    await using _timers = await house.open();
    await house.clock.advance(29_999);
    const early = await house.rings();

    await house.write('timer/kitchen/a1', { ...pasta, state: 'done' });
    const told = await house.rings();
    await house.clock.advance(60_000);

    expect([early, told, await house.rings()]).toEqual([0, 1, 1]);
  });

  it('ring without it when it stays away', async () => {
    const house = new House();
    const { world } = house;
    await house.write('timer/kitchen/a1', { ...pasta, endsAtMs: startMs - 1_000 });
    const get = world.get.bind(world);
    world.get = async (key) => {
      const entry = await get(key);
      return entry && { ...entry, isStale: true };
    };
    await using _timers = await house.open();

    await house.clock.advance(30_000);

    expect(await house.rings()).toBe(1);
  });

  it('gives up an end that 32 later ones wait behind', async () => {
    const house = new House();
    await using timers = await house.open();
    const first = await timers.start(60, undefined, 'en');
    house.isWritable = false;
    await house.clock.advance(60_000);
    for (let count = 0; count < 32; count++) await timers.start(60, undefined, 'en');
    await house.clock.advance(60_000);

    house.isWritable = true;
    await house.clock.advance(120_000);

    expect(await house.rings()).toBe(32);
    expect(await house.valueOf(first?.id)).toMatchObject({ state: 'running' });
  });

  it('gives up an end that could not be written for an hour', async () => {
    const house = new House();
    await using timers = await house.open();
    await timers.start(60, undefined, 'en');
    house.isWritable = false;
    await house.clock.advance(60_000 + 3_600_000 + 60_000);

    house.isWritable = true;
    await house.clock.advance(3_600_000);

    expect([await house.rings(), house.clock.pending]).toEqual([0, 0]);
  });
});
