import { capText, joinEnds } from './cap-text.js';

const ESC = '\u001b';
const CSI = '\u009b';

// Built from strings: linters rightly ask about control characters in a literal.
/** Whole escape sequences: commands (CSI), strings such as window titles (OSC, DCS, PM, APC, SOS), two-character ones. */
const sequences = new RegExp(
  [
    `(?:${ESC}\\[|${CSI})[0-?]*[ -/]*[@-~]`,
    `${ESC}[\\]PX^_][^${ESC}\u0007\u009c]*(?:\u0007|\u009c|${ESC}\\\\)?`,
    `${ESC}[ -/]*[0-~]`,
  ].join('|'),
  'g',
);
/** All controls but tab and newline, and the characters that turn the direction of writing. */
const controls = /[^\P{Cc}\t\n]|[\u202a-\u202e\u2066-\u2069]/gu;
const loneSurrogates = /\p{Cs}/gu;

/** Everything that any of the others is about; most text has none of it. */
const suspicious = /[^\P{Cc}\t\n]|[\u202a-\u202e\u2066-\u2069]|\p{Cs}/u;

/** Text without terminal escape sequences, control characters and halves of characters. Lines end in `\n`. */
export function cleanText(text: string): string {
  if (!suspicious.test(text)) return text;
  return text
    .replace(sequences, '')
    .replace(/\r\n?/g, '\n')
    .replace(controls, '')
    .replace(loneSurrogates, '\ufffd');
}

/** The same, capped; what will be left out of a long text is not even looked at. */
export function cleanEnds(text: string, maxBytes: number): string {
  // Escape sequences take room that is free once they are gone.
  const window = 4 * maxBytes;
  if (text.length <= 2 * window) return capText(cleanText(text), maxBytes);
  const beginning = cleanText(text.slice(0, window));
  const end = cleanText(text.slice(-window));
  return joinEnds(beginning, end, Buffer.byteLength(text), maxBytes);
}
