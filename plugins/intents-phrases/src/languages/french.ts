import type { Language } from './language.js';

const small =
  'zéro un deux trois quatre cinq six sept huit neuf dix onze douze treize quatorze quinze seize dix-sept dix-huit dix-neuf'.split(
    ' ',
  );
const tens = 'vingt trente quarante cinquante soixante'.split(' ');

function spell(number: number): readonly string[] {
  if (number === 1) return ['un', 'une'];
  if (number < 20) return [small[number] ?? ''];
  if (number < 70) {
    const ten = tens[Math.floor(number / 10) - 2] ?? '';
    if (number % 10 === 0) return [ten];
    return spell(number % 10).map((tail) => (number % 10 === 1 ? `${ten} et ${tail}` : `${ten} ${tail}`));
  }
  if (number === 71) return ['soixante et onze'];
  if (number < 80) return [`soixante ${small[number - 60]}`];
  if (number === 80) return ['quatre-vingts', 'quatre-vingt'];
  if (number < 100) return spell(number - 80).map((tail) => `quatre-vingt ${tail}`);
  const head = number < 200 ? 'cent' : `${small[Math.floor(number / 100)]} cent`;
  if (number % 100 === 0) return [head, `${head}s`];
  return spell(number % 100).map((tail) => `${head} ${tail}`);
}

/** "un" and "une" are numbers too, so they count; templates write `[un]`. */
export const french: Language = {
  articles: ['le', 'la', 'les', 'l'],
  contractions: {},
  groups: '.',
  signs: { '%': 'pour cent', '°': 'degrés' },
  before: [
    "s'il te plaît",
    "s'il vous plaît",
    'hey',
    'salut',
    'bonjour',
    'ok',
    'alors',
    'peux-tu',
    'tu peux',
    'pourrais-tu',
    'pouvez-vous',
    'pourriez-vous',
    'est-ce que tu peux',
  ],
  after: ["s'il te plaît", "s'il vous plaît", 'merci', 'merci beaucoup', 'maintenant', 'pour moi'],
  anywhere: [],
  spell,
  halves: ['demi', 'demie'],
  amounts: { demi: 0.5, demie: 0.5, 'un demi': 0.5, 'une demi': 0.5 },
  thousands: ['mille'],
  millions: ['million', 'millions'],
  points: ['virgule', 'point'],
  minuses: ['moins'],
  ands: ['et'],
  units: {
    seconde: 1,
    secondes: 1,
    minute: 60,
    minutes: 60,
    heure: 3600,
    heures: 3600,
    jour: 86_400,
    jours: 86_400,
  },
  spans: { "quart d'heure": 900, "un quart d'heure": 900, "trois quarts d'heure": 2700 },
  operators: {
    plus: '+',
    '+': '+',
    moins: '-',
    '-': '-',
    fois: '*',
    'multiplié par': '*',
    x: '*',
    '*': '*',
    'divisé par': '/',
    sur: '/',
    '/': '/',
    puissance: '^',
    'à la puissance': '^',
    '^': '^',
    'pour cent de': '/ 100 *',
  },
  functions: { 'racine carrée de': 'sqrt', 'racine de': 'sqrt' },
  powers: { 'au carré': '^ 2', 'au cube': '^ 3' },
};
