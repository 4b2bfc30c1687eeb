import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { Assistant, AssistantEvent } from './assistant.js';
import { ConversationProbe } from './conversation-probe.js';

export interface OpenAssistant {
  readonly provider: Assistant;
  close(): void | Promise<void>;
}

export interface AssistantContractOptions {
  /** A sentence that it answers with words. */
  readonly question?: string;
  /** One whose reply lasts several seconds when spoken. */
  readonly longQuestion?: string;
  /** One that makes it ask whether it may use a tool. Without it, the rules of approvals are not checked. */
  readonly sensitiveRequest?: string;
  /** Whether it has a voice. Default: yes. */
  readonly speaks?: boolean;
}

/** The rules that every `Assistant` follows. `open` is called once per test. */
export function describeAssistantContract(
  title: string,
  open: () => OpenAssistant | Promise<OpenAssistant>,
  {
    question = 'Hello there',
    longQuestion = 'Tell me a story that is so long that it takes a while to say all of it',
    sensitiveRequest,
    speaks = true,
  }: AssistantContractOptions = {},
): void {
  describe(`${title} (Assistant contract)`, () => {
    let opened: OpenAssistant;
    const text = { type: 'text', text: question } as const;
    const longText = { type: 'text', text: longQuestion } as const;

    beforeEach(async () => {
      opened = await open();
    });

    afterEach(async () => {
      await opened.close();
    });

    it('says first that it is ready', async () => {
      const probe = new ConversationProbe(opened.provider);
      await probe.waitFor('ready');
      probe.end();
      await probe.ended;

      expect(probe.events).toEqual([{ type: 'ready' }]);
    });

    it('answers a typed turn, from turn-start to one turn-end', async () => {
      const probe = new ConversationProbe(opened.provider);
      await probe.send(text);
      const end = await probe.waitFor('turn-end');
      probe.end();
      await probe.ended;

      expect(probe.ofType('turn-start')).toEqual([{ type: 'turn-start', turn: end.turn, by: 'text' }]);
      expect(probe.ofType('turn-end')).toHaveLength(1);
      expect(end).toMatchObject({ outcome: 'answered', heard: question });
      expect(end.reply).not.toBe('');
      expect(end.playout).toBe(end.reply);
      expect(end.error).toBeUndefined();
    });

    it('shows the reply while it is being written', async () => {
      const probe = new ConversationProbe(opened.provider);
      await probe.send(text);
      const end = await probe.waitFor('turn-end');
      const deltas = probe.ofType('reply-delta');

      expect(deltas.map((delta) => delta.text).join('')).toBe(end.reply);
      expect(new Set(deltas.map((delta) => delta.attempt))).toEqual(new Set([end.attempt]));
      probe.end();
      await probe.ended;
    });

    it('says which way the reply is made', async () => {
      const probe = new ConversationProbe(opened.provider);
      await probe.send(text);
      const end = await probe.waitFor('turn-end');

      expect(probe.ofType('path-chosen')).toEqual([{ type: 'path-chosen', turn: end.turn, path: end.path }]);
      probe.end();
      await probe.ended;
    });

    it('answers turns one after the other, and attempts grow', async () => {
      const probe = new ConversationProbe(opened.provider);
      await probe.send(text, text, text);
      probe.end();
      await probe.ended;
      const edges = probe.events.filter(({ type }) => type === 'turn-start' || type === 'turn-end');
      const ends = probe.ofType('turn-end');

      expect(edges.map(({ type }) => type)).toEqual(Array(3).fill(['turn-start', 'turn-end']).flat());
      expect(ends.map(({ turn }) => turn)).toEqual([1, 2, 3]);
      expect([...ends].sort((a, b) => a.attempt - b.attempt)).toEqual(ends);
      expect(new Set(ends.map(({ attempt }) => attempt)).size).toBe(3);
    });

    it('gives a timeline whose spans are not negative and sum to the total', async () => {
      const probe = new ConversationProbe(opened.provider);
      await probe.send(text);
      const { timeline } = await probe.waitFor('turn-end');
      const spans = Object.values(timeline.spans);

      expect(spans.every((span) => span >= 0)).toBe(true);
      expect(Math.abs(spans.reduce((sum, span) => sum + span, 0) - timeline.totalMs)).toBeLessThanOrEqual(1);
      probe.end();
      await probe.ended;
    });

    it('finishes the running turn when the input ends', async () => {
      const probe = new ConversationProbe(opened.provider);
      await probe.send(longText);
      probe.end();
      await probe.ended;

      expect(probe.ofType('turn-end').map(({ outcome }) => outcome)).toEqual(['answered']);
      expect(probe.events.at(-1)?.type).toBe('turn-end');
    });

    it('ends an empty text as empty, and says nothing', async () => {
      const probe = new ConversationProbe(opened.provider);
      await probe.send({ type: 'text', text: '  ' });
      const end = await probe.waitFor('turn-end');

      expect(end).toMatchObject({ outcome: 'empty', path: 'none', heard: '', reply: '', playout: '' });
      expect(probe.ofType('audio')).toEqual([]);
      probe.end();
      await probe.ended;
    });

    it('ignores a cancel while no turn runs, and reports of attempts that it does not know', async () => {
      const probe = new ConversationProbe(opened.provider);
      await probe.send({ type: 'cancel' }, { type: 'played', attempt: 99, samples: 5 }, text);
      const end = await probe.waitFor('turn-end');

      expect(end.outcome).toBe('answered');
      probe.end();
      await probe.ended;
    });

    it('writes only, where no voice is wanted', async () => {
      const probe = new ConversationProbe(opened.provider, { voice: false });
      await probe.send(longText);
      const end = await probe.waitFor('turn-end');

      expect(end.outcome).toBe('answered');
      expect(end.playout).toBe(end.reply);
      expect(probe.ofType('audio')).toEqual([]);
      expect(probe.ofType('audio-end')).toEqual([]);
      probe.end();
      await probe.ended;
    });

    it('holds conversations that do not affect each other', async () => {
      const first = new ConversationProbe(opened.provider, { voice: false });
      const second = new ConversationProbe(opened.provider, { voice: false });
      await Promise.all([first.send(text), second.send(text, text)]);
      await first.waitFor('turn-end');
      await second.waitFor('turn-end', 2);
      first.end();
      second.end();
      await Promise.all([first.ended, second.ended]);

      expect(first.ofType('turn-end').map(({ turn }) => turn)).toEqual([1]);
      expect(second.ofType('turn-end').map(({ turn }) => turn)).toEqual([1, 2]);
    });

    it('does no turn when its signal was aborted before', async () => {
      const probe = new ConversationProbe(opened.provider, { signal: AbortSignal.abort() });
      await probe.send(text);
      await probe.ended;

      expect(probe.ofType('turn-start')).toEqual([]);
    });

    it('closes its input when the events are not read any more', async () => {
      const probe = new ConversationProbe(opened.provider);
      await probe.waitFor('ready');
      await probe.leave();

      expect(probe.isInputClosed).toBe(true);
    });

    it('passes on what its input throws', async () => {
      const probe = new ConversationProbe(opened.provider);
      const broken = new RangeError('broken input');
      await probe.waitFor('ready');
      probe.fail(broken);

      await expect(probe.ended).rejects.toBe(broken);
    });

    it('ignores answers to approvals that are not open', async () => {
      const probe = new ConversationProbe(opened.provider);
      await probe.send({ type: 'approve', id: 'nothing', allow: true }, text);
      const end = await probe.waitFor('turn-end');
      await probe.send({ type: 'approve', id: '', allow: false });
      probe.end();
      await probe.ended;

      expect(end.outcome).toBe('answered');
      expect(probe.ofType('approval-end')).toEqual([]);
    });

    if (sensitiveRequest !== undefined) describeApprovals(() => opened.provider, sensitiveRequest, text);

    if (!speaks) return;

    it('speaks in frames that follow one another, and says how many samples there were', async () => {
      const probe = new ConversationProbe(opened.provider);
      await probe.send(longText);
      const { attempt } = await probe.waitFor('turn-end');
      const audio = probe.ofType('audio');

      let position = 0;
      for (const { frame } of audio) {
        expect(frame.position).toBe(position);
        position += frame.pcm.length;
      }
      expect(position).toBeGreaterThan(0);
      expect(new Set(audio.map(({ frame }) => frame.sampleRateHz)).size).toBe(1);
      expect(new Set(audio.map((event) => event.attempt))).toEqual(new Set([attempt]));
      expect(probe.ofType('audio-end')).toEqual([{ type: 'audio-end', attempt, samples: position }]);
      probe.end();
      await probe.ended;
    });

    it('sends at most 600 ms beyond what was played', async () => {
      const probe = new ConversationProbe(opened.provider, { plays: 'never' });
      await probe.send(longText);
      await probe.waitFor('audio', 20);
      await probe.send({ type: 'cancel' });
      await probe.waitFor('turn-end');

      expect(probe.maxAheadMs).toBeLessThanOrEqual(600);
      probe.end();
      await probe.ended;
    });

    it('gives up the running turn on cancel, and goes on with the next', async () => {
      const probe = new ConversationProbe(opened.provider, { plays: 'never' });
      await probe.send(longText);
      await probe.waitFor('audio');
      await probe.send({ type: 'cancel' });
      const end = await probe.waitFor('turn-end');
      await probe.send({ type: 'text', text: '' });
      const next = await probe.waitFor('turn-end', 2);

      expect(end).toMatchObject({ outcome: 'interrupted', playout: '' });
      expect(next.turn).toBe(end.turn + 1);
      expect(probe.ofType('clear')).toEqual([expect.objectContaining({ attempt: end.attempt })]);
      expect(indexOf(probe, 'clear')).toBeLessThan(indexOf(probe, 'turn-end'));
      probe.end();
      await probe.ended;
    });

    it('ends the running turn as interrupted when its signal aborts, then the stream, without an error', async () => {
      const controller = new AbortController();
      const probe = new ConversationProbe(opened.provider, { plays: 'never', signal: controller.signal });
      await probe.send(longText, text);
      await probe.waitFor('audio');
      controller.abort();
      await probe.ended;

      expect(probe.ofType('turn-end').map(({ outcome }) => outcome)).toEqual(['interrupted']);
      expect(probe.isInputClosed).toBe(true);
    });
  });
}

