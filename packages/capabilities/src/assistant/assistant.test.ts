import { describe, expect, it } from '@jest/globals';
import { ConversationProbe, describeAssistantContract, FakeAssistant } from './testing.js';

describeAssistantContract(
  'FakeAssistant',
  () => ({
    provider: new FakeAssistant({
      needsApproval: (heard) =>
        heard === 'Open the door' ? { tool: 'open_door', question: 'Shall I open the door?' } : undefined,
    }),
    close: () => undefined,
  }),
  { sensitiveRequest: 'Open the door' },
);

const frame = (value: number, position = 0) => ({
  type: 'audio' as const,
  frame: { pcm: new Int16Array(512).fill(value), sampleRateHz: 16_000, position, timeMs: 0 },
});

describe('FakeAssistant', () => {
  it('takes the audio up to audio-end for one utterance', async () => {
    const probe = new ConversationProbe(new FakeAssistant({ hear: (frames) => `${frames.length} frames` }));

    await probe.send(frame(0), frame(1, 512), frame(2, 1024), { type: 'audio-end' });
    const end = await probe.waitFor('turn-end');
    probe.end();
    await probe.ended;

    expect(end).toMatchObject({ outcome: 'answered', heard: '2 frames', reply: '2 frames' });
  });

  it('rejects what it hears as an empty text', async () => {
    const probe = new ConversationProbe(new FakeAssistant({ hear: () => '' }));

    await probe.send(frame(1), { type: 'audio-end' });
    const end = await probe.waitFor('turn-end');
    probe.end();
    await probe.ended;

    expect(end.outcome).toBe('empty');
    expect(probe.ofType('transcript-rejected')).toHaveLength(1);
  });

  it('fails a turn as its script says, and goes on', async () => {
    const answers = [new Error('no'), 'yes'];
    const probe = new ConversationProbe(new FakeAssistant({ answer: () => answers.shift() ?? '' }));

    await probe.send({ type: 'text', text: 'a' }, { type: 'text', text: 'b' });
    probe.end();
    await probe.ended;

    expect(probe.ofType('turn-end').map(({ outcome }) => outcome)).toEqual(['failed', 'answered']);
  });

  it('goes on from what was said before', async () => {
    const probe = new ConversationProbe(
      new FakeAssistant({
        answer: (_, past) => past.map(({ heard, playout }) => `${heard} ${playout}`).join(', '),
      }),
      { voice: false, history: [{ heard: 'a', playout: 'b' }] },
    );

    await probe.send({ type: 'text', text: 'c' }, { type: 'text', text: 'd' });
    probe.end();
    await probe.ended;

    expect(probe.ofType('turn-end').map(({ reply }) => reply)).toEqual(['a b', 'a b, c a b']);
  });
});
