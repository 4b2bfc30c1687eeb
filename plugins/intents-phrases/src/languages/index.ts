import { english } from './english.js';
import { french } from './french.js';
import { german } from './german.js';
import type { Language } from './language.js';
import { spanish } from './spanish.js';

const known = new Map([
  ['en', english],
  ['de', german],
  ['fr', french],
  ['es', spanish],
]);

/** For languages that nobody described yet: words match as they are, numbers only in digits. */
const unknown: Language = {
  articles: [],
  contractions: {},
  groups: ',',
  signs: {},
  before: [],
  after: [],
  anywhere: [],
  spell: () => [],
  halves: [],
  amounts: {},
  thousands: [],
  millions: [],
  points: [],
  minuses: [],
  ands: [],
  units: {},
  spans: {},
  operators: { '+': '+', '-': '-', '*': '*', '/': '/', '^': '^' },
  functions: {},
  powers: {},
};

export function findLanguage(tag: string): Language {
  return known.get(tag) ?? unknown;
}

export type { Language } from './language.js';
