import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { IntentRecognizer } from '@tiercel/capabilities/intent-recognizer';
import { ToolProvider } from '@tiercel/capabilities/tool-provider';
import type { ToolRegistry } from '@tiercel/capabilities/tool-registry';
import { WorldModel } from '@tiercel/capabilities/world-model';
import { boot, type Node } from '@tiercel/kernel';
import { createToolRegistry } from '@tiercel/tools';
import { tierPath } from './index.js';

type Row = readonly [sentence: string, tool: string, args: Readonly<Record<string, unknown>>];

let node: Node;
let intents: IntentRecognizer;
let tools: ToolRegistry;

beforeAll(async () => {
  node = await boot({
    manifest: tierPath('mid') ?? '',
    environment: {},
    overlay: {
      requires: ['intent-recognizer', 'tool-provider', 'world-model'],
      plugins: {
        'vad-silero': null,
        'stt-whisper': null,
        'tts-piper': null,
        'llm-local': null,
        'model-store-local': null,
        assistant: null,
        'log-winston': { config: { level: 'warn' } },
        'world-model-memory': {
          config: {
            devices: {
              'living-room-lamp': {
                aliases: [
                  'living room light',
                  'lounge lamp',
                  'Wohnzimmerlampe',
                  'lampe du salon',
                  'lámpara del salón',
                ],
              },
              'kitchen-light': {
                aliases: ['kitchen lamp', 'Küchenlicht', 'lumière de la cuisine', 'luz de la cocina'],
                brightness: 70,
              },
            },
          },
        },
      },
    },
  });
  intents = node.get(IntentRecognizer);
  tools = createToolRegistry(node.getAll(ToolProvider));
});
afterAll(() => node?.stop());

async function read(sentence: string, language: string) {
  const intent = await intents.recognize(sentence, { language });
  return intent && [intent.tool, intent.args];
}

const lamp = 'living-room-lamp';
const kitchen = 'kitchen-light';

const english: readonly Row[] = [
  ['Turn on the living room lamp.', 'set_device', { device: lamp, state: 'on' }],
  ['Turn the living room lamp off, please.', 'set_device', { device: lamp, state: 'off' }],
  ['Switch off the kitchen light, please.', 'set_device', { device: kitchen, state: 'off' }],
  ['Could you turn on the lounge lamp?', 'set_device', { device: lamp, state: 'on' }],
  ['Turn on the living-room light!', 'set_device', { device: lamp, state: 'on' }],
  ['Can you please switch the bedside lamp on?', 'set_device', { device: 'bedroom-lamp', state: 'on' }],
  ['Hey, turn off the bedroom light.', 'set_device', { device: 'bedroom-lamp', state: 'off' }],
  ['Okay, turn on the kitchen light now.', 'set_device', { device: kitchen, state: 'on' }],
  ['Kitchen light off.', 'set_device', { device: kitchen, state: 'off' }],
  ['Set the kitchen light to 40%.', 'set_device', { device: kitchen, state: 'on', brightness: 40 }],
  ['Dim the kitchen lamp to twenty percent.', 'set_device', { device: kitchen, state: 'on', brightness: 20 }],
  ['Is the kitchen light on?', 'get_device', { device: kitchen }],
  ['Is the living room lamp still on?', 'get_device', { device: lamp }],
  ["What's the state of the bedroom lamp?", 'get_device', { device: 'bedroom-lamp' }],
  ['Which devices are there?', 'list_devices', {}],
  ['What devices do I have?', 'list_devices', {}],
  ['What time is it?', 'get_time', {}],
  ["What's the time?", 'get_time', {}],
  ['Do you know what time it is?', 'get_time', {}],
  ['What time is it now, please?', 'get_time', {}],
  ['What day is it today?', 'get_date', {}],
  ["What's today's date?", 'get_date', {}],
  ["What's the date?", 'get_date', {}],
  ['Set a timer for five minutes.', 'set_timer', { seconds: 300 }],
  ['Set a timer for 5 minutes.', 'set_timer', { seconds: 300 }],
  ['Set a 10-minute timer.', 'set_timer', { seconds: 600 }],
  ['Set a timer for ten minutes and thirty seconds.', 'set_timer', { seconds: 630 }],
  ['Set a timer for half an hour.', 'set_timer', { seconds: 1800 }],
  ['Set a timer for an hour and a half, please.', 'set_timer', { seconds: 5400 }],
  ['Set a pizza timer for 12 minutes.', 'set_timer', { seconds: 720, name: 'pizza' }],
  ['Remind me in 20 minutes.', 'set_timer', { seconds: 1200 }],
  ['How much time is left?', 'list_timers', {}],
  ['How much time is left on the timer?', 'list_timers', {}],
  ['What timers are running?', 'list_timers', {}],
  ['Cancel the timer.', 'cancel_timer', {}],
  ['Stop the timer!', 'cancel_timer', {}],
  ['Cancel the pizza timer.', 'cancel_timer', { name: 'pizza' }],
  ['Cancel all timers.', 'cancel_timer', { all: true }],
  ['What is 12 times 12?', 'calculate', { expression: '12 * 12' }],
  ["What's 17 plus 25?", 'calculate', { expression: '17 + 25' }],
  ['How much is 20% of 80?', 'calculate', { expression: '20 / 100 * 80' }],
  ['What is the square root of 144?', 'calculate', { expression: 'sqrt(144)' }],
  ["What's two to the power of ten?", 'calculate', { expression: '2 ^ 10' }],
  ['How many kilometers are 5 miles?', 'convert_units', { value: 5, from: 'mile', to: 'kilometer' }],
  [
    'Convert 100 degrees Fahrenheit to Celsius.',
    'convert_units',
    { value: 100, from: 'fahrenheit', to: 'celsius' },
  ],
  ['What is 5 kilometers in miles?', 'convert_units', { value: 5, from: 'kilometer', to: 'mile' }],
  ['How many feet are in a mile?', 'convert_units', { value: 1, from: 'mile', to: 'foot' }],
];

