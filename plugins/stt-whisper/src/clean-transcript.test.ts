import { describe, expect, it } from '@jest/globals';
import { cleanTranscript, joinTranscripts } from './clean-transcript.js';

describe('cleanTranscript', () => {
  it('takes spaces and control tokens off', () => {
    expect(cleanTranscript(' <|en|><|notimestamps|> Turn on\n the lamp.<|endoftext|> ')).toBe(
      'Turn on the lamp.',
    );
  });

  it('makes nothing of sounds without words', () => {
    const sounds = ['[Music]', '(wind blowing) (wind blowing)', '*coughs*', '♪♪', ' ... ', '[BLANK_AUDIO].'];

    expect(sounds.map(cleanTranscript)).toEqual(sounds.map(() => ''));
  });

  it('keeps brackets beside words, because they may have been dictated', () => {
    expect(cleanTranscript('Buy milk (two bottles).')).toBe('Buy milk (two bottles).');
  });

  it('keeps words in every script', () => {
    const texts = ['Привет.', 'こんにちは', '42', 'مرحبا'];

    expect(texts.map(cleanTranscript)).toEqual(texts);
  });
});

describe('joinTranscripts', () => {
  it('puts a space between pieces and leaves empty ones out', () => {
    expect(joinTranscripts(['One.', '', 'Two.'], 'en')).toBe('One. Two.');
  });

  it('puts no space where the language has none', () => {
    expect(joinTranscripts(['今日は', '晴れです'], 'ja')).toBe('今日は晴れです');
  });
});
