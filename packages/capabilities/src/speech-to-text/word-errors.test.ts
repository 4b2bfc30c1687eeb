import { describe, expect, it } from '@jest/globals';
import { countWordErrors } from './word-errors.js';

describe('countWordErrors', () => {
  it.each([
    ['the same words', 'Turn on the lamp.', 'turn on the LAMP', 0],
    ['hyphens and commas', 'Open-source, full-featured', 'open source full featured', 0],
    ['a small number in digits', 'Set a timer for 5 minutes', 'set a timer for five minutes', 0],
    ['a word too many', 'what that you said', 'what you said', 1],
    ['a word too few', 'what said', 'what you said', 1],
    ['another word', 'what he said', 'what you said', 1],
    ['a part that is missing', 'a b c', 'a b c d e f', 3],
    ['all of it', '', 'what you said', 3],
    ['something where nothing was said', 'thank you', '', 2],
    ['another order', 'b a', 'a b', 2],
  ])('counts %s', (_, heard, said, errors) => {
    expect(countWordErrors(heard, said)).toBe(errors);
  });
});
