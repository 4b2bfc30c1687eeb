import type { Language } from './language.js';

const small =
  'zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen'.split(
    ' ',
  );
const tens = 'twenty thirty forty fifty sixty seventy eighty ninety'.split(' ');

function spell(number: number): readonly string[] {
  if (number < 20) return [small[number] ?? ''];
  if (number < 100) {
    const ten = tens[Math.floor(number / 10) - 2] ?? '';
    return [number % 10 === 0 ? ten : `${ten} ${small[number % 10]}`];
  }
  const hundreds = Math.floor(number / 100);
  // "a hundred" is left with "hundred", because articles do not count.
  const heads = [`${small[hundreds]} hundred`, ...(hundreds === 1 ? ['hundred'] : [])];
  if (number % 100 === 0) return heads;
  const tails = spell(number % 100).flatMap((tail) => [tail, `and ${tail}`]);
  return heads.flatMap((head) => tails.map((tail) => `${head} ${tail}`));
}

export const english: Language = {
  articles: ['the', 'a', 'an'],
  contractions: {
    "can't": 'can not',
    "won't": 'will not',
    "n't": 'not',
    "'s": 'is',
    "'re": 'are',
    "'ll": 'will',
    "'d": 'would',
    "'ve": 'have',
    "'m": 'am',
    whats: 'what is',
    hows: 'how is',
    wheres: 'where is',
    whos: 'who is',
    thats: 'that is',
  },
  groups: ',',
  signs: { '%': 'percent', '°': 'degrees' },
  before: [
    'please',
    'hey',
    'hi',
    'hello',
    'ok',
    'okay',
    'so',
    'well',
    'um',
    'uh',
    'now',
    'just',
    'kindly',
    'could you',
    'can you',
    'would you',
    'will you',
    'would you mind',
    'i want you to',
    'i need you to',
    'i would like you to',
  ],
  after: [
    'please',
    'thanks',
    'thank you',
    'thank you very much',
    'now',
    'right now',
    'for me',
    'will you',
    'would you',
    'could you',
    'can you',
  ],
  anywhere: ['please'],
  spell,
  halves: ['half'],
  amounts: { half: 0.5, quarter: 0.25, 'three quarters': 0.75 },
  thousands: ['thousand'],
  millions: ['million'],
  points: ['point'],
  minuses: ['minus', 'negative'],
  ands: ['and'],
  units: {
    second: 1,
    seconds: 1,
    sec: 1,
    secs: 1,
    minute: 60,
    minutes: 60,
    min: 60,
    mins: 60,
    hour: 3600,
    hours: 3600,
    hr: 3600,
    hrs: 3600,
    day: 86_400,
    days: 86_400,
  },
  spans: { 'quarter of hour': 900, 'three quarters of hour': 2700, 'couple of minutes': 120 },
  operators: {
    plus: '+',
    '+': '+',
    minus: '-',
    '-': '-',
    times: '*',
    'multiplied by': '*',
    x: '*',
    '*': '*',
    'divided by': '/',
    over: '/',
    '/': '/',
    'to the power of': '^',
    '^': '^',
    'percent of': '/ 100 *',
  },
  functions: { 'square root of': 'sqrt', 'cube root of': 'cbrt' },
  powers: { squared: '^ 2', cubed: '^ 3' },
};
