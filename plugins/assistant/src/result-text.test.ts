import { describe, expect, it } from '@jest/globals';
import type { ModelMessage } from '@tiercel/capabilities/language-model';
import fc from 'fast-check';
import { resultText, shortenLongestResult } from './result-text.js';

const result = (text: string): ModelMessage => ({ role: 'tool', toolCallId: 'a', text });

describe('resultText', () => {
  it.each([
    ['a text as it is', 'hello', 'hello'],
    ['anything else as JSON', { state: ['on', 1] }, '{"state":["on",1]}'],
    ['nothing as null', undefined, 'null'],
  ])('gives %s', (_, content, text) => {
    expect(resultText({ content })).toBe(text);
  });
});

describe('shortenLongestResult', () => {
  it('halves the longest result and keeps its beginning and its end', () => {
    const messages = [result('x'.repeat(300)), result(`begin${'y'.repeat(2_000)}end`)];

    const isShorter = shortenLongestResult(messages);

    expect(isShorter).toBe(true);
    expect(messages[0]?.text).toHaveLength(300);
    expect(messages[1]?.text).toHaveLength(1_004);
    expect(messages[1]?.text).toMatch(/^begin.*\n\[…\]\n.*end$/su);
  });

  it('leaves what is short, and what is no result', () => {
    const messages: ModelMessage[] = [{ role: 'user', text: 'z'.repeat(9_000) }, result('y'.repeat(200))];

    expect(shortenLongestResult(messages)).toBe(false);
    expect(messages.map(({ text }) => text.length)).toEqual([9_000, 200]);
  });

  it('comes to an end, without halves of characters', () => {
    fc.assert(
      fc.property(
        fc.array(fc.string({ unit: 'grapheme', minLength: 0, maxLength: 3_000 }), { maxLength: 5 }),
        (texts) => {
          const messages = texts.map(result);
          let before = messages.reduce((sum, { text }) => sum + text.length, 0);

          while (shortenLongestResult(messages)) {
            const after = messages.reduce((sum, { text }) => sum + text.length, 0);
            expect(after).toBeLessThan(before);
            before = after;
          }

          expect(
            messages.every(({ text }) => text.length <= 200 && Buffer.from(text).toString() === text),
          ).toBe(true);
        },
      ),
    );
  });
});
