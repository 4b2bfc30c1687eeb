import { describe, expect, it } from '@jest/globals';
import type { ModelRequest } from '@tiercel/capabilities/language-model';
import { FakeLanguageModel } from '@tiercel/capabilities/language-model/testing';
import { History } from './history.js';

const signal = new AbortController().signal;

describe('History', () => {
  it('tells the model what was said, in order', () => {
    const history = new History(9);
    history.add({ user: 'One?', exchanges: [], playout: 'One.' });

    expect(history.messages('Be brief.', 'Two?')).toEqual([
      { role: 'system', text: 'Be brief.' },
      { role: 'user', text: 'One?' },
      { role: 'assistant', text: 'One.' },
      { role: 'user', text: 'Two?' },
    ]);
  });

  it('has never two user messages in a row', () => {
    const history = new History(9);
    history.add({ user: 'One?', exchanges: [], playout: '' });
    history.add({ user: 'Two?', exchanges: [], playout: '' });

    expect(history.messages('', 'Three?')).toEqual([{ role: 'user', text: 'One?\nTwo?\nThree?' }]);
  });

  it('has no message where nothing was said', () => {
    const history = new History(9);
    history.add({ user: '', exchanges: [], playout: 'Welcome.' });

    expect(history.messages('', 'Hello').map(({ role, text }) => [role, text])).toEqual([
      ['assistant', 'Welcome.'],
      ['user', 'Hello'],
    ]);
  });

  it('keeps what tools answered', () => {
    const history = new History(9);
    history.add({
      user: 'Light',
      exchanges: [
        { role: 'assistant', text: '', toolCalls: [{ id: 'a', name: 'lamp_on', args: {} }] },
        { role: 'tool', toolCallId: 'a', text: 'true' },
      ],
      playout: 'It is on.',
    });

    expect(history.messages('', 'Thanks').map(({ role }) => role)).toEqual([
      'user',
      'assistant',
      'tool',
      'assistant',
      'user',
    ]);
  });

  it('forgets the oldest turn when there are too many', () => {
    const history = new History(2);
    for (const user of ['One', 'Two', 'Three']) history.add({ user, exchanges: [], playout: 'Yes.' });

    expect(history.turns.map(({ user }) => user)).toEqual(['Two', 'Three']);
  });

  it('forgets whole turns until the prompt leaves room for the answer', async () => {
    const history = new History(99);
    const words = 'word '.repeat(20);
    for (let turn = 0; turn < 20; turn++)
      history.add({ user: `${turn} ${words}`, exchanges: [], playout: words });
    const model = new FakeLanguageModel({ features: { contextTokens: 300 } });
    const build = (): ModelRequest => ({ messages: history.messages('Be brief.', 'Now?') });

    const request = await history.fit(model, { maxTokens: 250, build, shrink: () => false }, signal);

    expect(await model.countTokens(request)).toBeLessThanOrEqual(250);
    expect(history.turns.length).toBeGreaterThan(0);
    expect(history.turns.at(-1)?.user).toBe(`19 ${words}`);
    expect(request.messages[1]?.role).toBe('user');
    expect(
      request.messages.filter(({ text }) => text.includes('word')).every(({ text }) => text.endsWith(words)),
    ).toBe(true);
  });

  it('does not spend time on counting where the prompt fits anyway', async () => {
    const history = new History(9);
    history.add({ user: 'One?', exchanges: [], playout: 'One.' });
    let counts = 0;
    const build = (): ModelRequest => ({ messages: history.messages('', 'Two?') });

    const fitted = { maxTokens: 256, build, shrink: () => false };
    await history.fit({ countTokens: async () => ++counts }, fitted, signal);

    expect(counts).toBe(0);
  });
});
