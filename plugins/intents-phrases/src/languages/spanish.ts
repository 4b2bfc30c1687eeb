import type { Language } from './language.js';

const small =
  'cero uno dos tres cuatro cinco seis siete ocho nueve diez once doce trece catorce quince dieciséis diecisiete dieciocho diecinueve veinte veintiuno veintidós veintitrés veinticuatro veinticinco veintiséis veintisiete veintiocho veintinueve'.split(
    ' ',
  );
const tens = 'treinta cuarenta cincuenta sesenta setenta ochenta noventa'.split(' ');
const hundreds =
  'ciento doscientos trescientos cuatrocientos quinientos seiscientos setecientos ochocientos novecientos'.split(
    ' ',
  );

function spell(number: number): readonly string[] {
  if (number === 1) return ['uno', 'un', 'una'];
  if (number === 21) return ['veintiuno', 'veintiún', 'veintiuna'];
  if (number < 30) return [small[number] ?? ''];
  if (number < 100) {
    const ten = tens[Math.floor(number / 10) - 3] ?? '';
    return number % 10 === 0 ? [ten] : spell(number % 10).map((tail) => `${ten} y ${tail}`);
  }
  if (number === 100) return ['cien'];
  const head = hundreds[Math.floor(number / 100) - 1] ?? '';
  return number % 100 === 0 ? [head] : spell(number % 100).map((tail) => `${head} ${tail}`);
}

/** "un" and "una" are numbers too, so they count; templates write `[un]`. */
export const spanish: Language = {
  articles: ['el', 'la', 'los', 'las'],
  contractions: {},
  groups: '.',
  signs: { '%': 'por ciento', '°': 'grados' },
  before: [
    'por favor',
    'oye',
    'hola',
    'ok',
    'vale',
    'puedes',
    'podrías',
    'puede usted',
    'podría usted',
    'me puedes',
  ],
  after: ['por favor', 'gracias', 'muchas gracias', 'ahora', 'para mí'],
  anywhere: [],
  spell,
  halves: ['medio', 'media'],
  amounts: { medio: 0.5, media: 0.5 },
  thousands: ['mil'],
  millions: ['millón', 'millones'],
  points: ['coma', 'punto'],
  minuses: ['menos'],
  ands: ['y'],
  units: {
    segundo: 1,
    segundos: 1,
    minuto: 60,
    minutos: 60,
    hora: 3600,
    horas: 3600,
    día: 86_400,
    días: 86_400,
  },
  spans: { 'cuarto de hora': 900, 'un cuarto de hora': 900, 'tres cuartos de hora': 2700 },
  operators: {
    más: '+',
    '+': '+',
    menos: '-',
    '-': '-',
    por: '*',
    'multiplicado por': '*',
    x: '*',
    '*': '*',
    'dividido por': '/',
    'dividido entre': '/',
    entre: '/',
    '/': '/',
    'elevado a': '^',
    '^': '^',
    'por ciento de': '/ 100 *',
  },
  functions: { 'raíz cuadrada de': 'sqrt', 'raíz de': 'sqrt' },
  powers: { 'al cuadrado': '^ 2', 'al cubo': '^ 3' },
};
