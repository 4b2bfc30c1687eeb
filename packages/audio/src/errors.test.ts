import { readFile } from 'node:fs/promises';
import { describe, expect, it } from '@jest/globals';
import { AudioError } from './errors.js';

describe('AudioError', () => {
  it('has every code in the README, and no other is there', async () => {
    const readme = await readFile(new URL('../README.md', import.meta.url), 'utf8');

    const documented = [...readme.matchAll(/^\| `(AUDIO_[A-Z0-9_]+)`/gm)].map(([, code]) => code);

    expect(documented.toSorted()).toEqual(Object.keys(AudioError.messages).toSorted());
  });
});
