import { describe, expect, it } from '@jest/globals';
import { describeAssistantContract } from '@tiercel/capabilities/assistant/testing';
import { FakeIntentRecognizer } from '@tiercel/capabilities/intent-recognizer/testing';
import { FakeLanguageModel } from '@tiercel/capabilities/language-model/testing';
import { FakeToolRegistry } from '@tiercel/capabilities/tool-registry/testing';
import { Call, room, tone } from './__fixtures__/call.js';

describeAssistantContract('VoiceAssistant with fake engines', () => {
  const { assistant } = new Call();
  return { provider: assistant, close: () => assistant[Symbol.asyncDispose]() };
});

const lamp = () =>
  new FakeToolRegistry([
    {
      name: 'lamp_on',
      effect: 'write',
      policy: 'allow',
      run: () => ({ content: true, spoken: 'The lamp is on.' }),
    },
  ]);
const lampPhrases = () => new FakeIntentRecognizer({ 'Turn on the lamp.': { tool: 'lamp_on' } });

describe('a spoken turn', () => {
  it('goes from speech to a spoken answer', async () => {
    const call = new Call({ model: new FakeLanguageModel({ replies: [{ text: 'It is noon.' }] }) });

    await call.hear(room(600), tone(1_200), room(300));
    await call.waitFor('turn-end');
    await call.end();

    const [end] = call.probe.ofType('turn-end');
    expect(end).toMatchObject({
      outcome: 'answered',
      path: 'model',
      heard: 'What time is it?',
      reply: 'It is noon.',
      playout: 'It is noon.',
    });
    expect(call.tts.said).toEqual(['It is noon.']);
    expect(call.probe.events.map(({ type }) => type).filter((type) => type !== 'audio')).toEqual([
      'ready',
      'speech-start',
      'speech-end',
      'turn-start',
      'transcript-final',
      'path-chosen',
      'reply-delta',
      'reply-delta',
      'reply-delta',
      'audio-end',
      'turn-end',
    ]);
  });

  it('is transcribed as soon as the speaker pauses, with the sound before the detected start', async () => {
    const call = new Call();

    await call.hear(room(600), tone(1_200), room(250));

    const [heard] = call.stt.heard;
    expect(heard?.durationMs).toBeGreaterThan(1_200 + 500);
    expect(heard?.durationMs).toBeLessThan(1_200 + 500 + 300);
    await call.end();
  });

  it('is answered by a fixed command without asking the model', async () => {
    const model = new FakeLanguageModel();
    const tools = lamp();
    const call = new Call({
      hear: () => 'Turn on the lamp.',
      model,
      tools,
      recognizers: [lampPhrases()],
    });

    await call.hear(room(600), tone(1_200), room(300));
    await call.waitFor('turn-end');
    await call.end();

    const [end] = call.probe.ofType('turn-end');
    expect(end).toMatchObject({
      outcome: 'answered',
      path: 'phrase',
      reply: 'The lamp is on.',
      tools: ['lamp_on'],
    });
    expect(tools.calls).toMatchObject([{ name: 'lamp_on', args: {}, language: 'en' }]);
    expect(model.requests).toEqual([]);
  });

  it('gives a timeline from the last sample of speech to the first audible sample of the reply', async () => {
    const call = new Call({
      hear: () => 'Turn on the lamp.',
      tools: lamp(),
      recognizers: [lampPhrases()],
    });
    call.tts.latencyMs = 100;

    await call.hear(room(640), tone(1_280));
    const speechEndMs = call.clock.nowMs();
    await call.waitFor('turn-end');
    await call.end();

    const { timeline } = call.probe.ofType('turn-end')[0] ?? {};
    expect(Object.keys(timeline?.spans ?? {})).toEqual([
      'endpoint',
      'transcribe',
      'commit',
      'wait',
      'understand',
      'tool',
      'firstUnit',
      'voice',
      'synthesize',
      'output',
      'audible',
    ]);
    const sum = Object.values(timeline?.spans ?? {}).reduce((total, span) => total + span, 0);
    expect(Math.abs(sum - (timeline?.totalMs ?? 0))).toBeLessThanOrEqual(1);
    const [audio] = call.probe.ofType('audio');
    expect(timeline?.totalMs).toBeGreaterThan((audio?.frame.timeMs ?? 0) - speechEndMs - 33);
    expect(timeline?.totalMs).toBeLessThan((audio?.frame.timeMs ?? 0) - speechEndMs + 100);
    expect(timeline?.spans['transcribe']).toBeCloseTo(200, -1);
    expect(timeline?.spans['synthesize']).toBeCloseTo(100, -1);
  });

  it('is rejected when it was only noise: nothing is said and the model is not asked', async () => {
    const model = new FakeLanguageModel();
    const call = new Call({ hear: () => 'Thank you.', model });

    await call.hear(room(600), tone(400), room(300));
    await call.waitFor('turn-end');
    await call.end();

    expect(call.probe.ofType('turn-end')).toMatchObject([{ outcome: 'empty', path: 'none', reply: '' }]);
    expect(call.probe.ofType('transcript-rejected')).toMatchObject([
      { turn: 1, evidence: { cause: 'phrase' } },
    ]);
    expect(call.probe.ofType('transcript-final')).toEqual([]);
    expect([model.requests, call.tts.said]).toEqual([[], []]);
  });

  it('ends with the input, even inside speech', async () => {
    const call = new Call();

    await call.hear(room(600), tone(1_000));
    await call.end();

    expect(call.probe.ofType('turn-end')).toMatchObject([{ outcome: 'answered', heard: 'What time is it?' }]);
  });

  it('ends at audio-end, and text may follow', async () => {
    const call = new Call();

    await call.hear(room(600), tone(1_000));
    await call.probe.send({ type: 'audio-end' }, { type: 'text', text: 'And now?' });
    await call.end();

    expect(call.probe.ofType('turn-end').map(({ heard }) => heard)).toEqual(['What time is it?', 'And now?']);
  });

  it('ends when audio stops arriving, and listening goes on with the next frame', async () => {
    const call = new Call();

    await call.hear(room(600), tone(1_000));
    await call.clock.advance(2_500);
    await call.waitFor('turn-end');
    await call.hear(tone(1_000), room(300));
    await call.waitFor('turn-end', 2);
    await call.end();

    expect(call.probe.ofType('turn-end').map(({ outcome }) => outcome)).toEqual(['answered', 'answered']);
  });

  it('that starts while the reply still sounds is answered afterwards', async () => {
    const texts = ['Tell me about the sky.', 'And about the sea?'];
    const call = new Call({
      hear: () => texts.shift() ?? '',
      model: new FakeLanguageModel({
        replies: [{ text: 'The sky is blue and wide and high above all of us.' }, { text: 'It is deep.' }],
      }),
    });

    await call.hear(room(600), tone(1_000));
    await call.waitFor('audio');
    await call.hear(tone(1_000), room(1_000));
    const endedEarly = call.probe.ofType('turn-end').length;
    await call.waitFor('turn-end', 2);
    await call.end();

    expect(endedEarly).toBe(0);
    expect(call.probe.ofType('turn-end')).toMatchObject([
      { turn: 1, outcome: 'answered', heard: 'Tell me about the sky.' },
      { turn: 2, outcome: 'answered', heard: 'And about the sea?', reply: 'It is deep.' },
    ]);
    expect(call.probe.ofType('clear')).toEqual([]);
  });

  it('longer than 25 s is transcribed in parts, which are joined', async () => {
    let part = 0;
    const call = new Call({ hear: () => `Part ${++part}.` });

    await call.hear(room(600), tone(40_000), room(300));
    await call.waitFor('turn-end');
    await call.end();

    expect(call.probe.ofType('turn-end')[0]?.heard).toBe('Part 1. Part 2.');
    const samples = call.stt.heard.reduce((sum, { pcm }) => sum + pcm.length, 0);
    expect(samples / 16).toBeGreaterThan(40_000 + 500);
    expect(samples / 16).toBeLessThan(40_000 + 500 + 300);
    for (const { durationMs } of call.stt.heard) expect(durationMs).toBeLessThan(29_500);
  });
});

