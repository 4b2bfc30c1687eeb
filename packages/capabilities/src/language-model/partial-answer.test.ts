import { describe, expect, it } from '@jest/globals';
import { LanguageModelError, partialOf, withPartial } from './index.js';

const PARTIAL = {
  text: 'The quince',
  usage: { inputTokens: 9, cachedTokens: 0, outputTokens: 2, isEstimated: true },
};

function broken(): LanguageModelError {
  return new LanguageModelError('LANGUAGE_MODEL_STREAM_TRUNCATED', {
    endpoint: 'http://10.0.0.5:8080',
    finding: 'the connection was reset',
  });
}

describe('withPartial', () => {
  it('lets an error tell what had been said', () => {
    const error: unknown = withPartial(broken(), PARTIAL);

    expect(partialOf(error)).toEqual(PARTIAL);
  });

  it('keeps it out of what is printed', () => {
    const error = withPartial(broken(), PARTIAL);

    expect(`${error.message} ${JSON.stringify(error.details)}`).not.toContain('quince');
  });

  it('keeps code, class and whether a repetition makes sense', () => {
    const error = withPartial(broken(), PARTIAL);

    expect(error).toBeInstanceOf(LanguageModelError);
    expect(error).toMatchObject({ code: 'LANGUAGE_MODEL_STREAM_TRUNCATED', retryable: true });
  });
});

describe('partialOf', () => {
  it.each([
    ['an error without one', new Error('no')],
    ['nothing', undefined],
    ['another partial', { partial: 3 }],
  ])('finds none in %s', (_, thrown) => {
    expect(partialOf(thrown)).toBeUndefined();
  });
});
