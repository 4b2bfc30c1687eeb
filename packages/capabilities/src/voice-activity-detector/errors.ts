import { defineErrors } from '@tiercel/kernel';

export const VoiceActivityError = defineErrors(
  'VoiceActivityError',
  {
    VOICE_ACTIVITY_WINDOW_WRONG: (d: {
      samples: number;
      sampleRateHz: number;
      windowSize: number;
      expectedRateHz: number;
    }) =>
      `The voice activity detector got a frame of ${d.samples} samples at ${d.sampleRateHz} Hz and takes exactly ${d.windowSize} at ${d.expectedRateHz} Hz. Resample and re-frame the input first (Resampler and Framer of @tiercel/audio).`,
    VOICE_ACTIVITY_OVERLOADED: (d: { streams: number; limit: number }) =>
      `${d.streams} streams already listen for speech (limit ${d.limit}). Close one, or raise the detector's limit if memory allows.`,
  },
  { retryable: ['VOICE_ACTIVITY_OVERLOADED'] },
);