describe('pauses inside a turn', () => {
  // The pauses that made other assistants answer without the last phrase.
  it.each([600, 800, 1_000, 1_100])('of %i ms do not cut a sentence that goes on', async (pauseMs) => {
    const call = new Call({
      hear: ({ durationMs }) =>
        durationMs < 3_000 ? 'Turn on the lamp and' : 'Turn on the lamp and the radio.',
    });

    await call.hear(room(600), tone(1_500), room(pauseMs), tone(1_500), room(300));
    await call.waitFor('turn-end');
    await call.end();

    expect(call.probe.ofType('turn-end')).toMatchObject([{ heard: 'Turn on the lamp and the radio.' }]);
    expect(call.stt.heard.map(({ utteranceId }) => utteranceId)).toEqual(['1.1', '1.2']);
  });

  it('that look like the end cut the turn, and the last phrase is answered as the next', async () => {
    const texts = ['It is warm.', 'Open the window.'];
    const call = new Call({ hear: () => texts.shift() ?? '' });

    await call.hear(room(600), tone(1_500), room(1_100), tone(1_500), room(300));
    await call.waitFor('turn-end', 2);
    await call.end();

    expect(call.probe.ofType('turn-end').map(({ heard }) => heard)).toEqual([
      'It is warm.',
      'Open the window.',
    ]);
  });

  // The detector needs 96 ms to notice speech, and the transcript is there 360 ms after the pause began.
  it.each([270, 300, 330])(
    'of %i ms after a finished sentence do not cut what has begun since',
    async (pauseMs) => {
      const call = new Call({
        hear: ({ durationMs }) => (durationMs < 2_500 ? 'Goodbye.' : 'Goodbye. Thank you for calling.'),
      });

      await call.hear(room(600), tone(1_000), room(pauseMs), tone(1_500), room(300));
      await call.waitFor('turn-end');
      await call.end();

      expect(call.probe.ofType('turn-end')).toMatchObject([{ heard: 'Goodbye. Thank you for calling.' }]);
    },
  );

  it('end the turn at the longest pause where noise goes on that is no speech', async () => {
    const call = new Call();
    const voice = tone(1_200).map((sample) => sample / 4);
    const noise = tone(1_200).map((sample) => sample / 32);

    await call.hear(room(600), voice, noise);
    const early = call.probe.ofType('turn-start').length;
    await call.hear(noise.subarray(0, 16 * 320));
    const late = call.probe.ofType('turn-start').length;
    await call.end();

    expect([early, late]).toEqual([0, 1]);
  });

  it('are not made longer by a hiss that is far below the voice', async () => {
    const call = new Call();
    const hiss = tone(1_000).map((sample) => sample / 100);

    await call.hear(room(600), tone(1_200), hiss);
    const started = call.probe.ofType('turn-start').length;
    await call.end();

    expect(started).toBe(1);
  });

  it('supersede the transcript that was being made: a late one is ignored', async () => {
    const call = new Call({
      hear: ({ durationMs }) => (durationMs < 3_000 ? 'Only the beginning.' : 'All of it.'),
      isDeafToAborts: true,
    });
    call.stt.latencyMs = 900;

    await call.hear(room(600), tone(1_500), room(600), tone(1_500), room(300));
    await call.waitFor('turn-end');
    await call.end();

    expect(call.stt.finished).toEqual(['1.1', '1.2']);
    expect(call.stt.heard[1]?.durationMs).toBeGreaterThan(500 + 1_500 + 600 + 1_500);
    expect(call.probe.ofType('turn-end')).toMatchObject([{ heard: 'All of it.' }]);
  });

  it('close no turn while its transcript is being made', async () => {
    const call = new Call();
    call.stt.latencyMs = 4_000;

    await call.hear(room(600), tone(1_500), room(2_000));
    const early = call.probe.ofType('turn-end').length;
    await call.waitFor('turn-end');
    await call.end();

    expect(early).toBe(0);
    expect(call.probe.ofType('turn-end')).toMatchObject([{ heard: 'What time is it?' }]);
  });

  it('teach how long this speaker pauses', async () => {
    const call = new Call({ hear: () => 'no full stop' });
    const commitMs = async (turn: number) => {
      const before = call.clock.nowMs();
      await call.waitFor('turn-start', turn);
      return call.clock.nowMs() - before;
    };

    await call.hear(room(600), tone(1_000));
    const first = await commitMs(1);
    await call.waitFor('turn-end');
    for (let round = 0; round < 8; round++) await call.hear(tone(500), room(300));
    await call.waitFor('turn-end', 2);
    await call.hear(tone(1_000));
    const second = await commitMs(3);
    await call.end();

    expect(first).toBeGreaterThanOrEqual(700);
    expect(second).toBeLessThan(first);
  });
});

