import { describe, expect, it } from '@jest/globals';
import { rejectTranscript } from './gate.js';

const clear = { speechMs: 1_500, spanMs: 1_600, levelDbfs: -25, floorDbfs: -60 };

describe('rejectTranscript', () => {
  it('trusts clear speech', () => {
    expect(rejectTranscript('What time is it?', clear, 'en')).toBeUndefined();
  });

  it.each(['', ' . ', '[BLANK_AUDIO]', '(music)', '♪ ♪', '...'])('rejects %j as empty', (text) => {
    expect(rejectTranscript(text, clear, 'en')?.cause).toBe('empty');
  });

  it('rejects less than 250 ms of speech', () => {
    expect(rejectTranscript('Yes.', { ...clear, speechMs: 240, spanMs: 240 }, 'en')?.cause).toBe('speech');
    expect(rejectTranscript('Yes.', { ...clear, speechMs: 250, spanMs: 250 }, 'en')).toBeUndefined();
  });

  it('rejects speech that is mostly pauses', () => {
    expect(rejectTranscript('Yes.', { ...clear, speechMs: 300, spanMs: 1_100 }, 'en')?.cause).toBe('speech');
  });

  it('rejects what is hardly louder than the background', () => {
    expect(rejectTranscript('Hello.', { ...clear, levelDbfs: -55 }, 'en')?.cause).toBe('level');
    expect(rejectTranscript('Hello.', { ...clear, levelDbfs: -54 }, 'en')).toBeUndefined();
  });

  it('rejects a ghost phrase only where the speech is doubtful', () => {
    expect(rejectTranscript('Thank you.', { ...clear, speechMs: 900, spanMs: 900 }, 'en')?.cause).toBe(
      'phrase',
    );
    expect(rejectTranscript('Thank you.', { ...clear, speechMs: 1_200, spanMs: 2_600 }, 'en')?.cause).toBe(
      'phrase',
    );
    expect(rejectTranscript('Thank you.', clear, 'en')).toBeUndefined();
    expect(
      rejectTranscript('Thank you for it.', { ...clear, speechMs: 900, spanMs: 900 }, 'en'),
    ).toBeUndefined();
  });

  it('rejects text that compresses too well', () => {
    expect(
      rejectTranscript(
        'I am going to the shop. '.repeat(12),
        { ...clear, spanMs: 60_000, speechMs: 60_000 },
        'en',
      )?.cause,
    ).toBe('repetition');
  });

  it('rejects a group of words that repeats up to the token cap', () => {
    expect(rejectTranscript('so so so so so so so so so', clear, 'en')?.cause).toBe('repetition');
  });

  it('trusts somebody who repeats a word as often as people do', () => {
    expect(rejectTranscript('No, no, no, no!', clear, 'en')).toBeUndefined();
    expect(rejectTranscript('Stop stop stop stop.', clear, 'en')).toBeUndefined();
  });

  it('gives figures and no text', () => {
    expect(rejectTranscript('', clear, 'en')).toEqual({
      cause: 'empty',
      speechMs: 1_500,
      speechRatio: 1_500 / 1_600,
      levelDbfs: -25,
      floorDbfs: -60,
    });
  });
});
