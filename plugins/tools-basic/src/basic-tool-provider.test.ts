import { beforeAll, describe, expect, it } from '@jest/globals';
import { Clock } from '@tiercel/capabilities/clock';
import { FakeClock } from '@tiercel/capabilities/clock/testing';
import { Log } from '@tiercel/capabilities/log';
import { FakeLog } from '@tiercel/capabilities/log/testing';
import { ToolProvider } from '@tiercel/capabilities/tool-provider';
import { describeToolProviderContract } from '@tiercel/capabilities/tool-provider/testing';
import { boot, supply } from '@tiercel/kernel';
import { BasicToolProvider } from './basic-tool-provider.js';
import { type Calculator, createCalculator } from './calculator.js';
import { House } from './house.test.support.js';
import toolsBasic from './index.js';
import { Timers } from './timers.js';
import { convertUnits, unitNames, units } from './units.js';

let calculator: Calculator;
beforeAll(async () => {
  calculator = await createCalculator();
});

function openTools(epochMs = Date.UTC(2026, 10, 23, 14, 41), timeZone = 'America/New_York') {
  const clock = new FakeClock({ epochMs, timeZone });
  const timers = new Timers({ clock, log: new FakeLog(), node: 'kitchen' });
  const tools = new BasicToolProvider({ clock, calculator, timers, policy: 'allow' });
  const say = async (name: string, args: Readonly<Record<string, unknown>> = {}, language = 'en') =>
    (await tools.call(name, args, { language })).spoken;
  return { clock, timers, tools, say };
}

describeToolProviderContract(
  'BasicToolProvider',
  () => {
    const { tools, timers } = openTools();
    return { provider: tools, close: () => timers[Symbol.asyncDispose]() };
  },
  { call: { name: 'get_time', args: {} } },
);

describe('BasicToolProvider', () => {
  it('belongs to the node that is asked, and has names for older clients', async () => {
    const { tools } = openTools();

    for (const { name, isLocalOnly, legacy } of await tools.list()) {
      expect([isLocalOnly, legacy]).toEqual([true, { tool: 'basic', method: name }]);
    }
  });
});

describe('BasicToolProvider, time', () => {
  it('tells time and date of the local time zone', async () => {
    const { tools } = openTools();

    const time = await tools.call('get_time', {});
    const date = await tools.call('get_date', {});

    expect(time).toEqual({
      content: { time: '09:41:00', timeZone: 'America/New_York' },
      spoken: 'It is 9:41 AM.',
    });
    expect(date).toEqual({
      content: { date: '2026-11-23', weekday: 'Monday', timeZone: 'America/New_York' },
      spoken: 'Today is Monday, November 23, 2026.',
    });
  });

  it.each([
    ['de', 'Es ist 9:41 Uhr.', 'Heute ist Montag, der 23. November 2026.'],
    ['fr', 'Il est 9 h 41.', 'Nous sommes le lundi 23 novembre 2026.'],
    ['es', 'Son las 9:41.', 'Hoy es lunes, 23 de noviembre de 2026.'],
    ['tlh', 'It is 9:41 AM.', 'Today is Monday, November 23, 2026.'],
  ])('tells them in %s', async (language, time, date) => {
    const { say } = openTools();

    expect([await say('get_time', {}, language), await say('get_date', {}, language)]).toEqual([time, date]);
  });

  it('says midnight, noon and one o’clock as people do', async () => {
    const at = (hour: number) => openTools(Date.UTC(2026, 0, 1, hour, 5), 'UTC');

    expect(await at(0).say('get_time')).toBe('It is 12:05 AM.');
    expect(await at(12).say('get_time')).toBe('It is 12:05 PM.');
    expect(await at(0).say('get_time', {}, 'de')).toBe('Es ist 0:05 Uhr.');
    expect(await at(1).say('get_time', {}, 'es')).toBe('Es la 1:05.');
    expect(await at(13).say('get_time', {}, 'fr')).toBe('Il est 13 h 05.');
  });
});

