import { describe, expect, it } from '@jest/globals';
import { FakeIntentRecognizer } from '@tiercel/capabilities/intent-recognizer/testing';
import { FakeLanguageModel } from '@tiercel/capabilities/language-model/testing';
import type { FakeTool } from '@tiercel/capabilities/tool-provider/testing';
import { FakeToolRegistry } from '@tiercel/capabilities/tool-registry/testing';
import { Call, type CallOptions, room, tone } from './__fixtures__/call.js';
import { AssistantError } from './errors.js';

const oven: FakeTool = {
  name: 'oven_on',
  description: 'Turns the oven on.',
  effect: 'write',
  phrases: { en: { templates: ['turn on the oven'] } },
  run: () => ({ content: 'on', spoken: 'The oven is on.' }),
};
const question = 'Shall I do this: turn on the oven?';
const text = (said: string) => ({ type: 'text', text: said }) as const;

/** A conversation in which a fixed command needs an approval. */
function openCall(options: CallOptions = {}) {
  const tools = new FakeToolRegistry([oven, { name: 'bell', effect: 'destructive' }]);
  const recognizers = [
    new FakeIntentRecognizer({ 'Oven on.': { tool: 'oven_on' }, 'Bell.': { tool: 'bell' } }),
  ];
  const call = new Call({ tools, recognizers, ...options });
  const decisions = () => call.probe.ofType('approval-end').map(({ decision }) => decision);
  return { call, tools, decisions };
}

/** The same, up to the question. */
async function ask(options: CallOptions = {}) {
  const opened = openCall(options);
  await opened.call.probe.send(text('Oven on.'));
  await opened.call.waitFor('approval');
  return opened;
}