const german: readonly Row[] = [
  ['Schalte die Wohnzimmerlampe ein.', 'set_device', { device: lamp, state: 'on' }],
  ['Schalte bitte die Wohnzimmerlampe an!', 'set_device', { device: lamp, state: 'on' }],
  ['Mach bitte das Küchenlicht aus.', 'set_device', { device: kitchen, state: 'off' }],
  ['Kannst du die Wohnzimmerlampe ausschalten?', 'set_device', { device: lamp, state: 'off' }],
  ['Wohnzimmerlampe aus.', 'set_device', { device: lamp, state: 'off' }],
  ['Stelle das Küchenlicht auf 40 Prozent.', 'set_device', { device: kitchen, state: 'on', brightness: 40 }],
  ['Ist das Küchenlicht an?', 'get_device', { device: kitchen }],
  ['Welche Geräte gibt es?', 'list_devices', {}],
  ['Wie spät ist es?', 'get_time', {}],
  ['Wie viel Uhr ist es?', 'get_time', {}],
  ['Welcher Tag ist heute?', 'get_date', {}],
  ['Stelle einen Timer auf fünf Minuten.', 'set_timer', { seconds: 300 }],
  ['Stell bitte einen Timer auf eine halbe Stunde.', 'set_timer', { seconds: 1800 }],
  ['Stelle einen Timer auf 1,5 Stunden.', 'set_timer', { seconds: 5400 }],
  ['Erinnere mich in zehn Minuten.', 'set_timer', { seconds: 600 }],
  ['Wie lange läuft der Timer noch?', 'list_timers', {}],
  ['Stoppe den Timer.', 'cancel_timer', {}],
  ['Lösche alle Timer.', 'cancel_timer', { all: true }],
  ['Was ist drei mal vier?', 'calculate', { expression: '3 * 4' }],
  ['Wie viel ist 1.000 geteilt durch 8?', 'calculate', { expression: '1000 / 8' }],
  ['Wie viel sind 5 Meilen in Kilometern?', 'convert_units', { value: 5, from: 'mile', to: 'kilometer' }],
  ['Wie viele Meter sind 3 Kilometer?', 'convert_units', { value: 3, from: 'kilometer', to: 'meter' }],
];

const french: readonly Row[] = [
  ['Allume la lampe du salon.', 'set_device', { device: lamp, state: 'on' }],
  ["Éteins la lumière de la cuisine, s'il te plaît.", 'set_device', { device: kitchen, state: 'off' }],
  ['Peux-tu allumer la lampe du salon ?', 'set_device', { device: lamp, state: 'on' }],
  ['Mets la lumière de la cuisine à 40 %.', 'set_device', { device: kitchen, state: 'on', brightness: 40 }],
  ['Est-ce que la lumière de la cuisine est allumée ?', 'get_device', { device: kitchen }],
  ['La lampe du salon est-elle allumée ?', 'get_device', { device: lamp }],
  ['Quels sont les appareils ?', 'list_devices', {}],
  ['Quelle heure est-il ?', 'get_time', {}],
  ['Il est quelle heure ?', 'get_time', {}],
  ["Quel jour sommes-nous aujourd'hui ?", 'get_date', {}],
  ['Mets un minuteur de cinq minutes.', 'set_timer', { seconds: 300 }],
  ["Lance un minuteur d'une demi-heure.", 'set_timer', { seconds: 1800 }],
  ['Mets un minuteur de vingt et une minutes.', 'set_timer', { seconds: 1260 }],
  ['Rappelle-moi dans dix minutes.', 'set_timer', { seconds: 600 }],
  ['Combien de temps reste-t-il ?', 'list_timers', {}],
  ['Arrête le minuteur.', 'cancel_timer', {}],
  ['Annule tous les minuteurs.', 'cancel_timer', { all: true }],
  ['Combien font sept fois huit ?', 'calculate', { expression: '7 * 8' }],
  ['Combien font 12 divisé par 4 ?', 'calculate', { expression: '12 / 4' }],
  ['Convertis 5 miles en kilomètres.', 'convert_units', { value: 5, from: 'mile', to: 'kilometer' }],
];

