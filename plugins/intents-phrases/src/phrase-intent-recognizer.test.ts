import { describe, expect, it } from '@jest/globals';
import { describeIntentRecognizerContract } from '@tiercel/capabilities/intent-recognizer/testing';
import type { ToolDescriptor, ToolPhrases } from '@tiercel/capabilities/tool-provider';
import type { WorldEntry } from '@tiercel/capabilities/world-model';
import fc from 'fast-check';
import { DeviceNames } from './device-names.js';
import { createPhraseBook } from './phrase-book.js';
import { PhraseIntentRecognizer } from './phrase-intent-recognizer.js';
import { parseTemplate } from './template.js';

function entry(key: string, value: unknown): WorldEntry {
  return { key, value, revision: 1, epoch: 'e', origin: 'test', timeMs: 0, hlc: '0000000000000-0000-test' };
}

function tool(
  name: string,
  phrases: Readonly<Record<string, ToolPhrases>>,
  rest: Partial<ToolDescriptor> = {},
): ToolDescriptor {
  return {
    name,
    description: name,
    parameters: { type: 'object', additionalProperties: false, properties: {} },
    effect: 'read',
    weight: 'light',
    phrases,
    ...rest,
  };
}

const setDevice = tool(
  'set_device',
  {
    en: {
      templates: [
        '(turn|switch) {state:on|off} {device}',
        '(turn|switch) {device} {state:on|off}',
        '(set|dim) {device} to {brightness} percent {state:=on}',
      ],
      answer: '{device} is {state}.',
    },
    de: {
      templates: ['(schalte|mach) {device} {state:ein=on|an=on|aus=off}'],
      answer: '{device} ist {state}.',
    },
  },
  {
    parameters: {
      type: 'object',
      additionalProperties: false,
      properties: {
        device: { type: 'string', maxLength: 100 },
        state: { enum: ['on', 'off'] },
        brightness: { type: 'integer' },
      },
      required: ['device', 'state'],
    },
    slots: { device: 'device', brightness: 'number' },
  },
);
const getTime = tool('get_time', {
  en: { templates: ['what time is it', 'what is the time', 'tell me (the time|what time it is)'] },
});
const setTimer = tool(
  'set_timer',
  {
    en: { templates: ['set a timer (for|to) {seconds}', 'set a {seconds} timer'] },
    de: { templates: ['stelle einen timer auf {seconds}'] },
    fr: { templates: ['mets un minuteur de {seconds}'] },
    es: { templates: ['pon un temporizador de {seconds}'] },
  },
  {
    parameters: {
      type: 'object',
      additionalProperties: false,
      properties: { seconds: { type: 'number' } },
      required: ['seconds'],
    },
    slots: { seconds: 'duration' },
  },
);
const calculate = tool(
  'calculate',
  {
    en: { templates: ['(what is|how much is) {expression}'] },
    de: { templates: ['(was ist|wie viel ist) {expression}'] },
    fr: { templates: ['combien font {expression}'] },
    es: { templates: ['cuánto es {expression}'] },
  },
  {
    parameters: {
      type: 'object',
      additionalProperties: false,
      properties: { expression: { type: 'string' } },
      required: ['expression'],
    },
    slots: { expression: 'expression' },
  },
);
const remember = tool(
  'remember',
  { en: { templates: ['remember {text}', 'remember that {text}', 'note {text} in {volume}'] } },
  {
    parameters: {
      type: 'object',
      additionalProperties: false,
      properties: { text: { type: 'string', maxLength: 40 }, volume: { enum: [1, 2] } },
      required: ['text'],
    },
    slots: { text: 'text' },
  },
);
const tools = [setDevice, getTime, setTimer, calculate, remember];

const home = [
  entry('device/living-room-lamp/name', 'living room lamp'),
  entry('device/living-room-lamp/aliases', ['lounge lamp', 'the living room light', 'Wohnzimmerlampe']),
  entry('device/kitchen-light/name', 'kitchen light'),
  entry('device/kitchen-light/state', 'off'),
  entry('device/lamp-2/name', 'lamp two'),
  entry('device/tv/state', 'off'),
];

function openRecognizer(declared: readonly ToolDescriptor[] = tools, entries: readonly WorldEntry[] = home) {
  const devices = new DeviceNames();
  devices.reset(entries);
  const book = createPhraseBook(declared);
  expect(book.findings).toEqual([]);
  return { recognizer: new PhraseIntentRecognizer(() => book, devices), devices };
}

