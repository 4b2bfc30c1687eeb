import { SherpaError } from './errors.js';

let claimed: string | undefined;

/**
 * Reserves the folder with phoneme data for this process: the engine reads the first one it is given and would speak every
 * later voice with it. Throws SPEECH_ENGINE_PHONEMES_FIXED for a second folder; the same folder may be claimed again.
 */
export function claimPhonemes(directory: string): void {
  claimed ??= directory;
  if (claimed !== directory) {
    throw new SherpaError('SPEECH_ENGINE_PHONEMES_FIXED', { directory, inUse: claimed });
  }
}
