import { createRequire } from 'node:module';

const spoken = [
  'turn-on-the-living-room-lamp',
  'what-is-the-capital-of-france',
  'room-noise',
  'what-time-is-it',
] as const;

/** What is typed when the recordings have been said. */
export const typedQuestion = 'How many minutes are in two hours?';

/** Recordings that ship with Tiercel, in the order in which they are said. */
export function shippedRecordings(): string[] {
  const { resolve } = createRequire(import.meta.url);
  return spoken.map((name) => resolve(`@tiercel/audio/recordings/synthetic/${name}.wav`));
}