describe('BasicToolProvider, numbers', () => {
  it.each([
    ['en', '3 + 4', 'The answer is 7.'],
    ['en', '10 / 4', 'The answer is 2.5.'],
    ['en', '1 / 3', 'The answer is 0.3333333333.'],
    ['en', '12345 * 100', 'The answer is 1,234,500.'],
    ['en', '2 ^ 100', 'The answer is about 1.27 times 10 to the power of 30.'],
    ['de', '10 / 4', 'Das Ergebnis ist 2,5.'],
    ['fr', '1000 * 1000', 'Le résultat est 1 000 000.'],
    ['es', '-3 * 2', 'El resultado es -6.'],
  ])('says the result of %s %s', async (language, expression, spoken) => {
    const { say } = openTools();

    expect(await say('calculate', { expression }, language)).toBe(spoken);
  });

  it.each([
    ['en', 5, 'mile', 'kilometer', '5 miles is 8.0467 kilometers.'],
    ['en', 1, 'foot', 'inch', '1 foot is 12 inches.'],
    ['en', 20, 'celsius', 'fahrenheit', '20 degrees Celsius is 68 degrees Fahrenheit.'],
    ['en', -40, 'fahrenheit', 'celsius', '-40 degrees Fahrenheit is -40 degrees Celsius.'],
    ['de', 1, 'mile', 'kilometer', '1 Meile sind 1,6093 Kilometer.'],
    ['fr', 2, 'kilogram', 'gram', '2 kilogrammes font 2 000 grammes.'],
    ['es', 1, 'week', 'day', '1 semana son 7 días.'],
  ])('says a conversion in %s', async (language, value, from, to, spoken) => {
    const { say } = openTools();

    expect(await say('convert_units', { value, from, to }, language)).toBe(spoken);
  });

  it('does not convert miles to kilograms', async () => {
    const { say } = openTools();

    await expect(say('convert_units', { value: 1, from: 'mile', to: 'kilogram' })).rejects.toMatchObject({
      code: 'TOOL_FAILED',
      message: expect.stringContaining('mile and kilogram measure different things'),
    });
    await expect(say('convert_units', { value: 1, from: 'constructor', to: 'mile' })).rejects.toMatchObject({
      code: 'TOOL_FAILED',
    });
  });
});

describe('convertUnits', () => {
  it('gets back what it began with, for every pair of units of a kind', () => {
    for (const from of unitNames) {
      for (const to of unitNames.filter((name) => units[name].kind === units[from].kind)) {
        const there = convertUnits(25, from, to) ?? Number.NaN;

        expect(convertUnits(there, to, from)).toBeCloseTo(25, 8);
      }
    }
  });

  it.each([
    [0, 'celsius', 'kelvin', 273.15],
    [212, 'fahrenheit', 'celsius', 100],
    [1, 'mile', 'foot', 5280],
    [1, 'gallon', 'cup', 16],
    [1, 'pound', 'ounce', 16],
    [1, 'acre', 'square_foot', 43_560],
    [100, 'kilometer_per_hour', 'mile_per_hour', 62.1371192237],
    [1, 'kilowatt_hour', 'kilojoule', 3_600],
    [1, 'nautical_mile', 'meter', 1852],
  ] as const)('takes %d %s for so many %s', (value, from, to, expected) => {
    expect(convertUnits(value, from, to)).toBeCloseTo(expected, 8);
  });
});

describe('BasicToolProvider, timers', () => {
  it('sets, lists and cancels a timer', async () => {
    const { clock, say } = openTools();

    const set = await say('set_timer', { seconds: 300 });
    await clock.advance(29_500);
    const left = await say('list_timers');
    const cancelled = await say('cancel_timer');
    const none = await say('list_timers');
    const nothing = await say('cancel_timer');

    expect([set, left, cancelled, none, nothing]).toEqual([
      'Timer set for 5 minutes.',
      'There are 4 minutes and 31 seconds left.',
      'Timer cancelled.',
      'There is no timer running.',
      'There is no such timer.',
    ]);
  });

  it('asks which one when several run, and takes a name or all', async () => {
    const { say } = openTools();
    await say('set_timer', { seconds: 60, name: 'tea' });
    await say('set_timer', { seconds: 5_400 });
    await say('set_timer', { seconds: 90_061, name: 'Cake' });

    expect(await say('list_timers')).toBe(
      'There are 3 timers: tea with 1 minute, one with 1 hour and 30 minutes and Cake with 1 day, 1 hour, 1 minute and 1 second.',
    );
    expect(await say('cancel_timer')).toBe('There are 3 timers. Say the name of one, or cancel all timers.');
    expect(await say('cancel_timer', { name: 'cake' })).toBe('Timer cancelled.');
    expect(await say('cancel_timer', { name: 'pizza' })).toBe('There is no such timer.');
    expect(await say('cancel_timer', { all: true })).toBe('2 timers cancelled.');
  });

  it.each([
    ['de', 'Timer auf 1 Stunde und 1 Minute gestellt.', 'Noch 1 Stunde und 1 Minute.', 'Timer gelöscht.'],
    ['fr', 'Minuteur réglé : 1 heure et 1 minute.', 'Il reste 1 heure et 1 minute.', 'Minuteur annulé.'],
    [
      'es',
      'Temporizador de 1 hora y 1 minuto en marcha.',
      'Quedan 1 hora y 1 minuto.',
      'Temporizador cancelado.',
    ],
  ])('speaks %s', async (language, ...expected) => {
    const { say } = openTools();

    const spoken = [
      await say('set_timer', { seconds: 3_660 }, language),
      await say('list_timers', {}, language),
      await say('cancel_timer', {}, language),
    ];

    expect(spoken).toEqual(expected);
  });

  it('refuses one timer too many', async () => {
    const { say, timers } = openTools();
    for (let count = 0; count < 32; count++) await say('set_timer', { seconds: 60 });

    await expect(say('set_timer', { seconds: 60 })).rejects.toMatchObject({ code: 'TOOL_FAILED' });
    await timers[Symbol.asyncDispose]();
  });
});