async function read(text: string, language = 'en') {
  const intent = await openRecognizer().recognizer.recognize(text, { language });
  return intent && [intent.tool, intent.args];
}

describeIntentRecognizerContract(
  'PhraseIntentRecognizer',
  () => ({ provider: openRecognizer().recognizer, close: () => undefined }),
  {
    command: {
      text: 'Turn on the kitchen light.',
      language: 'en',
      tool: 'set_device',
      args: { device: 'kitchen-light', state: 'on' },
    },
  },
);

describe('PhraseIntentRecognizer, what it understands', () => {
  const lamp = { device: 'living-room-lamp', state: 'on' };
  it.each([
    ['Turn on the living room lamp.', lamp],
    ['turn on living room lamp', lamp],
    ['TURN THE LIVING-ROOM LAMP ON!', lamp],
    ['Switch on the lounge lamp, please.', lamp],
    ['Could you please turn on the living room light?', lamp],
    ['Hey, can you turn the lounge lamp on for me, thanks.', lamp],
    ['Switch off the kitchen light, please.', { device: 'kitchen-light', state: 'off' }],
    ['Turn on lamp 2.', { device: 'lamp-2', state: 'on' }],
    ['Turn on lamp two.', { device: 'lamp-2', state: 'on' }],
    ['Turn off the TV', { device: 'tv', state: 'off' }],
    ['Set the kitchen light to 50%.', { device: 'kitchen-light', brightness: 50, state: 'on' }],
    [
      'Dim the kitchen light to twenty-five percent',
      { device: 'kitchen-light', brightness: 25, state: 'on' },
    ],
  ])('reads "%s" as a device and its state', async (text, args) => {
    expect(await read(text)).toEqual(['set_device', args]);
  });

  it.each([
    'What time is it?',
    "What's the time?",
    'What’s the time, please?',
    'Whats the time',
    'Can you tell me what time it is?',
    'Okay, so what time is it now?',
  ])('reads "%s" as a question for the time', async (text) => {
    expect(await read(text)).toEqual(['get_time', {}]);
  });

  it.each([
    ['Set a timer for five minutes.', 300],
    ['Set a timer for 5 minutes.', 300],
    ['Set a 10-minute timer.', 600],
    ['Set a timer for an hour and a half', 5400],
    ['Set a timer for one and a half hours', 5400],
    ['Set a timer for half an hour', 1800],
    ['Set a timer for a quarter of an hour', 900],
    ['Set a timer for 90 seconds', 90],
    ['Set a timer for one hour and twenty-five minutes', 5100],
    ['Set a timer for one hour, twenty minutes and 5 seconds', 4805],
    ['Set a timer for a minute', 60],
    ['Set a timer for 2.5 minutes', 150],
    ['Set a timer for a hundred and twenty seconds', 120],
    ['Set a timer for 1,000 seconds', 1000],
  ])('reads the time in "%s"', async (text, seconds) => {
    expect(await read(text)).toEqual(['set_timer', { seconds }]);
  });

  it.each([
    ['de', 'Stelle bitte einen Timer auf eine Minute.', 60],
    ['de', 'Stelle einen Timer auf fünfundzwanzig Minuten', 1500],
    ['de', 'Kannst du einen Timer auf zwei Minuten stellen', undefined],
    ['de', 'stelle einen timer auf eineinhalb stunden', 5400],
    ['de', 'Stelle einen Timer auf zweitausend Sekunden', 2000],
    ['de', 'Stelle einen Timer auf 1,5 Stunden', 5400],
    ['fr', "S'il te plaît, mets un minuteur de vingt et une minutes.", 1260],
    ['fr', "Mets un minuteur d'une heure", undefined],
    ['fr', 'Mets un minuteur de quatre-vingt-dix secondes', 90],
    ['fr', 'mets un minuteur de une heure et demie', 5400],
    ['es', 'Pon un temporizador de treinta y cinco minutos, por favor.', 2100],
    ['es', 'Pon un temporizador de media hora', 1800],
    ['es', 'Pon un temporizador de un minuto', 60],
  ])('reads %s "%s"', async (language, text, seconds) => {
    expect(await read(text, language)).toEqual(
      seconds === undefined ? undefined : ['set_timer', { seconds }],
    );
  });

  it.each([
    ['en', 'How much is 3 plus 4?', '3 + 4'],
    ['en', 'What is five times seven?', '5 * 7'],
    ['en', "What's 3+4*2?", '3 + 4 * 2'],
    ['en', 'What is (3 + 4) × 2', '(3 + 4) * 2'],
    ['en', "What's 12 divided by minus 4", '12 / (-4)'],
    ['en', 'What is 20% of 80?', '20 / 100 * 80'],
    ['en', 'What is the square root of sixteen?', 'sqrt(16)'],
    ['en', 'What is three squared plus two point five', '(3) ^ 2 + 2.5'],
    ['en', 'What is two to the power of ten', '2 ^ 10'],
    ['en', 'What is 10 - 3', '10 - 3'],
    ['en', 'What is one thousand two hundred and five minus three million', '1205 - 3000000'],
    ['de', 'Was ist drei mal vier?', '3 * 4'],
    ['de', 'Wie viel ist die Wurzel aus 9', 'sqrt(9)'],
    ['de', 'Wie viel ist 1.000 geteilt durch 2,5?', '1000 / 2.5'],
    ['fr', 'Combien font soixante-dix-sept moins quatre-vingt-un ?', '77 - 81'],
    ['es', '¿Cuánto es veintidós por tres?', '22 * 3'],
  ])('reads the arithmetic of %s "%s"', async (language, text, expression) => {
    expect(await read(text, language)).toEqual(['calculate', { expression }]);
  });

  it('keeps free words as they were said', async () => {
    expect(await read("Remember the Milk, and what's on the List!")).toEqual([
      'remember',
      { text: "Milk, and what's on the List" },
    ]);
    expect(await read('note call Mum in two')).toEqual(['remember', { text: 'call Mum', volume: 2 }]);
  });

  it('takes regional language tags, and languages nobody described', async () => {
    const { recognizer } = openRecognizer([
      tool('get_time', { it: { templates: ['che ore sono', "che or'è"] } }),
    ]);

    expect(await read('What time is it?', 'en-US')).toEqual(['get_time', {}]);
    expect(await recognizer.recognize('Che ore sono?', { language: 'it-IT' })).toMatchObject({
      tool: 'get_time',
    });
  });

  it('says the device by its name and the state in the words of the language', async () => {
    const { recognizer } = openRecognizer();

    const english = await recognizer.recognize('Switch off the lounge lamp', { language: 'en' });
    const german = await recognizer.recognize('Schalte die Wohnzimmerlampe ein!', { language: 'de' });

    expect(english).toMatchObject({
      answer: 'Living room lamp is off.',
      phrase: '(turn|switch) {state:on|off} {device}',
    });
    expect(german).toMatchObject({ args: lamp, answer: 'Living room lamp ist ein.' });
  });
});