const spanish: readonly Row[] = [
  ['Enciende la lámpara del salón.', 'set_device', { device: lamp, state: 'on' }],
  ['Apaga la luz de la cocina, por favor.', 'set_device', { device: kitchen, state: 'off' }],
  ['¿Puedes encender la lámpara del salón?', 'set_device', { device: lamp, state: 'on' }],
  ['Pon la luz de la cocina al 40%.', 'set_device', { device: kitchen, state: 'on', brightness: 40 }],
  ['¿Está encendida la lámpara del salón?', 'get_device', { device: lamp }],
  ['¿Qué dispositivos hay?', 'list_devices', {}],
  ['¿Qué hora es?', 'get_time', {}],
  ['¿Qué hora es, por favor?', 'get_time', {}],
  ['¿Qué día es hoy?', 'get_date', {}],
  ['Pon un temporizador de cinco minutos.', 'set_timer', { seconds: 300 }],
  ['Pon un temporizador de media hora.', 'set_timer', { seconds: 1800 }],
  ['Pon un temporizador de hora y media.', 'set_timer', { seconds: 5400 }],
  ['Avísame en diez minutos.', 'set_timer', { seconds: 600 }],
  ['¿Cuánto tiempo queda?', 'list_timers', {}],
  ['Para el temporizador.', 'cancel_timer', {}],
  ['Cancela todos los temporizadores.', 'cancel_timer', { all: true }],
  ['¿Cuánto es siete por ocho?', 'calculate', { expression: '7 * 8' }],
  ['¿Cuánto es la raíz cuadrada de 144?', 'calculate', { expression: 'sqrt(144)' }],
  ['¿Cuántos kilómetros son 5 millas?', 'convert_units', { value: 5, from: 'mile', to: 'kilometer' }],
];

describe('the mid tier understands without a model', () => {
  it.each(english)('en: %s', async (sentence, tool, args) => {
    expect(await read(sentence, 'en')).toEqual([tool, args]);
  });

  it.each(german)('de: %s', async (sentence, tool, args) => {
    expect(await read(sentence, 'de')).toEqual([tool, args]);
  });

  it.each(french)('fr: %s', async (sentence, tool, args) => {
    expect(await read(sentence, 'fr')).toEqual([tool, args]);
  });

  it.each(spanish)('es: %s', async (sentence, tool, args) => {
    expect(await read(sentence, 'es')).toEqual([tool, args]);
  });
});

describe('the mid tier leaves to the model', () => {
  it.each([
    ['en', 'What is the capital of France?'],
    ['en', 'Why is the sky blue?'],
    ['en', 'Stop, that is enough.'],
    ['en', 'What was the last thing you said?'],
    ['en', 'Turn on the garage light.'],
    ['en', 'Turn on the living room lamp and the kitchen light.'],
    ['en', 'Turn on the living room lamp in five minutes.'],
    ['en', "Don't turn on the living room lamp."],
    ['en', 'Never turn off the kitchen light.'],
    ['en', 'Should I turn on the kitchen light?'],
    ['en', 'Did you turn on the living room lamp?'],
    ['en', 'Why is the kitchen light on?'],
    ['en', 'The living room lamp.'],
    ['en', 'Turn it off.'],
    ['en', 'Set a timer.'],
    ['en', 'Set a timer for a while.'],
    ['en', 'What time is it in Tokyo?'],
    ['en', 'What time does the shop close?'],
    ['en', 'What is five?'],
    ['en', 'I have 5 minutes.'],
    ['en', 'How many miles is it to Berlin?'],
    ['en', 'What is 12 times 12 in Roman numerals?'],
    ['en', 'Thank you.'],
    ['en', 'Goodbye.'],
    ['en', '1984.'],
    ['de', 'Was ist die Hauptstadt von Frankreich?'],
    ['de', 'Schalte die Garagenlampe ein.'],
    ['de', 'Schalte die Wohnzimmerlampe nicht ein.'],
    ['de', 'Wie spät ist es in Tokio?'],
    ['de', 'Danke.'],
    ['fr', 'Quelle est la capitale de la France ?'],
    ['fr', "N'allume pas la lampe du salon."],
    ['fr', 'Quelle heure est-il à Tokyo ?'],
    ['fr', 'Merci.'],
    ['es', '¿Cuál es la capital de Francia?'],
    ['es', 'No enciendas la lámpara del salón.'],
    ['es', '¿Qué hora es en Tokio?'],
    ['es', 'Gracias.'],
  ])('%s: %s', async (language, sentence) => {
    expect(await read(sentence, language)).toBeUndefined();
  });
});

