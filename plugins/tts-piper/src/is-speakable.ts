const SPEAKABLE = /[\p{Letter}\p{Number}]/u;

/** Digits that only stand for a key, as in 1️⃣. */
const KEYCAPS = /[0-9#*]\uFE0F?\u20E3/gu;

/** Whether there is anything to say: no voice can speak punctuation or emoji, and some stumble over them. */
export function isSpeakable(text: string): boolean {
  return SPEAKABLE.test(text.replace(KEYCAPS, ''));
}
