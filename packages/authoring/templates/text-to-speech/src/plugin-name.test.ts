import { describe, expect, it } from '@jest/globals';
import { TextToSpeech } from '@tiercel/capabilities/text-to-speech';
import { describeTextToSpeechContract } from '@tiercel/capabilities/text-to-speech/testing';
import { describeInEveryPlacement } from '@tiercel/testkit';
import { signalsOf } from './morse.js';

describeInEveryPlacement(
  'plugin-name',
  {
    capability: TextToSpeech,
    plugin: './dist/index.js',
    key: 'plugin-name',
    config: { wordsPerMinute: 60 },
  },
  describeTextToSpeechContract,
);

describe('signalsOf', () => {
  const morse = (text: string) =>
    [...signalsOf(text)].map(({ isTone, units }) => (isTone ? '=' : '.').repeat(units)).join('');

  it('tells dots, dashes, letters and words apart by their length', () => {
    expect(morse('An e')).toBe('=.===...===.=.......=.......');
  });

  it('reads letters with accents as those without, and leaves out what has no sign', () => {
    expect(morse('é!')).toBe(morse('e'));
    expect(morse('?! 😀')).toBe('');
  });
});
