import { defineErrors } from '@tiercel/kernel';

export const AudioOutputError = defineErrors('AudioOutputError', {
  AUDIO_OUTPUT_FAILED: (d: { sink: string; finding: string }) =>
    `Audio output ${d.sink} failed: ${d.finding}. Check that it exists and may be written.`,
});