describe('PhraseIntentRecognizer, what it leaves to the model', () => {
  it.each([
    'What is the capital of France?',
    'Why is the sky blue?',
    'What is five?',
    'Turn on the garage light.',
    'Turn on the living room lamp and the kitchen light.',
    'Do not turn on the living room lamp',
    'Turn the living room lamp',
    'Set a timer',
    'Set a timer for minutes and minutes',
    'Set the kitchen light to 12.5 percent',
    'please',
    'thanks',
  ])('reads nothing into "%s"', async (text) => {
    expect(await read(text)).toBeUndefined();
  });

  it('reads nothing where two tools could be meant', async () => {
    const { recognizer } = openRecognizer([
      tool('open_door', { en: { templates: ['open up', 'open the door'] } }),
      tool('open_window', { en: { templates: ['open up', 'open the window'] } }),
    ]);

    expect(await recognizer.recognize('Open up!', { language: 'en' })).toBeUndefined();
    expect(await recognizer.recognize('Open the door!', { language: 'en' })).toMatchObject({
      tool: 'open_door',
    });
  });

  it('reads nothing where two devices have one name', async () => {
    const { recognizer } = openRecognizer(tools, [...home, entry('device/other/aliases', ['Lounge Lamp'])]);

    expect(await recognizer.recognize('Turn on the lounge lamp', { language: 'en' })).toBeUndefined();
    expect(await recognizer.recognize('Turn on the living room lamp', { language: 'en' })).toMatchObject({
      args: lamp(),
    });
  });

  it('takes two templates with the same outcome for one reading', async () => {
    const { recognizer } = openRecognizer([
      tool('get_time', { en: { templates: ['(what|which) time', 'what [a] time'] } }),
    ]);

    expect(await recognizer.recognize('What time?', { language: 'en' })).toMatchObject({
      tool: 'get_time',
      args: {},
    });
  });

  it('gives up on endless sentences', async () => {
    expect(await read(`remember ${'very '.repeat(80)}much`)).toBeUndefined();
    expect(await read(`what is ${'1 + '.repeat(30)}1`)).toMatchObject(['calculate', {}]);
  });

  function lamp() {
    return { device: 'living-room-lamp', state: 'on' };
  }
});

