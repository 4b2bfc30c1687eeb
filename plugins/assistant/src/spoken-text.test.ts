import { describe, expect, it } from '@jest/globals';
import { SpokenText } from './spoken-text.js';

describe('SpokenText', () => {
  it.each([
    ['plain words as they are', 'It is ten past eight.', 'It is ten past eight.'],
    [
      'emphasis',
      'This is **very** *important* and ~~wrong~~ __so__ _it_ is.',
      'This is very important and wrong so it is.',
    ],
    ['headings', '## The plan\n', 'The plan'],
    ['bullets', '- Milk\n* Eggs\n', 'Milk Eggs'],
    ['numbers of lists', '1. Milk\n', '1. Milk'],
    ['quotes', '> It is late.', 'It is late.'],
    ['links', 'Read [the page](https://example.com/a_b).', 'Read the page.'],
    ['addresses', 'See https://example.com/a?b=c for more.', 'See for more.'],
    ['inline code', 'Call `run` twice.', 'Call run twice.'],
    ['names with underscores', 'Set living_room_lamp.', 'Set living room lamp.'],
    ['emoji', 'Great! 🙂👩‍👩‍👧🇫🇷 Bye.', 'Great! Bye.'],
    ['digits, which are no emoji', 'Room 7 #1', 'Room 7 #1'],
    ['products', '2 * 3 is 6', '2 * 3 is 6'],
    ['tables', '| a | b |\n|---|---|\n', 'a, b,'],
    ['tags', 'one<br>two', 'one two'],
    ['comparisons', '1 < 2 and 3 > 2', '1 < 2 and 3 > 2'],
    ['repeated marks', 'What???!!', 'What?!'],
    ['other scripts', '今天很好。', '今天很好。'],
  ])('keeps what can be said of %s', (_, text, spoken) => {
    expect(new SpokenText().next(text)).toBe(spoken);
  });

  it.each(['🙂', '---', '```', 'https://example.com', ' \n', '**'])('has nothing to say for %j', (text) => {
    expect(new SpokenText().next(text)).toBe('');
  });

  it('leaves out code, also where it spans several segments', () => {
    const spokenText = new SpokenText();

    const spoken = ['Do this:\n```js\n', 'const a = 1;\n', 'run(a);\n```\nThen stop.'].map((text) =>
      spokenText.next(text),
    );

    expect(spoken).toEqual(['Do this:', '', 'Then stop.']);
  });
});
