import { getEventListeners } from 'node:events';
import { describe, expect, it } from '@jest/globals';
import type { AssistantEvent } from '@tiercel/capabilities/assistant';
import { FakeIntentRecognizer } from '@tiercel/capabilities/intent-recognizer/testing';
import { FakeLanguageModel } from '@tiercel/capabilities/language-model/testing';
import { FakeToolProvider } from '@tiercel/capabilities/tool-provider/testing';
import { Call, room, tone } from './__fixtures__/call.js';

/** Every turn goes from one `turn-start` to one `turn-end`, and nothing of a turn stands outside. */
function checkTurns(events: readonly AssistantEvent[]): void {
  let open: number | undefined;
  let last = 0;
  for (const event of events) {
    if (event.type === 'turn-start') {
      expect(open).toBeUndefined();
      expect(event.turn).toBe(last + 1);
      open = event.turn;
    } else if ('turn' in event) {
      expect(event.turn).toBe(open);
    }
    if (event.type !== 'turn-end') continue;
    last = event.turn;
    open = undefined;
    const sum = Object.values(event.timeline.spans).reduce((total, span) => total + span, 0);
    expect(Math.abs(sum - event.timeline.totalMs)).toBeLessThanOrEqual(1);
    expect(event.reply.startsWith(event.playout)).toBe(true);
    expect(event.error !== undefined).toBe(event.outcome === 'failed');
    if (event.outcome === 'empty') expect(event.reply).toBe('');
  }
  expect(open).toBeUndefined();
}

function openCall(random: () => number, signal: AbortSignal): Call {
  const oneOf = <T>(first: T, ...rest: readonly T[]): T =>
    [first, ...rest][Math.floor(random() * (rest.length + 1))] ?? first;
  const call = new Call({
    signal,
    plays: oneOf('paced', 'paced', 'paced', 'never'),
    hear: () => {
      if (random() < 0.1) throw new Error('scripted');
      return oneOf('What time is it?', 'turn it on and', 'Light on.', '', 'Thank you.');
    },
    isDeafToAborts: random() < 0.3,
    tools: [new FakeToolProvider([{ name: 'light_on', effect: 'write', policy: 'allow' }])],
    recognizers: [new FakeIntentRecognizer({ 'Light on.': { tool: 'light_on' } })],
    model: new FakeLanguageModel({
      replies: () => ({
        text: oneOf(
          'Yes.',
          '',
          'This is a longer answer, with a clause. And with a second sentence. '.repeat(3),
        ),
        ...(random() < 0.15 ? { error: new Error('scripted') } : {}),
        ...(random() < 0.15 ? { toolCalls: [{ name: 'light_on', args: {} }] } : {}),
      }),
    }),
  });
  call.stt.latencyMs = oneOf(0, 200, 900, 3_000);
  call.tts.latencyMs = oneOf(0, 100, 400);
  return call;
}

async function act(call: Call, random: () => number): Promise<void> {
  const choice = random();
  if (choice < 0.3) await call.hear(tone(200 + random() * 2_000));
  else if (choice < 0.6) await call.hear(room(100 + random() * 2_000));
  else if (choice < 0.7)
    await call.probe.send({ type: 'text', text: random() < 0.5 ? 'Light on.' : 'Hello' });
  else if (choice < 0.85) await call.probe.send({ type: 'cancel' });
  else if (choice < 0.9) call.tts.failure = new Error('scripted');
  else await call.wait(random() * 3_000);
}

describe('whatever happens', () => {
  it.each(Array.from({ length: 60 }, (_, seed) => seed + 1))(
    'each turn ends exactly once (script %i)',
    async (seed) => {
      const random = randomFrom(seed);
      const controller = new AbortController();
      const call = openCall(random, controller.signal);

      for (let step = 0; step < 12; step++) await act(call, random);
      if (random() < 0.3) controller.abort();
      await call.end();

      checkTurns(call.probe.events);
      expect(getEventListeners(controller.signal, 'abort')).toHaveLength(0);
      expect(call.clock.pending).toBe(0);
    },
  );

  it('an abort at any moment ends the turn as interrupted, and leaves nothing behind', async () => {
    for (let atMs = 0; atMs < 3_600; atMs += 80) {
      const controller = new AbortController();
      const call = new Call({
        signal: controller.signal,
        model: new FakeLanguageModel({
          replies: [
            { text: 'One moment.', toolCalls: [{ name: 'echo', args: {} }] },
            { text: 'This is a longer answer, with a clause. And a second sentence.' },
          ],
        }),
        tools: [new FakeToolProvider()],
      });
      call.tts.latencyMs = 100;

      await call.hear(Int16Array.from([...room(500), ...tone(800), ...room(4_000)]).subarray(0, 16 * atMs));
      controller.abort();
      await call.end();

      checkTurns(call.probe.events);
      for (const { outcome } of call.probe.ofType('turn-end'))
        expect(['interrupted', 'answered']).toContain(outcome);
      expect(getEventListeners(controller.signal, 'abort')).toHaveLength(0);
      expect(call.clock.pending).toBe(0);
    }
  });

  it('a cancel at any moment of a turn lets the next one be answered', async () => {
    for (let atMs = 0; atMs < 3_000; atMs += 150) {
      const call = new Call({
        model: new FakeLanguageModel({
          replies: () => ({ text: 'This is a longer answer, with a clause.' }),
        }),
      });
      call.tts.latencyMs = 100;

      await call.probe.send({ type: 'text', text: 'One' });
      await call.wait(atMs);
      await call.probe.send({ type: 'cancel' }, { type: 'text', text: 'Two' });
      await call.waitFor('turn-end', 2);
      await call.end();

      checkTurns(call.probe.events);
      expect(call.probe.ofType('turn-end').at(-1)).toMatchObject({ heard: 'Two', outcome: 'answered' });
    }
  });
});

function randomFrom(seed: number): () => number {
  let state = seed * 7_919;
  return () => {
    state = (state * 48_271) % 2_147_483_647;
    return state / 2_147_483_647;
  };
}
