/** For each format of a configuration key: values that fit it, and values that do not. */
import type { ConfigFormat } from '../plugin/config-schema.js';
import type { Doc } from './documents.test.support.js';

export interface FormatSamples {
  readonly format: ConfigFormat;
  readonly min?: number;
  readonly max?: number;
  /** A value with the text that an environment variable has for it. */
  readonly good: readonly (readonly [value: Doc, text: string])[];
  readonly wrong: readonly Doc[];
  readonly wrongTexts: readonly string[];
}

export const formatSamples: readonly FormatSamples[] = [
  {
    format: String,
    good: [
      ['amber', 'amber'],
      ['', ''],
      ['a b: c # d', 'a b: c # d'],
      ['yes', 'yes'],
      ['7', '7'],
      ['Grüße, „Welt“', 'Grüße, „Welt“'],
    ],
    wrong: [7, true, ['amber'], { amber: 1 }],
    wrongTexts: [],
  },
  {
    format: Number,
    good: [
      [0, '0'],
      [-1.5, '-1.5'],
      [1e3, '1e3'],
    ],
    wrong: ['7', true, [1]],
    wrongTexts: ['many', '0x10', '1,5', 'NaN', '1e999'],
  },
  {
    format: Number,
    min: 2,
    max: 9,
    good: [
      [2, '2'],
      [9, '+9.0'],
    ],
    wrong: [1, 9.5, '5'],
    wrongTexts: ['1', '10', 'five'],
  },
  {
    format: Boolean,
    good: [
      [true, 'Yes'],
      [false, 'off'],
      [true, '1'],
    ],
    wrong: ['true', 0, {}],
    wrongTexts: ['maybe', '2'],
  },
  { format: 'int', good: [[-3, '-3']], wrong: [0.5, '1', [3]], wrongTexts: ['0.5', 'three'] },
  {
    format: 'nat',
    max: 100,
    good: [
      [0, '0'],
      [99, '99'],
    ],
    wrong: [-1, 101, '0'],
    wrongTexts: ['-1', '101', '1 0'],
  },
  { format: 'port', good: [[8080, '8080']], wrong: [65_536, -1, '80'], wrongTexts: ['99999', 'http'] },
  { format: 'fraction', good: [[0.25, '.25']], wrong: [1.1, -0.1], wrongTexts: ['25%', '2'] },
  { format: 'path', good: [['./data/a b', './data/a b']], wrong: [5, []], wrongTexts: [] },
  {
    format: 'url',
    good: [
      ['https://example.org/x?y=1', 'https://example.org/x?y=1'],
      ['', ''],
    ],
    wrong: ['example.org', 'ftp://example.org', 5],
    wrongTexts: ['localhost:80', 'javascript:void'],
  },
  {
    format: 'list',
    good: [
      [['a', 'b c'], 'a, b c'],
      [['a'], ',a,'],
    ],
    wrong: ['a', ['a', 1], { a: 1 }],
    wrongTexts: [],
  },
  {
    format: 'record',
    good: [
      [{ hall: 2, attic: { beds: [1, null] } }, '{"hall":2,"attic":{"beds":[1,null]}}'],
      [{}, '{}'],
    ],
    wrong: [[], 'hall', 2],
    wrongTexts: ['{hall: 2}', '[1]', 'null'],
  },
  {
    format: ['fast', 'slow'],
    good: [
      ['fast', 'fast'],
      ['slow', 'slow'],
    ],
    wrong: ['FAST', 1, ['fast']],
    wrongTexts: ['medium'],
  },
  { format: [8_000, 16_000], good: [[16_000, '16000']], wrong: ['8000', 8_001], wrongTexts: ['8001'] },
];
