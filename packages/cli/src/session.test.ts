import { describe, expect, it } from '@jest/globals';
import { Assistant, type AssistantEvent, type AssistantInput } from '@tiercel/capabilities/assistant';
import { FakeAssistant } from '@tiercel/capabilities/assistant/testing';
import { Clock } from '@tiercel/capabilities/clock';
import { FakeClock } from '@tiercel/capabilities/clock/testing';
import { boot, supply } from '@tiercel/kernel';
import { holdSession, type SessionOptions, type SessionTurn } from './session.js';

const loud = { name: 'loud.wav', pcm: new Int16Array(8000).fill(5000), sampleRateHz: 16_000 };
const silent = { name: 'silent.wav', pcm: new Int16Array(8000), sampleRateHz: 16_000 };

describe('holdSession', () => {
  it('gives the turns of typed sentences in order', async () => {
    const turns = await hold(new FakeAssistant({ answer: (heard) => `re: ${heard}` }), {
      texts: each('a', 'b'),
    });

    expect(turns.map(({ source, summary }) => [source.type, summary.heard, summary.said])).toEqual([
      ['text', 'a', 're: a'],
      ['text', 'b', 're: b'],
    ]);
  });

  it('counts a recording that starts no turn as an empty one, in its place', async () => {
    const turns = await hold(new LoudnessAssistant(), { recordings: [loud, silent, loud] });

    expect(turns.map(({ source, summary }) => [source, summary.outcome])).toEqual([
      [{ type: 'recording', name: 'loud.wav' }, 'answered'],
      [{ type: 'recording', name: 'silent.wav' }, 'empty'],
      [{ type: 'recording', name: 'loud.wav' }, 'answered'],
    ]);
    expect(turns[1]?.summary).toEqual({
      heard: '',
      path: 'none',
      said: '',
      outcome: 'empty',
      spans: {},
      totalMs: 0,
    });
  });

  it('types only when every recording has had its turn', async () => {
    const turns = await hold(new LoudnessAssistant(), { recordings: [loud], texts: each('typed') });

    expect(turns.map(({ source }) => source.type)).toEqual(['recording', 'text']);
  });

  it('keeps the tools of a turn with their arguments', async () => {
    const turns = await hold(new LoudnessAssistant(), { recordings: [loud, loud] });

    expect(turns.map(({ calls }) => calls)).toEqual([
      [{ tool: 'clap', args: { times: 1 } }],
      [{ tool: 'clap', args: { times: 2 } }],
    ]);
  });

  it('leaves out a tool that the person did not allow', async () => {
    const assistant = new FakeAssistant({
      needsApproval: () => ({ tool: 'open_door', args: { door: 'front' }, question: 'Shall I?' }),
    });

    const turns = await hold(assistant, { texts: each('open', 'no', 'open', 'yes') });

    expect(turns.map(({ calls }) => calls)).toEqual([[], [{ tool: 'open_door', args: { door: 'front' } }]]);
  });
});

async function hold(assistant: Assistant, options: Partial<SessionOptions>): Promise<readonly SessionTurn[]> {
  const clock = new FakeClock();
  await using node = await boot({
    manifest: { tier: 'test', plugins: { 'fake-clock': {}, 'fake-assistant': {} } },
    plugins: [
      supply('@tiercel/fake-clock', Clock, clock),
      supply('@tiercel/fake-assistant', Assistant, assistant),
    ],
    environment: {},
  });
  const turns: SessionTurn[] = [];
  let isOver = false;
  const session = holdSession({
    node,
    signal: new AbortController().signal,
    onTurn: (turn) => turns.push(turn),
    ...options,
  }).finally(() => {
    isOver = true;
  });
  while (!isOver) await clock.advance(32);
  await session;
  return turns;
}

async function* each(...texts: readonly string[]): AsyncGenerator<string> {
  yield* texts;
}

/** Makes a turn of each stretch of loud frames, and of each text. */
class LoudnessAssistant implements Assistant {
  async *converse(input: AsyncIterable<AssistantInput>): AsyncGenerator<AssistantEvent> {
    let turn = 0;
    let isLoud = false;
    for await (const item of input) {
      const wasLoud = isLoud;
      if (item.type === 'audio') isLoud = item.frame.pcm.some((sample) => sample > 1000);
      const hasEnded = item.type === 'audio' && wasLoud && !isLoud;
      if (!hasEnded && item.type !== 'text') continue;
      turn++;
      yield { type: 'turn-start', turn, by: item.type === 'text' ? 'text' : 'audio' };
      yield { type: 'tool-start', turn, tool: 'clap', args: { times: turn } };
      yield {
        type: 'turn-end',
        turn,
        attempt: turn,
        outcome: 'answered',
        path: 'phrase',
        heard: 'clap',
        reply: 'Clapped.',
        playout: 'Clapped.',
        tools: ['clap'],
        timeline: { spans: {}, totalMs: 0, overlapMs: {} },
      };
    }
  }
}