describe('a reply', () => {
  it('is spoken while the model still writes', async () => {
    let finish: () => void = () => undefined;
    const until = new Promise<void>((resolve) => {
      finish = resolve;
    });
    const call = new Call({
      model: new FakeLanguageModel({
        replies: [{ text: 'The sky is quite blue, because of the air.', until }],
      }),
    });

    await call.probe.send({ type: 'text', text: 'Why?' });
    await call.waitFor('audio');
    const said = [...call.tts.said];
    finish();
    await call.waitFor('turn-end');
    await call.end();

    expect(said).toEqual(['The sky is quite blue,']);
    expect(call.tts.said).toEqual(['The sky is quite blue,', 'because of the air.']);
  });

  it('begins to sound 250 ms after its first word where no boundary comes, if enough words wait', async () => {
    let finish: () => void = () => undefined;
    const until = new Promise<void>((resolve) => {
      finish = resolve;
    });
    const text = 'one two three four five six seven eight nine ten';
    const call = new Call({ model: new FakeLanguageModel({ replies: [{ text, until }] }) });

    await call.probe.send({ type: 'text', text: 'Why?' });
    await call.wait(200);
    const early = [...call.tts.said];
    await call.wait(150);
    const late = [...call.tts.said];
    finish();
    await call.waitFor('turn-end');
    await call.end();

    expect([early, late]).toEqual([[], ['one two three four five six seven eight']]);
    expect(call.tts.said.join(' ')).toBe(text);
  });

  it('is sent at most 600 ms ahead of what was played', async () => {
    const text =
      'This reply has a number of sentences. Each of them takes a few seconds to say. That is all of it.';
    const call = new Call({ model: new FakeLanguageModel({ replies: [{ text }] }) });

    await call.probe.send({ type: 'text', text: 'Go.' });
    await call.waitFor('turn-end');
    await call.end();

    expect(call.maxAheadMs).toBeGreaterThan(500);
    expect(call.maxAheadMs).toBeLessThanOrEqual(600);
    expect(call.probe.ofType('turn-end')).toMatchObject([{ outcome: 'answered', playout: text }]);
  });

  it('is synthesized unit by unit, the next one late', async () => {
    const text = `First comes a sentence that takes more than two seconds to say. ${'Then comes a rather long sentence that takes some time. '.repeat(4)}`;
    const call = new Call({ model: new FakeLanguageModel({ replies: [{ text }] }), plays: 'never' });

    await call.probe.send({ type: 'text', text: 'Go.' });
    await call.wait(1_000);

    expect(call.tts.said).toHaveLength(1);
    await call.end();
  });

  it('counts as failed when nobody reports what was played', async () => {
    const call = new Call({ plays: 'never' });

    await call.probe.send({ type: 'text', text: 'Go.' });
    await call.waitFor('turn-end');
    await call.end();

    expect(call.probe.ofType('turn-end')).toMatchObject([
      { outcome: 'failed', error: { code: 'ASSISTANT_PLAYOUT_SILENT' }, playout: '' },
    ]);
  });

  it('keeps what was heard of it when it is cancelled: whole units', async () => {
    const call = new Call({
      model: new FakeLanguageModel({
        replies: [{ text: 'This is the first. This is the second one, which is quite a bit longer.' }, {}],
      }),
    });

    await call.probe.send({ type: 'text', text: 'Go.' });
    await call.wait(1_800);
    await call.probe.send({ type: 'cancel' }, { type: 'text', text: 'What did you say?' });
    await call.waitFor('turn-end');
    await call.end();

    expect(call.probe.ofType('turn-end')[0]).toMatchObject({
      outcome: 'interrupted',
      playout: 'This is the first. ',
    });
    expect((call.model as FakeLanguageModel).requests[1]?.messages.slice(1)).toEqual([
      { role: 'user', text: 'Go.' },
      { role: 'assistant', text: 'This is the first.' },
      { role: 'user', text: 'What did you say?' },
    ]);
  });

  it('that was not heard leaves no assistant message, and the questions are merged', async () => {
    const call = new Call({ model: new FakeLanguageModel({ replies: [{ text: 'A long answer.' }, {}] }) });

    await call.probe.send({ type: 'text', text: 'One?' });
    await call.waitFor('audio');
    await call.probe.send({ type: 'cancel' }, { type: 'text', text: 'Two?' });
    await call.end();

    expect((call.model as FakeLanguageModel).requests[1]?.messages.slice(1)).toEqual([
      { role: 'user', text: 'One?\nTwo?' },
    ]);
  });

  it('is only written where there is no voice', async () => {
    const call = new Call({ without: ['tts'] });

    await call.probe.send({ type: 'text', text: 'Hello?' });
    await call.end();

    expect(call.probe.ofType('turn-end')).toMatchObject([{ outcome: 'answered' }]);
    expect(call.probe.ofType('audio')).toEqual([]);
  });
});