describe('PhraseIntentRecognizer, for all templates', () => {
  const word = fc.constantFrom('open', 'the', 'door', "what's", 'Étage', 'o’clock', 'x');
  const slots = fc.constantFrom('{state:on|off=off}', '{mode}', '{level}');
  const template = fc.letrec((tie) => ({
    sequence: fc
      .array(tie('item') as fc.Arbitrary<string>, { minLength: 1, maxLength: 4 })
      .map((items) => items.join(' ')),
    item: fc.oneof(
      { depthSize: 'small', withCrossShrink: true },
      word,
      slots,
      (tie('sequence') as fc.Arbitrary<string>).map((inner) => `[${inner}]`),
      fc
        .array(tie('sequence') as fc.Arbitrary<string>, { minLength: 2, maxLength: 3 })
        .map((inner) => `(${inner.join('|')})`),
    ),
  })).sequence as fc.Arbitrary<string>;
  const parameters = {
    type: 'object',
    additionalProperties: false,
    properties: {
      state: { enum: ['on', 'off'] },
      mode: { enum: ['slow_mode', 'fast'] },
      level: { type: 'number' },
    },
  };

  it('matches every way through a template with the arguments of that way', async () => {
    await fc.assert(
      fc.asyncProperty(template, async (text) => {
        const declared = tool(
          'probe',
          { en: { templates: [text] } },
          { parameters, slots: { level: 'number' } },
        );
        const book = createPhraseBook([declared]);
        fc.pre(book.findings.length === 0);
        const recognizer = new PhraseIntentRecognizer(() => book, new DeviceNames());
        const parsed = parseTemplate(text);
        const ways = 'ways' in parsed ? parsed.ways.slice(0, 20) : [];

        for (const way of ways) {
          const args: Record<string, unknown> = {};
          const words = way.map((element) => {
            if (element.type === 'words') return element.text;
            const samples: Record<string, readonly [string, unknown]> = {
              state: ['off', 'off'],
              mode: ['slow mode', 'slow_mode'],
              level: ['forty-two', 42],
            };
            const [said, value] = samples[element.argument] ?? ['', undefined];
            args[element.argument] = value;
            return said;
          });

          const intent = await recognizer.recognize(words.join(' '), { language: 'en' });

          expect(intent).toEqual({ tool: 'probe', args, phrase: text });
        }
      }),
      { numRuns: 200 },
    );
  });
});

describe('PhraseIntentRecognizer, at full size', () => {
  it('finds one of 1,000 templates with one of 200 devices', async () => {
    const verbs = Array.from(
      { length: 100 },
      (_, index) => `verb${'abcdefghij'[index % 10]}${'klmnopqrst'[Math.floor(index / 10)]}`,
    );
    const declared = verbs.map((verb) =>
      tool(
        `tool_${verb}`,
        {
          en: {
            templates: Array.from(
              { length: 10 },
              (_, n) => `${verb} (now|soon) {device} in {room${n}:hall${n}|attic${n}} [with {level} percent]`,
            ),
          },
        },
        {
          parameters: {
            type: 'object',
            additionalProperties: false,
            properties: {
              device: { type: 'string' },
              level: { type: 'number' },
              ...Object.fromEntries(Array.from({ length: 10 }, (_, n) => [`room${n}`, { type: 'string' }])),
            },
          },
          slots: { device: 'device', level: 'number' },
        },
      ),
    );
    const entries = Array.from({ length: 200 }, (_, n) =>
      entry(`device/d${n}/name`, `lamp ${n} of the house`),
    );
    const { recognizer } = openRecognizer(declared, entries);

    const intent = await recognizer.recognize(
      'verbjt soon lamp one hundred and ninety nine of the house in attic 9 with five percent',
      {
        language: 'en',
      },
    );

    expect(intent).toMatchObject({
      tool: 'tool_verbjt',
      args: { device: 'd199', room9: 'attic9', level: 5 },
    });
  });
});
