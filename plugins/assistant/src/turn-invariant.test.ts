import { getEventListeners } from 'node:events';
import { describe, expect, it } from '@jest/globals';
import type { AssistantEvent } from '@tiercel/capabilities/assistant';
import { FakeIntentRecognizer } from '@tiercel/capabilities/intent-recognizer/testing';
import { LanguageModelError } from '@tiercel/capabilities/language-model';
import { FakeLanguageModel } from '@tiercel/capabilities/language-model/testing';
import { FakeToolRegistry } from '@tiercel/capabilities/tool-registry/testing';
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
    checkTools(
      events.filter((other) => 'turn' in other && other.turn === event.turn),
      event,
    );
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

/** Tools and approvals end as often as they begin, and only what was allowed is called; an interrupted turn may tell less. */
function checkTools(
  events: readonly AssistantEvent[],
  { outcome, tools }: Extract<AssistantEvent, { readonly type: 'turn-end' }>,
): void {
  const count = (type: AssistantEvent['type']) => events.filter((event) => event.type === type).length;
  const refused = events.filter((event) => event.type === 'approval-end' && event.decision !== 'allowed');
  if (outcome !== 'interrupted') {
    expect(count('tool-end')).toBe(count('tool-start'));
    expect(count('approval-end')).toBe(count('approval'));
  }
  expect(count('tool-end')).toBeLessThanOrEqual(count('tool-start'));
  expect(count('approval-end')).toBeLessThanOrEqual(count('approval'));
  expect(tools.length).toBeLessThanOrEqual(count('tool-start') - refused.length);
}

function openCall(random: () => number, signal: AbortSignal): Call {
  const oneOf = <T>(first: T, ...rest: readonly T[]): T =>
    [first, ...rest][Math.floor(random() * (rest.length + 1))] ?? first;
  const call: Call = new Call({
    signal,
    plays: oneOf('paced', 'paced', 'paced', 'never'),
    hear: () => {
      if (random() < 0.1) throw new Error('scripted');
      return oneOf(
        'What time is it?',
        'turn it on and',
        'Light on.',
        'Oven on.',
        'Yes.',
        'No.',
        '',
        'Thank you.',
      );
    },
    isDeafToAborts: random() < 0.3,
    tools: new FakeToolRegistry([
      { name: 'light_on', effect: 'write', policy: 'allow' },
      { name: 'oven_on', effect: 'write' },
      {
        name: 'look',
        run: async (_, { signal }) => {
          await call.clock.delay(oneOf(10, 300, 2_000), { signal });
          return { content: 'x'.repeat(oneOf(1, 9_000)) };
        },
      },
    ]),
    recognizers: [
      new FakeIntentRecognizer({ 'Light on.': { tool: 'light_on' }, 'Oven on.': { tool: 'oven_on' } }),
    ],
    modelProviders: async () => {
      if (random() < 0.1) throw new Error('scripted');
      const isWell = random() < 0.5;
      return [
        { plugin: 'llm-remote', isWell },
        { plugin: 'llm-local', isWell: true },
      ];
    },
    model: new FakeLanguageModel({
      replies: () => ({
        text: oneOf(
          'Yes.',
          '',
          'This is a longer answer, with a clause. And with a second sentence. '.repeat(3),
        ),
        ...(random() < 0.15 ? { error: oneOf(new Error('scripted'), lost()) } : {}),
        ...(random() < 0.4
          ? {
              toolCalls: Array.from({ length: oneOf(1, 2, 5) }, () => ({
                name: oneOf('light_on', 'oven_on', 'look', 'nothing'),
                args: {},
              })),
            }
          : {}),
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
    await call.probe.send({
      type: 'text',
      text: ['Light on.', 'Oven on.', 'Hello', 'yes', 'no'][Math.floor(random() * 5)] ?? '',
    });
  else if (choice < 0.78) {
    const { id = '' } = call.probe.ofType('approval').at(-1) ?? {};
    await call.probe.send({ type: 'approve', id, allow: random() < 0.5 });
  } else if (choice < 0.85) await call.probe.send({ type: 'cancel' });
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
        tools: new FakeToolRegistry(),
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

  it('an answer, a cancel or the end at any moment around an approval ends the turn, and runs the tool only after a yes', async () => {
    const ways = [
      { type: 'approve', id: 'approval-1', allow: true },
      { type: 'approve', id: 'approval-1', allow: false },
      { type: 'text', text: 'yes' },
      { type: 'text', text: 'What else?' },
      { type: 'cancel' },
      undefined,
    ] as const;
    for (const way of ways) {
      for (let atMs = 0; atMs < 2_700; atMs += 300) {
        const tools = new FakeToolRegistry([{ name: 'oven_on', effect: 'write' }]);
        const call = new Call({
          tools,
          recognizers: [new FakeIntentRecognizer({ 'Oven on.': { tool: 'oven_on' } })],
        });

        await call.wait(50);
        await call.probe.send({ type: 'text', text: 'Oven on.' });
        await call.wait(atMs);
        if (way) await call.probe.send(way);
        await call.end();

        checkTurns(call.probe.events);
        const isAllowed = call.probe.ofType('approval-end').some(({ decision }) => decision === 'allowed');
        expect(tools.calls).toHaveLength(isAllowed ? 1 : 0);
        expect(isAllowed && way?.type === 'cancel').toBe(false);
        expect(call.clock.pending).toBe(0);
      }
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

function lost(): LanguageModelError {
  return new LanguageModelError('LANGUAGE_MODEL_UNREACHABLE', { attempts: [] });
}

function randomFrom(seed: number): () => number {
  let state = seed * 7_919;
  return () => {
    state = (state * 48_271) % 2_147_483_647;
    return state / 2_147_483_647;
  };
}