describe('a model', () => {
  it('that cannot call tools is told of none, and that it cannot act', async () => {
    const model = new FakeLanguageModel({ features: { tools: 'none' } });
    const call = new Call({ model, tools: lamp(), voice: false });

    await call.probe.send({ type: 'text', text: 'Turn on the light' });
    await call.end();

    expect(model.requests[0]?.tools).toBeUndefined();
    expect(model.requests[0]?.messages[0]?.text).toContain('Never say that something was done');
  });

  it('calls tools until it answers', async () => {
    const model = new FakeLanguageModel({
      replies: [{ text: 'One moment.', toolCalls: [{ name: 'lamp_on', args: {} }] }, { text: 'It is on.' }],
    });
    const tools = lamp();
    const call = new Call({ model, tools, voice: false });

    await call.probe.send({ type: 'text', text: 'Light, please' });
    await call.end();

    expect(call.probe.ofType('turn-end')).toMatchObject([
      { outcome: 'answered', reply: 'One moment.\nIt is on.', tools: ['lamp_on'] },
    ]);
    expect(call.probe.ofType('tool-end')).toEqual([
      { type: 'tool-end', turn: 1, tool: 'lamp_on', isError: false },
    ]);
    expect(model.requests[1]?.messages.slice(2)).toEqual([
      { role: 'assistant', text: 'One moment.', toolCalls: [{ id: 'call-1', name: 'lamp_on', args: {} }] },
      { role: 'tool', toolCallId: 'call-1', text: 'true' },
    ]);
  });

  it('is stopped after 10 rounds of tool calls', async () => {
    let count = 0;
    const model = new FakeLanguageModel({
      replies: () => ({ toolCalls: [{ name: 'echo', args: { count: ++count } }] }),
    });
    const echo = new FakeToolRegistry([
      {
        name: 'echo',
        parameters: {
          type: 'object',
          properties: { count: { type: 'integer' } },
          additionalProperties: false,
        },
      },
    ]);
    const call = new Call({ model, tools: echo, voice: false });

    await call.probe.send({ type: 'text', text: 'Go' });
    await call.end();

    expect(model.requests).toHaveLength(10);
    expect(call.probe.ofType('turn-end')).toMatchObject([
      { outcome: 'failed', error: { code: 'ASSISTANT_TOOL_ROUNDS_EXCEEDED' } },
    ]);
  });

  it('hears about a tool that failed and goes on', async () => {
    const model = new FakeLanguageModel({
      replies: [{ toolCalls: [{ name: 'nothing', args: {} }] }, { text: 'I cannot.' }],
    });
    const call = new Call({ model, tools: lamp(), voice: false });

    await call.probe.send({ type: 'text', text: 'Go' });
    await call.end();

    expect(call.probe.ofType('turn-end')).toMatchObject([{ outcome: 'answered', reply: 'I cannot.' }]);
    expect(model.requests[1]?.messages.at(-1)?.text).toContain('There is no tool "nothing"');
  });

  it('is warmed up with what every prompt begins with', async () => {
    const model = new FakeLanguageModel();
    const call = new Call({ model, tools: lamp(), voice: false });

    await call.wait(100);
    await call.probe.send({ type: 'text', text: 'Hello' });
    await call.end();

    const [warmUp] = model.warmUps;
    const [request] = model.requests;
    expect(warmUp?.messages).toEqual(request?.messages.slice(0, 1));
    expect(warmUp?.tools).toEqual(request?.tools);
    expect(warmUp?.conversationId).toBe(request?.conversationId);
  });
});

