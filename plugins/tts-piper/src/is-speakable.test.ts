import { describe, expect, it } from '@jest/globals';
import { isSpeakable } from './is-speakable.js';

describe('isSpeakable', () => {
  it('finds words and numbers in every script', () => {
    expect(['Yes.', '42', '½', 'да', '是', '...a'].filter((text) => !isSpeakable(text))).toEqual([]);
  });

  it('finds nothing in spaces, punctuation and emoji', () => {
    expect(['', ' \n', '—', '?!', '🎉', '👩‍🚒', '1️⃣', '#️⃣', '\u200b'].filter(isSpeakable)).toEqual([]);
  });
});