describe('from a sentence to what is said, in the mid tier', () => {
  /** As the assistant does it: recognise, call, say `spoken`, else the answer of the phrase. */
  async function hear(sentence: string, language = 'en'): Promise<string | undefined> {
    const intent = await intents.recognize(sentence, { language });
    if (!intent) return undefined;
    const { spoken } = await tools.call(intent.tool, intent.args, { language });
    return spoken ?? intent.answer;
  }

  async function stateOf(device: string): Promise<unknown> {
    return (await node.get(WorldModel).get(`device/${device}/state`))?.value;
  }

  it('turns a lamp on and off, and the world model follows', async () => {
    const before = await stateOf(lamp);
    const on = await hear('Turn on the living room lamp.');
    const between = await stateOf(lamp);
    const asked = await hear('Is the living room lamp on?');
    const off = await hear('Switch off the lounge lamp, please.');
    const after = await stateOf(lamp);

    expect([before, on, between]).toEqual(['off', 'Living room lamp is on.', 'on']);
    expect(asked).toBe('The living room lamp is on.');
    expect([off, after]).toEqual(['Living room lamp is off.', 'off']);
  });

  it('dims what can be dimmed and refuses the rest, with a reason', async () => {
    const dimmed = await hear('Set the kitchen light to 40%.');
    const asked = await hear('Is the kitchen light on?');

    expect([dimmed, asked]).toEqual([
      'Kitchen light is on at 40 percent.',
      'The kitchen light is on at 40 percent.',
    ]);
    await expect(hear('Dim the bedroom lamp to twenty percent.')).rejects.toMatchObject({
      code: 'TOOL_FAILED',
    });
  });

  it('answers in the language of the question', async () => {
    expect(await hear('Schalte die Wohnzimmerlampe ein.', 'de')).toBe('Living room lamp ist an.');
    expect(await hear('Éteins la lampe du salon.', 'fr')).toBe('Living room lamp : éteint.');
    expect(await hear('Enciende la lámpara del salón.', 'es')).toBe('Living room lamp: encendido.');
  });

  it('starts, tells and cancels timers', async () => {
    const said = [
      await hear('Are there any timers?'),
      await hear('Set a timer for five minutes.'),
      await hear('Set a pizza timer for an hour and a half.'),
      await hear('Cancel the timer.'),
      await hear('Cancel the pizza timer.'),
      await hear('Cancel all timers.'),
      await hear('Cancel the timer.'),
    ];

    expect(said).toEqual([
      'There is no timer running.',
      'Timer set for 5 minutes.',
      'Timer pizza set for 1 hour and 30 minutes.',
      'There are 2 timers. Say the name of one, or cancel all timers.',
      'Timer cancelled.',
      'Timer cancelled.',
      'There is no such timer.',
    ]);
  });

  it.each([
    ['What is 12 times 12?', 'The answer is 144.'],
    ['How much is 20% of 80?', 'The answer is 16.'],
    ['What is the square root of 144?', 'The answer is 12.'],
    ['What is 10 divided by 4?', 'The answer is 2.5.'],
    ['How many feet are in a mile?', '1 mile is 5,280 feet.'],
    ['Convert 100 degrees Fahrenheit to Celsius.', '100 degrees Fahrenheit is 37.778 degrees Celsius.'],
    ['Which devices are there?', 'There are 3 devices: bedroom lamp, kitchen light and living room lamp.'],
  ])('%s → %s', async (sentence, said) => {
    expect(await hear(sentence)).toBe(said);
  });

  it('tells the time and the date', async () => {
    expect(await hear('What time is it?')).toMatch(/^It is \d{1,2}:\d{2} [AP]M\.$/);
    expect(await hear("What's the date?")).toMatch(/^Today is [A-Z]\w+day, [A-Z]\w+ \d{1,2}, \d{4}\.$/);
  });
});
