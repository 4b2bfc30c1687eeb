import { defineErrors } from '@tiercel/kernel';

export const TextToSpeechError = defineErrors(
  'TextToSpeechError',
  {
    TEXT_TO_SPEECH_TEXT_TOO_LONG: (d: { characters: number; limit: number }) =>
      `A unit of ${d.characters} characters is too long to speak in one call (limit ${d.limit}). Split the text at sentence ends.`,
    TEXT_TO_SPEECH_SPEED_WRONG: (d: { speed: number }) =>
      `Speed ${d.speed} is out of range. Use a number from 0.5 to 2.`,
    TEXT_TO_SPEECH_OVERLOADED: (d: { waiting: number; limit: number }) =>
      `${d.waiting} units already wait for this voice (limit ${d.limit}). Try again when some have been spoken.`,
    TEXT_TO_SPEECH_FAILED: (d: { voice: string; finding: string }) =>
      `Voice ${d.voice} failed: ${d.finding}. Verify it with "tiercel models verify ${d.voice}".`,
  },
  { retryable: ['TEXT_TO_SPEECH_OVERLOADED'] },
);