describe('a tool', () => {
  const slowTool = (effect: 'read' | 'write', call: () => Call) => {
    const aborts: unknown[] = [];
    const tools = new FakeToolRegistry([
      {
        name: 'slow',
        effect,
        policy: 'allow',
        run: async (_, { signal }) => {
          signal?.addEventListener('abort', () => aborts.push(signal.reason));
          await call().clock.delay(2_000, { signal });
          return { content: 'done' };
        },
      },
    ]);
    return { tools, aborts };
  };
  const cancelWhileRunning = async (effect: 'read' | 'write') => {
    const { tools, aborts } = slowTool(effect, () => call);
    const model = new FakeLanguageModel({ replies: [{ toolCalls: [{ name: 'slow', args: {} }] }, {}] });
    const call: Call = new Call({ model, tools, voice: false });
    await call.wait(50);
    await call.probe.send({ type: 'text', text: 'Go' });
    await call.waitFor('tool-start');
    const startMs = call.clock.nowMs();
    await call.probe.send({ type: 'cancel' });
    await call.waitFor('turn-end');
    const waitedMs = call.clock.nowMs() - startMs;
    await call.probe.send({ type: 'text', text: 'And?' });
    await call.end();
    return { waitedMs, aborts, end: call.probe.ofType('turn-end')[0], next: model.requests[1] };
  };

  it('that changes something is waited for when the turn is cancelled, and its result is kept', async () => {
    const { waitedMs, aborts, end, next } = await cancelWhileRunning('write');

    expect(waitedMs).toBeGreaterThan(1_900);
    expect(aborts).toEqual([]);
    expect(end).toMatchObject({ outcome: 'interrupted', tools: ['slow'] });
    expect(next?.messages.map(({ role, text }) => [role, text]).slice(1)).toEqual([
      ['user', 'Go'],
      ['assistant', ''],
      ['tool', 'done'],
      ['user', 'And?'],
    ]);
  });

  it('that only reads is given up with the turn', async () => {
    const { waitedMs, aborts, end, next } = await cancelWhileRunning('read');

    expect(waitedMs).toBeLessThan(100);
    expect(aborts).toMatchObject([{ reason: 'interruption' }]);
    expect(end).toMatchObject({ outcome: 'interrupted' });
    expect(next?.messages.slice(1)).toEqual([{ role: 'user', text: 'Go\nAnd?' }]);
  });
});

