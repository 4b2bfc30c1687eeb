import { describe, expect, it } from '@jest/globals';
import { emptyTurn } from '@tiercel/conversation';
import { showTurn } from './conversation-view.js';
import type { SessionTurn } from './session.js';

const turn: SessionTurn = {
  source: { type: 'text' },
  calls: [{ tool: 'get_time', args: {} }],
  summary: {
    ...emptyTurn,
    outcome: 'answered',
    path: 'phrase',
    heard: 'What time is it?',
    said: 'It is ten past eight.',
  },
};
const options = { paint: (_: string, text: string) => text, isPrompted: false };

describe('showTurn', () => {
  it('tells who said what, and what was done', () => {
    expect(showTurn(turn, options)).toBe(
      'you       What time is it?\n          get_time {}\ntiercel   It is ten past eight.',
    );
  });

  it('leaves out what somebody has typed and sees already', () => {
    expect(showTurn(turn, { ...options, isPrompted: true })).not.toContain('What time');
  });

  it('hangs long replies below their beginning', () => {
    expect(showTurn(turn, { ...options, columns: 28 })).toContain(
      'tiercel   It is ten past\n          eight.',
    );
  });

  it('never breaks lines for a program', () => {
    const said = 'long '.repeat(100).trim();

    const text = showTurn({ ...turn, summary: { ...turn.summary, said } }, options);

    expect(text.split('\n')).toHaveLength(3);
  });

  it('does not let words steer the terminal', () => {
    const said = 'a\u001b[2Jb';

    expect(showTurn({ ...turn, summary: { ...turn.summary, said } }, options)).toContain('a\ufffd[2Jb');
  });

  it('says that nothing was said, that it was cut short, and why it failed', () => {
    const error = { code: 'MODEL_LOST', message: 'Gone.' };
    const show = (summary: Partial<SessionTurn['summary']>) =>
      showTurn({ source: { type: 'microphone' }, calls: [], summary: { ...emptyTurn, ...summary } }, options);

    expect(show({})).toBe('you       (nothing that was said to me)');
    expect(show({ heard: 'Hi', outcome: 'interrupted' })).toContain('(interrupted)');
    expect(show({ heard: 'Hi', outcome: 'failed', error })).toContain('failed    MODEL_LOST: Gone.');
  });
});