function describeApprovals(
  provider: () => Assistant,
  sensitiveRequest: string,
  text: { readonly type: 'text'; readonly text: string },
): void {
  const ask = async () => {
    const probe = new ConversationProbe(provider());
    await probe.send({ type: 'text', text: sensitiveRequest });
    const approval = await probe.waitFor('approval');
    return { probe, approval };
  };
  const decisions = (probe: ConversationProbe) =>
    probe.ofType('approval-end').map(({ decision }) => decision);

  it('asks before it uses a tool that needs an approval, and says so', async () => {
    const { probe, approval } = await ask();
    await probe.send({ type: 'approve', id: approval.id, allow: true });
    const end = await probe.waitFor('turn-end');
    probe.end();
    await probe.ended;

    expect(probe.ofType('approval')).toHaveLength(1);
    expect(approval.expiresInMs).toBeGreaterThan(0);
    expect(approval.question).not.toBe('');
    expect(end.reply).toContain(approval.question);
    expect(decisions(probe)).toEqual(['allowed']);
    expect(end).toMatchObject({ outcome: 'answered', tools: [approval.tool] });
    expect(probe.events.map(({ type }) => type).filter((type) => /^(tool|approval)/.test(type))).toEqual([
      'tool-start',
      'approval',
      'approval-end',
      'tool-end',
    ]);
  });

  it('does not use the tool when the person refuses', async () => {
    const { probe, approval } = await ask();
    await probe.send({ type: 'approve', id: approval.id, allow: false });
    const end = await probe.waitFor('turn-end');
    probe.end();
    await probe.ended;

    expect(decisions(probe)).toEqual(['refused']);
    expect(end).toMatchObject({ outcome: 'answered', tools: [] });
    expect(probe.ofType('tool-end')).toMatchObject([{ tool: approval.tool, isError: true }]);
  });

  it.each([
    ['Yes.', 'allowed'],
    ['no', 'refused'],
  ])('takes a typed "%s" for the answer', async (answer, decision) => {
    const { probe } = await ask();
    await probe.send({ type: 'text', text: answer });
    await probe.waitFor('turn-end');
    probe.end();
    await probe.ended;

    expect(decisions(probe)).toEqual([decision]);
    expect(probe.ofType('turn-start')).toHaveLength(1);
  });

  it('takes anything else for a refusal and a turn of its own', async () => {
    const { probe, approval } = await ask();
    await probe.send({ type: 'approve', id: `${approval.id}0`, allow: true }, text);
    const next = await probe.waitFor('turn-end', 2);
    probe.end();
    await probe.ended;

    expect(decisions(probe)).toEqual(['superseded']);
    expect(next.heard).toBe(text.text);
  });

  it('does not wait for an answer when the input has ended', async () => {
    const { probe } = await ask();
    probe.end();
    await probe.ended;

    expect(decisions(probe)).toEqual(['unattended']);
    expect(probe.ofType('turn-end')).toMatchObject([{ outcome: 'answered', tools: [] }]);
  });

  it('gives up the question with the turn', async () => {
    const { probe } = await ask();
    await probe.send({ type: 'cancel' }, text);
    const next = await probe.waitFor('turn-end', 2);
    probe.end();
    await probe.ended;

    expect(decisions(probe)).toEqual(['cancelled']);
    expect(probe.ofType('turn-end')[0]).toMatchObject({ outcome: 'interrupted', tools: [] });
    expect(next.outcome).toBe('answered');
  });
}

function indexOf(probe: ConversationProbe, type: AssistantEvent['type']): number {
  return probe.events.findIndex((event) => event.type === type);
}
