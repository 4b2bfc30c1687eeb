import type { Language } from './language.js';

const small =
  'null eins zwei drei vier fünf sechs sieben acht neun zehn elf zwölf dreizehn vierzehn fünfzehn sechzehn siebzehn achtzehn neunzehn'.split(
    ' ',
  );
const tens = 'zwanzig dreißig vierzig fünfzig sechzig siebzig achtzig neunzig'.split(' ');

function spell(number: number): readonly string[] {
  if (number === 1) return ['eins', 'ein'];
  if (number < 20) return [small[number] ?? ''];
  if (number < 100) {
    const ten = tens[Math.floor(number / 10) - 2] ?? '';
    return [number % 10 === 0 ? ten : `${spell(number % 10).at(-1)}und${ten}`];
  }
  const hundreds = Math.floor(number / 100);
  const heads = [`${spell(hundreds).at(-1)}hundert`, ...(hundreds === 1 ? ['hundert'] : [])];
  if (number % 100 === 0) return heads;
  return heads.flatMap((head) =>
    spell(number % 100).flatMap((tail) => [`${head}${tail}`, `${head} ${tail}`]),
  );
}

export const german: Language = {
  articles: ['der', 'die', 'das', 'den', 'dem', 'des', 'eine', 'einen', 'einem', 'einer', 'eines'],
  contractions: { "'s": 'es', "geht's": 'geht es' },
  splits: ['tausend'],
  groups: '.',
  signs: { '%': 'prozent', '°': 'grad' },
  before: [
    'bitte',
    'hey',
    'hallo',
    'ok',
    'okay',
    'also',
    'mal',
    'kannst du',
    'kannst du bitte',
    'könntest du',
    'könnten sie',
    'können sie',
    'würdest du',
  ],
  after: ['bitte', 'danke', 'vielen dank', 'danke schön', 'jetzt', 'mal', 'für mich', 'bitte mal'],
  anywhere: ['bitte', 'mal'],
  spell,
  halves: ['halb', 'halbe', 'halben', 'halbes'],
  amounts: {
    halb: 0.5,
    halbe: 0.5,
    halben: 0.5,
    anderthalb: 1.5,
    eineinhalb: 1.5,
    zweieinhalb: 2.5,
    dreieinhalb: 3.5,
    viereinhalb: 4.5,
    fünfeinhalb: 5.5,
  },
  thousands: ['tausend'],
  millions: ['million', 'millionen'],
  points: ['komma', 'punkt'],
  minuses: ['minus'],
  ands: ['und'],
  units: {
    sekunde: 1,
    sekunden: 1,
    minute: 60,
    minuten: 60,
    stunde: 3600,
    stunden: 3600,
    tag: 86_400,
    tage: 86_400,
    tagen: 86_400,
  },
  spans: { viertelstunde: 900, dreiviertelstunde: 2700 },
  operators: {
    plus: '+',
    '+': '+',
    minus: '-',
    '-': '-',
    mal: '*',
    x: '*',
    '*': '*',
    'geteilt durch': '/',
    durch: '/',
    '/': '/',
    hoch: '^',
    '^': '^',
    'prozent von': '/ 100 *',
  },
  functions: {
    'wurzel aus': 'sqrt',
    'quadratwurzel aus': 'sqrt',
    'wurzel von': 'sqrt',
    'quadratwurzel von': 'sqrt',
  },
  powers: { 'zum quadrat': '^ 2', 'im quadrat': '^ 2' },
};