describe('a tool that needs an approval', () => {
  it('is asked for in the reply, and tells what it would be called with', async () => {
    const { call, tools } = await ask();

    await call.wait(3_000);
    const [approval] = call.probe.ofType('approval');
    const said = [...call.tts.said];
    await call.end();

    expect(approval).toEqual({
      type: 'approval',
      turn: 1,
      id: 'approval-1',
      tool: 'oven_on',
      args: {},
      question,
      expiresInMs: 60_000,
    });
    expect(said.join(' ')).toBe(question);
    expect(tools.calls).toEqual([]);
  });

  it('sounds to its end while the answer is awaited', async () => {
    const { call } = await ask();

    await call.wait(4_000);
    const audio = call.probe.ofType('audio');
    const sentMs = audio.reduce((sum, { frame }) => sum + (frame.pcm.length * 1000) / frame.sampleRateHz, 0);
    await call.end();

    expect(sentMs).toBeGreaterThanOrEqual(question.length * 50);
    expect(new Set(audio.map(({ frame }) => frame.pcm.length)).size).toBe(1);
  });

  it.each([
    ['a click', { type: 'approve', id: 'approval-1', allow: true }],
    ['a typed yes', text('yes, please')],
  ] as const)('runs after %s', async (_, answer) => {
    const { call, tools, decisions } = await ask();

    await call.probe.send(answer);
    await call.waitFor('turn-end');
    await call.end();

    expect(decisions()).toEqual(['allowed']);
    expect(tools.calls).toMatchObject([{ name: 'oven_on', options: { caller: 'assistant' } }]);
    expect(call.probe.ofType('turn-end')).toMatchObject([
      { outcome: 'answered', path: 'phrase', reply: `${question}\nThe oven is on.`, tools: ['oven_on'] },
    ]);
  });

  it.each([
    ['a click', { type: 'approve', id: 'approval-1', allow: false }],
    ['a typed no', text('No!')],
  ] as const)('does not run after %s', async (_, answer) => {
    const { call, tools, decisions } = await ask();

    await call.probe.send(answer);
    await call.waitFor('turn-end');
    await call.end();

    expect(decisions()).toEqual(['refused']);
    expect([tools.calls, tools.refused]).toEqual([[], ['approval-1']]);
    expect(call.probe.ofType('turn-end')).toMatchObject([
      { outcome: 'answered', reply: `${question}\nAll right, I will leave it.`, tools: [] },
    ]);
  });

  it('runs after a spoken yes, which is no turn of its own', async () => {
    const { call, tools } = await ask({ hear: () => 'Yes, do it.' });

    await call.wait(3_000);
    await call.hear(tone(600), room(300));
    await call.waitFor('turn-end');
    await call.end();

    expect(tools.calls).toHaveLength(1);
    expect(call.probe.ofType('turn-start')).toHaveLength(1);
    expect(call.probe.ofType('transcript-final')).toEqual([
      { type: 'transcript-final', turn: 1, text: 'Yes, do it.' },
    ]);
    expect(call.probe.ofType('turn-end')).toMatchObject([{ outcome: 'answered', heard: 'Oven on.' }]);
  });

  it('goes on waiting after noise', async () => {
    const { call, decisions } = await ask({ hear: () => 'Thank you.' });

    await call.wait(3_000);
    await call.hear(tone(400), room(500));
    await call.waitFor('transcript-rejected');
    const early = decisions();
    await call.probe.send(text('yes'));
    await call.waitFor('turn-end');
    await call.end();

    expect([early, decisions()]).toEqual([[], ['allowed']]);
    expect(call.probe.ofType('turn-end')).toHaveLength(1);
  });

  it.each([
    ['typed', async (call: Call) => call.probe.send(text('What time is it?'))],
    ['spoken', async (call: Call) => call.hear(room(2_500), tone(900), room(300))],
  ] as const)('is refused by anything else that is %s, which becomes the next turn', async (by, say) => {
    const { call, tools, decisions } = await ask();

    await say(call);
    await call.waitFor('turn-end', 2);
    await call.end();

    expect(decisions()).toEqual(['superseded']);
    expect([tools.calls, tools.refused]).toEqual([[], ['approval-1']]);
    expect(call.probe.ofType('turn-end')).toMatchObject([
      { heard: 'Oven on.', reply: `${question}\n` },
      { heard: 'What time is it?', outcome: 'answered' },
    ]);
    expect(call.probe.ofType('turn-start').map((start) => start.by)).toEqual([
      'text',
      by === 'typed' ? 'text' : 'audio',
    ]);
  });

  it('is refused by what cannot be transcribed, which is apologized for', async () => {
    const { call, decisions } = await ask({
      hear: () => {
        throw new Error('no ears');
      },
    });

    await call.hear(room(2_500), tone(900), room(300));
    await call.waitFor('turn-end', 2);
    await call.end();

    expect(decisions()).toEqual(['superseded']);
    expect(call.probe.ofType('turn-end')[1]).toMatchObject({ outcome: 'failed', heard: '' });
  });

  it('is not decided by what was said before the question, which keeps its turn', async () => {
    const { call, tools, decisions } = openCall({ voice: false });

    await call.probe.send(text('Oven on.'), text('yes'), text('And then?'));
    await call.waitFor('approval');
    await call.probe.send(text('no'));
    await call.waitFor('turn-end', 3);
    await call.end();

    expect(decisions()).toEqual(['refused']);
    expect(tools.calls).toEqual([]);
    expect(call.probe.ofType('turn-end').map(({ heard }) => heard)).toEqual(['Oven on.', 'yes', 'And then?']);
  });

  it('is refused when nobody answers in time', async () => {
    const { call, tools, decisions } = await ask();

    await call.wait(59_000);
    const early = decisions();
    await call.wait(1_100);
    await call.waitFor('turn-end');
    await call.end();

    expect([early, decisions()]).toEqual([[], ['expired']]);
    expect([tools.calls, tools.refused]).toEqual([[], ['approval-1']]);
  });

  it('is refused at once when the input ends', async () => {
    const { call, tools, decisions } = await ask();
    const beforeMs = call.clock.nowMs();

    await call.end();

    expect(decisions()).toEqual(['unattended']);
    expect(call.clock.nowMs() - beforeMs).toBeLessThan(1_000);
    expect(tools.calls).toEqual([]);
  });

  it('is not asked for when the input has ended before', async () => {
    const { call, decisions } = openCall({ voice: false });

    await call.probe.send(text('Oven on.'));
    await call.end();

    expect(decisions()).toEqual([]);
    expect(call.probe.ofType('turn-end')).toMatchObject([
      { outcome: 'failed', error: { code: 'TOOL_DENIED' }, reply: 'Sorry, I could not do that.' },
    ]);
  });

  it('is given up with the turn', async () => {
    const { call, tools, decisions } = await ask();

    await call.probe.send({ type: 'cancel' }, text('yes'));
    await call.waitFor('turn-end', 2);
    await call.end();

    expect(decisions()).toEqual(['cancelled']);
    expect([tools.calls, tools.refused]).toEqual([[], ['approval-1']]);
    expect(call.probe.ofType('turn-end')).toMatchObject([
      { outcome: 'interrupted', tools: [] },
      { outcome: 'answered', heard: 'yes' },
    ]);
  });

  it('fails the turn when the question cannot be spoken', async () => {
    const { call, tools, decisions } = openCall();
    call.tts.failure = new Error('no voice');

    await call.probe.send(text('Oven on.'));
    await call.waitFor('turn-end');
    await call.end();

    expect(decisions()).toEqual(['cancelled']);
    expect(tools.calls).toEqual([]);
    expect(call.probe.ofType('turn-end')).toMatchObject([{ outcome: 'failed' }]);
  });

  it('that the registry cannot take back expires there, and the conversation goes on', async () => {
    const tools = new FakeToolRegistry([oven]);
    tools.refuse = () => new Promise(() => undefined);
    const { call, decisions } = await ask({ tools });

    await call.probe.send(text('no'), text('Hello'));
    await call.waitFor('turn-end', 2);
    await call.end();

    expect(decisions()).toEqual(['refused']);
    expect(call.log.messages('warn')).toContain('refused approval was not taken back');
  });
});