describe('BasicToolProvider, timers of a house', () => {
  async function openHouse() {
    const house = new House();
    const { clock } = house;
    const cellar = await house.open('cellar-2');
    const kitchen = await house.open('kitchen');
    const say = async (timers: Timers, name: string, args: Readonly<Record<string, unknown>> = {}) =>
      (await new BasicToolProvider({ clock, calculator, timers, policy: 'allow' }).call(name, args)).spoken;
    const close = () => Promise.all([cellar, kitchen].map((timers) => timers[Symbol.asyncDispose]()));
    return { house, cellar, kitchen, say, [Symbol.asyncDispose]: async () => void (await close()) };
  }

  it('lists those of other nodes, and where they run', async () => {
    await using opened = await openHouse();
    const { house, cellar, kitchen, say } = opened;
    await say(cellar, 'set_timer', { seconds: 60, name: 'tea' });
    await say(kitchen, 'set_timer', { seconds: 120 });
    const { clock } = house;
    const tools = new BasicToolProvider({ clock, calculator, timers: kitchen, policy: 'allow' });

    const { content, spoken } = await tools.call('list_timers', {});

    expect(spoken).toBe('There are 2 timers: tea at cellar 2 with 1 minute and one with 2 minutes.');
    expect(content).toEqual({
      timers: [
        { timer: expect.any(String), name: 'tea', node: 'cellar-2', leftSeconds: 60 },
        { timer: expect.any(String), leftSeconds: 120 },
      ],
    });
  });

  it.each([
    ['en', 'There is 1 minute left on the timer at cellar 2.', 'The timer is done.'],
    ['de', 'Noch 1 Minute bei cellar 2.', 'Der Timer ist abgelaufen.'],
    ['fr', 'Il reste 1 minute sur cellar 2.', 'Le minuteur est terminé.'],
    ['es', 'Queda 1 minuto en cellar 2.', 'El temporizador ha terminado.'],
  ])('speaks %s', async (language, left, done) => {
    await using opened = await openHouse();
    const { house, cellar, kitchen } = opened;
    const { clock } = house;
    const tools = new BasicToolProvider({ clock, calculator, timers: kitchen, policy: 'allow' });
    const timer = await cellar.start(60, undefined, language);

    const { spoken } = await tools.call('list_timers', {}, { language });
    await clock.advance(60_000);

    expect(spoken).toBe(left);
    expect(await house.valueOf(timer?.id, 'cellar-2')).toMatchObject({ spoken: done });
  });

  it('cancels its own, and one of another node only by its name', async () => {
    await using opened = await openHouse();
    const { cellar, kitchen, say } = opened;
    await say(cellar, 'set_timer', { seconds: 60, name: 'tea' });
    await say(kitchen, 'set_timer', { seconds: 60, name: 'tea' });

    const spoken = [
      await say(kitchen, 'cancel_timer', { all: true }),
      await say(kitchen, 'cancel_timer'),
      await say(kitchen, 'cancel_timer', { name: 'Tea' }),
      await say(kitchen, 'list_timers'),
    ];

    expect(spoken).toEqual([
      'Timer cancelled.',
      'There is no such timer.',
      'Timer cancelled.',
      'There is no timer running.',
    ]);
  });

  it('says when that of another node cannot be cancelled', async () => {
    await using opened = await openHouse();
    const { house, cellar, kitchen, say } = opened;
    await say(cellar, 'set_timer', { seconds: 60, name: 'tea' });
    house.isWritable = false;

    await expect(say(kitchen, 'cancel_timer', { name: 'tea' })).rejects.toMatchObject({
      code: 'TOOL_FAILED',
      message: expect.stringContaining('another node cannot be reached'),
    });
  });

  it('lists its own when those of others cannot be read', async () => {
    await using opened = await openHouse();
    const { house, kitchen, say } = opened;
    await say(kitchen, 'set_timer', { seconds: 60 });
    house.world.snapshot = () => Promise.reject(new Error('gone'));

    expect(await say(kitchen, 'list_timers')).toBe('There is 1 minute left.');
    expect(house.log.messages('warn')).toEqual(['the timers of other nodes cannot be read']);
  });
});

describe('@tiercel/tools-basic', () => {
  it('starts with clock and log alone, and takes a policy for timers', async () => {
    await using node = await boot({
      manifest: {
        tier: 'test',
        plugins: { 'tools-basic': { config: { policy: 'ask' } }, clock: null, log: null },
      },
      plugins: [
        toolsBasic,
        supply('@tiercel/clock', Clock, new FakeClock()),
        supply('@tiercel/log', Log, new FakeLog()),
      ],
      environment: {},
    });

    const tools = await node.get(ToolProvider).list();

    expect(tools.map(({ name, policy }) => `${name} ${policy}`)).toEqual([
      'get_time undefined',
      'get_date undefined',
      'calculate undefined',
      'convert_units undefined',
      'set_timer ask',
      'list_timers undefined',
      'cancel_timer ask',
    ]);
  });
});