describe('a failing stage', () => {
  const failing = () =>
    new FakeLanguageModel({ replies: [{ text: 'It is', error: new Error('secret') }, { text: 'Fine.' }] });

  it('ends its turn as failed, with one spoken apology, and the conversation goes on', async () => {
    const call = new Call({ model: failing() });

    await call.probe.send({ type: 'text', text: 'One' });
    await call.waitFor('turn-end');
    await call.probe.send({ type: 'text', text: 'Two' });
    await call.waitFor('turn-end', 2);
    await call.end();

    expect(call.probe.ofType('turn-end')).toMatchObject([
      { outcome: 'failed', error: { code: 'ASSISTANT_STAGE_FAILED' } },
      { outcome: 'answered', reply: 'Fine.' },
    ]);
    expect(call.tts.said.join(' ')).toContain('Sorry, something went wrong.');
    expect(JSON.stringify(call.probe.events)).not.toContain('secret');
    expect((call.model as FakeLanguageModel).requests[1]?.messages.slice(1)).toEqual([
      { role: 'user', text: 'Two' },
    ]);
  });

  it('that is the voice ends the turn as failed without an apology in sound', async () => {
    const call = new Call();
    call.tts.failure = new Error('no voice');

    await call.probe.send({ type: 'text', text: 'One' });
    await call.waitFor('turn-end');
    await call.end();

    expect(call.probe.ofType('turn-end')).toMatchObject([{ outcome: 'failed' }]);
    expect(call.probe.ofType('audio')).toEqual([]);
  });

  it('that is the recogniser is apologized for', async () => {
    const call = new Call({
      hear: () => {
        throw new Error('no ears');
      },
    });

    await call.hear(room(600), tone(1_000), room(300));
    await call.waitFor('turn-end');
    await call.end();

    expect(call.probe.ofType('turn-end')).toMatchObject([{ outcome: 'failed', path: 'none', heard: '' }]);
    expect(call.tts.said).toEqual(['Sorry, something went wrong.']);
  });

  it('that is the voice activity detector fails the turn and is started again', async () => {
    const call = new Call();

    await call.hear(room(600), tone(500));
    call.vad.failure = new Error('no ears');
    await call.hear(tone(64));
    await call.waitFor('turn-end');
    await call.hear(tone(1_000), room(300));
    await call.waitFor('turn-end', 2);
    await call.end();

    expect(call.probe.ofType('turn-end').map(({ outcome }) => outcome)).toEqual(['failed', 'answered']);
  });

  it('that is a voice activity detector which fails three times in a row ends the conversation', async () => {
    const call = new Call();

    for (let round = 0; round < 3; round++) {
      call.vad.failure = new Error('no ears');
      await call.hear(room(64));
    }

    await expect(call.probe.ended).rejects.toMatchObject({
      code: 'ASSISTANT_STAGE_FAILED',
      details: { stage: 'voice activity' },
    });
  });

  it('that is a tool of a fixed command is told', async () => {
    const call = new Call({ recognizers: [new FakeIntentRecognizer({ Go: { tool: 'missing' } })] });

    await call.probe.send({ type: 'text', text: 'Go' });
    await call.waitFor('turn-end');
    await call.end();

    expect(call.probe.ofType('turn-end')).toMatchObject([
      {
        outcome: 'failed',
        path: 'phrase',
        error: { code: 'TOOL_UNKNOWN' },
        reply: 'Sorry, I could not do that.',
      },
    ]);
  });

  it('that hangs is given up at its deadline, and named in the log when it does not stop', async () => {
    const hanging = new FakeLanguageModel();
    hanging.generate = () =>
      ({
        [Symbol.asyncIterator]: () => ({ next: () => new Promise<never>(() => undefined) }),
      }) as never;
    const call = new Call({ model: hanging, settings: { modelTimeoutMs: 1_000 } });

    await call.probe.send({ type: 'text', text: 'One' });
    await call.waitFor('turn-end');
    await call.wait(5_100);
    await call.end();

    expect(call.probe.ofType('turn-end')).toMatchObject([
      { outcome: 'failed', error: { code: 'ASSISTANT_STAGE_TIMEOUT' } },
    ]);
    expect(call.log.messages('warn')).toContain('stage did not stop');
  });

  it('is a missing model where no command matches', async () => {
    const call = new Call({ without: ['model'], voice: false });

    await call.probe.send({ type: 'text', text: 'Why is the sky blue?' });
    await call.end();

    expect(call.probe.ofType('turn-end')).toMatchObject([
      {
        outcome: 'failed',
        path: 'none',
        error: { code: 'ASSISTANT_MODEL_MISSING' },
        reply: 'Sorry, I did not understand that.',
      },
    ]);
  });
});

