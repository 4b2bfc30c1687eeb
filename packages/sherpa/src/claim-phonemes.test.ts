import { describe, expect, it } from '@jest/globals';
import { claimPhonemes } from './claim-phonemes.js';

describe('claimPhonemes', () => {
  it('gives a process one folder, as often as it is asked for', () => {
    claimPhonemes('/voices/a/espeak-ng-data');
    claimPhonemes('/voices/a/espeak-ng-data');

    expect(() => claimPhonemes('/voices/b/espeak-ng-data')).toThrow(
      expect.objectContaining({ code: 'SPEECH_ENGINE_PHONEMES_FIXED' }),
    );
  });
});
