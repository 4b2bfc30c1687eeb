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

/** Text without terminal escape sequences, control characters and halves of characters. Lines end in `\n`. */
export function cleanText(text: string): string {
  return text
    .replace(sequences, '')
    .replace(/\r\n?/g, '\n')
    .replace(controls, '')
    .replace(loneSurrogates, '\ufffd');
}

const loneSurrogates = /\p{Cs}/gu;