describe('a conversation', () => {
  it.each([
    ['voice activity detector', 'vad'],
    ['speech recognition', 'stt'],
  ] as const)('cannot take audio without %s', async (missing, part) => {
    const call = new Call({ without: [part] });

    await expect(call.hear(room(100)).then(() => call.end())).rejects.toMatchObject({
      code: 'ASSISTANT_AUDIO_UNSUPPORTED',
      details: { missing: [missing] },
    });
  });

  it.each([
    ['of another rate', { sampleRateHz: 8_000 }, 'ASSISTANT_RATE_WRONG'],
    ['without a position', { position: Number.NaN }, 'ASSISTANT_INPUT_INVALID'],
    ['that are no PCM', { pcm: [1, 2, 3] as never }, 'ASSISTANT_INPUT_INVALID'],
  ])('refuses frames %s', async (_, wrong, code) => {
    const call = new Call();

    await call.probe.send({
      type: 'audio',
      frame: { pcm: new Int16Array(512), sampleRateHz: 16_000, position: 0, timeMs: 0, ...wrong },
    });

    await expect(call.probe.ended).rejects.toMatchObject({ code });
  });

  it('refuses an input that it does not know', async () => {
    const call = new Call();

    await call.probe.send({ type: 'dance' } as never);

    await expect(call.probe.ended).rejects.toMatchObject({ code: 'ASSISTANT_INPUT_INVALID' });
  });

  it('refuses turns when too many wait, and tells so between two turns', async () => {
    const call = new Call({ settings: { maxWaitingTurns: 2 }, voice: false });
    const texts = Array.from({ length: 6 }, (_, index) => ({ type: 'text', text: `${index}` }) as const);

    await call.probe.send(...texts);
    await call.end();

    const ends = call.probe.ofType('turn-end');
    expect(ends).toHaveLength(6);
    expect(ends.filter(({ error }) => error?.code === 'ASSISTANT_TURNS_WAITING').length).toBeGreaterThan(0);
    expect(ends.map(({ turn }) => turn)).toEqual([1, 2, 3, 4, 5, 6]);
  });

  it('survives frames of any length, and lost ones', async () => {
    const call = new Call();
    const pcm = Int16Array.from([...room(600), ...tone(1_200), ...room(2_000)]);
    let state = 7;

    for (let position = 0; position < pcm.length; ) {
      state = (state * 48_271) % 2_147_483_647;
      const samples = pcm.slice(position, position + 1 + (state % 1_500));
      const frame = { pcm: samples, sampleRateHz: 16_000, position, timeMs: call.clock.nowMs() };
      if (state % 19 > 0) await call.probe.send({ type: 'audio', frame });
      position += samples.length;
      await call.clock.advance(samples.length / 16);
    }
    await call.end();

    expect(call.probe.ofType('turn-end')).toMatchObject([{ outcome: 'answered' }]);
  });

  it('keeps positions where audio was lost', async () => {
    const call = new Call();
    const pcm = Int16Array.from([...room(608), ...tone(1_504), ...room(1_504)]);

    for (let position = 0; position < pcm.length; position += 512) {
      const timeMs = call.clock.nowMs();
      const frame = { pcm: pcm.slice(position, position + 512), sampleRateHz: 16_000, position, timeMs };
      // 96 ms of speech never arrive: shorter than the pause that would end it.
      const isLost = position >= 1_216 * 16 && position < 1_312 * 16;
      if (!isLost) await call.probe.send({ type: 'audio', frame });
      await call.clock.advance(32);
    }
    await call.end();

    expect(call.probe.ofType('speech-end')).toEqual([{ type: 'speech-end', position: 2_112 * 16 }]);
    expect(call.log.messages('warn')).toEqual(['audio input was lost']);
  });

  it('logs what was said only under private', async () => {
    const call = new Call({ voice: false });

    await call.probe.send({ type: 'text', text: 'My secret' });
    await call.end();

    expect(call.log.messages('info')).toContain('turn ended');
    expect(JSON.stringify(call.log.lines)).not.toContain('secret');
  });
});
