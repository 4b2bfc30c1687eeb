import { describe, expect, it } from '@jest/globals';
import { Segmenter } from './segmenter.js';

function segmentsOf(text: string, language = 'en', chunk = text.length || 1): string[] {
  const segmenter = new Segmenter(language);
  const segments = [];
  for (let at = 0; at < text.length; at += chunk)
    segments.push(...segmenter.push(text.slice(at, at + chunk)));
  return [...segments, ...segmenter.flush()].map((segment) => segment.text);
}

describe('Segmenter', () => {
  it('holds back a sentence until the next one begins', () => {
    const segmenter = new Segmenter();

    const early = segmenter.push('It is ten past eight. ').map(({ text }) => text);
    const late = segmenter.push('S').map(({ text }) => text);

    expect([early, late]).toEqual([[], ['It is ten past eight. ']]);
  });

  it('ends the first segment at a clause after three words and 15 characters', () => {
    expect(segmentsOf('The sky is blue, because the air scatters light.')).toEqual([
      'The sky is blue, ',
      'because the air scatters light.',
    ]);
  });

  it('does not end the first segment at a clause that is too short', () => {
    expect(segmentsOf('Well, it is late.')).toEqual(['Well, it is late.']);
  });

  it('ends the first segment before a conjunction', () => {
    expect(segmentsOf('I switched the lamp on and I closed the door.')).toEqual([
      'I switched the lamp on ',
      'and I closed the door.',
    ]);
  });

  it('merges later sentences until they have 40 characters', () => {
    expect(
      segmentsOf('One thing. Two. Three. This is a sentence of some length. And one more of that kind.'),
    ).toEqual([
      'One thing. ',
      'Two. Three. This is a sentence of some length. ',
      'And one more of that kind.',
    ]);
  });

  it('cuts after 200 characters at the last space', () => {
    const segments = segmentsOf('word '.repeat(100));

    expect(segments.map(({ length }) => length)).toEqual([200, 200, 100]);
  });

  it('cuts text without spaces too', () => {
    const segments = segmentsOf('ก'.repeat(450));

    expect(segments.map(({ length }) => length)).toEqual([200, 200, 50]);
  });

  it.each([
    ['abbreviations', 'Please ask Dr. Jones, e.g. on the phone.', 'Please ask Dr. Jones, '],
    ['abbreviations that may end a sentence', 'Milk, eggs, etc. We need more.', 'Milk, eggs, etc. '],
    ['decimals', 'Pi is 3.14 and that is it.', 'Pi is 3.14 and that is it.'],
    ['initials', 'By J. R. Smith. He wrote it.', 'By J. R. Smith. '],
    ['addresses', 'See example.com/a.b?c=d. It is good.', 'See example.com/a.b?c=d. '],
    ['ellipses inside a sentence', 'Wait... it is here. Good.', 'Wait... it is here. '],
    ['ellipses at its end', 'I wonder… Maybe so.', 'I wonder… '],
    ['questions inside quotes', '“Really?” she said. Yes.', '“Really?” she said. '],
    ['closing quotes', '“It is late.” Then go.', '“It is late.” '],
    ['list markers', '1. Milk\n2. Eggs', '1. Milk\n'],
    ['years', 'It was in 1990. Then it ended.', 'It was in 1990. '],
    ['several marks', 'Really?! Yes.', 'Really?! '],
    ['emoji', 'Great! 🙂 Bye.', 'Great! '],
  ])('knows %s', (_, text, first) => {
    expect(segmentsOf(text)[0]).toBe(first);
  });

  it('knows German ordinals', () => {
    expect(segmentsOf('Am 3. Oktober ist frei. Gut.', 'de')[0]).toBe('Am 3. Oktober ist frei. ');
  });

  it('needs no space in Chinese and Japanese', () => {
    expect(segmentsOf('今天天气很好。我们去公园吧。', 'zh')).toEqual(['今天天气很好。', '我们去公园吧。']);
    expect(segmentsOf('「そうです。」それから。', 'ja')).toEqual(['「そうです。」', 'それから。']);
  });

  it('knows the Devanagari full stop', () => {
    expect(segmentsOf('यह अच्छा है। धन्यवाद।', 'hi')).toEqual(['यह अच्छा है। ', 'धन्यवाद।']);
  });

  it('says where each segment stands in the reply', () => {
    const segmenter = new Segmenter();

    const segments = [...segmenter.push('It is so. That is all.'), ...segmenter.flush()];

    expect(segments.map(({ start, end, boundary }) => [start, end, boundary])).toEqual([
      [0, 10, 'sentence'],
      [10, 22, 'sentence'],
    ]);
  });

  it('gives the words that wait when the writer pauses, but not the last, which may be half', () => {
    const segmenter = new Segmenter();
    segmenter.push('one two three four five six seven eight ni');

    const [segment] = segmenter.expire();

    expect(segment?.text).toBe('one two three four five six seven eight ');
  });

  it('gives nothing when the writer pauses after a few words, or later than the first segment', () => {
    const few = new Segmenter();
    few.push('one two three four');
    const later = new Segmenter();
    later.push('Yes. one two three four five six seven eight nine ten');

    expect([few.expire(), later.expire()]).toEqual([[], []]);
  });

  describe('for any text', () => {
    const pieces =
      'Hello|world|Dr.|e.g.|J.|3.14|1.|etc.|and|but|,|;|:|—|.|!|?|…|...|"|”|)|(|*|**|#|`|```|\n|\n\n|- |🙂|👩‍👩‍👧|https://a.b/c.d?e=f|。|！|，|「|」|今天天气很好|यह|।|ก็|x|supercalifragilisticexpialidocious'.split(
        '|',
      );

    it.each(Array.from({ length: 300 }, (_, seed) => seed))('the rules hold (%i)', (seed) => {
      const random = randomFrom(seed);
      const text = Array.from(
        { length: 1 + Math.floor(random() * 60) },
        () => (pieces[Math.floor(random() * pieces.length)] ?? '') + (random() < 0.7 ? ' ' : ''),
      ).join('');

      const whole = segmentsOf(text);
      const single = segmentsOf(text, 'en', 1);
      const random3 = segmentsOf(text, 'en', 3);

      expect(whole.join('')).toBe(text);
      expect(single).toEqual(whole);
      expect(random3).toEqual(whole);
      if (/[\p{L}\p{N}]/u.test(text)) {
        for (const segment of whole) expect(segment).toMatch(/[\p{L}\p{N}]/u);
      }
    });
  });
});

function randomFrom(seed: number): () => number {
  let state = seed + 1;
  return () => {
    state = (state * 48_271) % 2_147_483_647;
    return state / 2_147_483_647;
  };
}
