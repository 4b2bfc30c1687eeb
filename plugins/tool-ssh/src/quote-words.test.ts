import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { quoteWords } from './quote-words.js';

const shells = ['sh', 'bash', 'dash', 'zsh', 'ksh', 'busybox', 'fish'].flatMap((shell) => {
  const found = ['/bin', '/usr/bin', '/usr/local/bin'].map((folder) => `${folder}/${shell}`).find(existsSync);
  return found ? [[shell, found] as const] : [];
});
/** Any text of one line; much of it is what shells look at. */
const words = fc.array(
  fc.oneof(
    fc.string({ unit: fc.constantFrom(...'\'"\\`$(){}[]<>|&;*?~#!= \ta-'), maxLength: 20 }),
    fc.string({ unit: 'grapheme', maxLength: 20 }).map((text) => text.replace(/[\p{Cc}\p{Cs}]/gu, '')),
  ),
  { minLength: 1, maxLength: 6 },
);

describe('quoteWords', () => {
  it('leaves plain words alone', () => {
    expect(quoteWords(['systemctl', 'status', '--lines=5', '/var/log/a_b.log', 'x@y:z'])).toBe(
      'systemctl status --lines=5 /var/log/a_b.log x@y:z',
    );
  });

  it('quotes everything else, and what is empty', () => {
    expect(quoteWords(['', 'a b', "it's", 'back\\slash', '=x', '~'])).toBe(
      `'' 'a b' 'it'"'"'s' 'back'"\\\\"'slash' '=x' '~'`,
    );
  });

  it.each(shells)('is read by %s as the same words', (shell, program) => {
    const options = shell === 'busybox' ? ['sh', '-c'] : ['-c'];
    fc.assert(
      fc.property(words, (given) => {
        const commandLine = `printf '%s\\n' ${quoteWords(given)}`;

        const printed = execFileSync(program, [...options, commandLine], { encoding: 'utf8' });

        expect(printed).toBe(given.map((word) => `${word}\n`).join(''));
      }),
      { numRuns: 60 },
    );
  });
});
