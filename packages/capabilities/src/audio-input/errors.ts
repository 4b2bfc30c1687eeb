import { defineErrors } from '@tiercel/kernel';

export const AudioInputError = defineErrors(
  'AudioInputError',
  {
    AUDIO_INPUT_BUSY: (d: { source: string }) =>
      `Audio input ${d.source} is already being captured. End that capture first, or add a second input plugin.`,
    AUDIO_INPUT_FAILED: (d: { source: string; finding: string }) =>
      `Audio input ${d.source} failed: ${d.finding}. Check that the source exists and may be read.`,
  },
  { retryable: ['AUDIO_INPUT_BUSY'] },
);
