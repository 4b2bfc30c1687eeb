import { describe, expect, it } from '@jest/globals';
import { spokenIn } from './past-turns.js';

describe('spokenIn', () => {
  it('pairs what was said with what was answered', () => {
    const spoken = spokenIn([
      { role: 'system', text: 'Be short.' },
      { role: 'user', text: 'a' },
      { role: 'assistant', text: 'A' },
      { role: 'user', text: 'b' },
      { role: 'assistant', text: '', toolCalls: [] },
      { role: 'tool', toolCallId: '1', text: 'result' },
      { role: 'assistant', text: 'B' },
      { role: 'user', text: 'c' },
      { role: 'user', text: 'd' },
    ]);

    expect(spoken).toEqual({
      text: 'c\nd',
      history: [
        { heard: 'a', playout: 'A' },
        { heard: 'b', playout: 'B' },
      ],
    });
  });

  it('leaves out what the assistant said before anybody else', () => {
    expect(
      spokenIn([
        { role: 'assistant', text: 'Welcome.' },
        { role: 'user', text: 'Hi' },
      ]),
    ).toEqual({
      text: 'Hi',
      history: [],
    });
  });

  it('finds nothing to answer where the assistant had the last word', () => {
    expect(
      spokenIn([
        { role: 'user', text: 'a' },
        { role: 'assistant', text: 'A' },
      ]),
    ).toBeUndefined();
    expect(spokenIn([{ role: 'system', text: 'Be short.' }])).toBeUndefined();
  });
});