describe('a model whose tools need approvals', () => {
  const calls = (...names: readonly string[]) => ({
    text: 'One moment.',
    toolCalls: names.map((name) => ({ name, args: {} })),
  });
  const openModel = (...names: readonly string[]) => {
    const model = new FakeLanguageModel({ replies: [calls(...names), { text: 'All done.' }] });
    return { model, ...openCall({ model, voice: false }) };
  };

  it('goes on with the result', async () => {
    const { call, model, tools } = openModel('oven_on');

    await call.wait(50);
    await call.probe.send(text('Heat the oven'));
    await call.waitFor('approval');
    await call.probe.send(text('yes'));
    await call.waitFor('turn-end');
    await call.end();

    expect(tools.calls).toHaveLength(1);
    expect(call.probe.ofType('turn-end')[0]?.reply).toBe(`One moment.\n${question}\nAll done.`);
    expect(model.requests[1]?.messages.at(-1)).toMatchObject({ role: 'tool', text: 'on' });
  });

  it('hears that the person refused', async () => {
    const { call, model } = openModel('oven_on');

    await call.wait(50);
    await call.probe.send(text('Heat the oven'));
    await call.waitFor('approval');
    await call.probe.send({ type: 'approve', id: 'approval-1', allow: false });
    await call.waitFor('turn-end');
    await call.end();

    const refusal = new AssistantError('ASSISTANT_APPROVAL_REFUSED', {
      tool: 'oven_on',
      decision: 'refused',
    });
    expect(model.requests[1]?.messages.at(-1)?.text).toBe(refusal.message);
    expect(call.log.messages('warn')).toEqual([]);
  });

  it('is asked one question after the other', async () => {
    const { call, tools, decisions } = openModel('oven_on', 'bell');

    await call.wait(50);
    await call.probe.send(text('Heat the oven and ring'));
    await call.waitFor('approval');
    await call.wait(200);
    const asked = call.probe.ofType('approval').length;
    await call.probe.send(text('yes'));
    await call.waitFor('approval', 2);
    await call.probe.send(text('no'));
    await call.waitFor('turn-end');
    await call.end();

    expect(asked).toBe(1);
    expect(decisions()).toEqual(['allowed', 'refused']);
    expect(tools.calls.map(({ name }) => name)).toEqual(['oven_on']);
    expect(call.probe.ofType('turn-end')).toMatchObject([{ tools: ['oven_on'] }]);
  });

  it('is not asked again once the person went on to something else', async () => {
    const { call, model, tools, decisions } = openModel('oven_on', 'bell');

    await call.wait(50);
    await call.probe.send(text('Heat the oven and ring'));
    await call.waitFor('approval');
    await call.probe.send(text('Never mind the oven, how are you?'));
    await call.waitFor('turn-end', 2);
    await call.end();

    expect(decisions()).toEqual(['superseded']);
    expect(tools.calls).toEqual([]);
    expect(model.requests).toHaveLength(2);
    expect(model.requests[1]?.messages.map(({ role }) => role)).toEqual([
      'system',
      'user',
      'assistant',
      'tool',
      'tool',
      'user',
    ]);
  });

  it('is not reminded of the question', async () => {
    const { call, model } = openModel('oven_on');

    await call.wait(50);
    await call.probe.send(text('Heat the oven'));
    await call.waitFor('approval');
    await call.probe.send(text('yes'));
    await call.waitFor('turn-end');
    await call.probe.send(text('Thanks'));
    await call.end();

    expect(model.requests[2]?.messages.slice(2).map(({ role, text: said }) => [role, said])).toEqual([
      ['assistant', 'One moment.'],
      ['tool', 'on'],
      ['assistant', 'All done.'],
      ['user', 'Thanks'],
    ]);
  });

  it('shares a question between reads that are run side by side', async () => {
    const tools = new FakeToolRegistry([
      { name: 'diary', policy: 'ask' },
      { name: 'mail', policy: 'ask' },
    ]);
    const model = new FakeLanguageModel({ replies: [calls('diary', 'mail'), { text: 'Nothing new.' }] });
    const { call, decisions } = openCall({ model, tools, voice: false });

    await call.wait(50);
    await call.probe.send(text('Anything new?'));
    await call.waitFor('approval');
    await call.probe.send(text('yes'));
    await call.waitFor('approval', 2);
    await call.probe.send(text('yes'));
    await call.waitFor('turn-end');
    await call.end();

    expect(decisions()).toEqual(['allowed', 'allowed']);
    expect(tools.calls.map(({ name }) => name)).toEqual(['diary', 'mail']);
  });
});
