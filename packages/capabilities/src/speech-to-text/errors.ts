import { defineErrors } from '@tiercel/kernel';

export const SpeechToTextError = defineErrors(
  'SpeechToTextError',
  {
    SPEECH_TO_TEXT_RATE_WRONG: (d: { sampleRateHz: number; expectedRateHz: number }) =>
      `Speech recognition got audio at ${d.sampleRateHz} Hz and takes ${d.expectedRateHz} Hz. Resample it first (Resampler of @tiercel/audio).`,
    SPEECH_TO_TEXT_LANGUAGE_UNKNOWN: (d: { language: string; model: string; languages: readonly string[] }) =>
      `Model ${d.model} does not know language "${d.language}". Use one of ${d.languages.join(', ')}.`,
    SPEECH_TO_TEXT_OVERLOADED: (d: { waiting: number; limit: number }) =>
      `${d.waiting} utterances already wait for recognition (limit ${d.limit}). Try again later, or give the recogniser more threads.`,
    SPEECH_TO_TEXT_FAILED: (d: { model: string; finding: string }) =>
      `Recognition with ${d.model} failed: ${d.finding}. Verify the model with "tiercel models verify ${d.model}".`,
  },
  { retryable: ['SPEECH_TO_TEXT_OVERLOADED'] },
);
