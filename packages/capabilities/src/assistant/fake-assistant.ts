import { Channel, type Frame, samplesOf } from '@tiercel/audio';
import type {
  ApprovalDecision,
  Assistant,
  AssistantEvent,
  AssistantInput,
  ConverseOptions,
  PastTurn,
  TurnOutcome,
} from './assistant.js';

const SAMPLE_RATE_HZ = 16_000;
const FRAME_SAMPLES = samplesOf(20, SAMPLE_RATE_HZ);
const MAX_AHEAD_MS = 600;
/** More than a test leaves unread; a reader that is further behind loses the latest. */
const MAX_WAITING_EVENTS = 65_536;
/** The fake speaks this fast. */
const MS_PER_CHARACTER = 50;

type Answer = (heard: string, past: readonly PastTurn[]) => string | Error | Promise<string | Error>;

export interface FakeAssistantOptions {
  /** Its reply to a turn, given the turns before; an error makes the turn fail. Default: repeats what it heard. */
  readonly answer?: Answer;
  /** What it hears in audio that is not all zeros; an empty text is rejected. Default: `hello`. */
  readonly hear?: (frames: readonly Frame[]) => string;
  /** The tool that a turn needs a person's word for, if it does. Default: none ever. */
  readonly needsApproval?: (heard: string) => FakeApproval | undefined;
}

export interface FakeApproval {
  readonly tool: string;
  readonly args?: Readonly<Record<string, unknown>>;
  readonly question: string;
}

/**
 * A small assistant without engines: answers typed turns, takes the audio up to `audio-end` for one utterance, and speaks
 * in tones, as fast as it is told that they were played. It understands "yes" and "no"; its approvals do not expire.
 */
export class FakeAssistant implements Assistant {
  readonly #answer: Answer;
  readonly #hear: (frames: readonly Frame[]) => string;
  readonly #needsApproval: (heard: string) => FakeApproval | undefined;
  #attempts = 0;

  constructor({
    answer = (heard) => heard,
    hear = () => 'hello',
    needsApproval = () => undefined,
  }: FakeAssistantOptions = {}) {
    this.#answer = answer;
    this.#hear = hear;
    this.#needsApproval = needsApproval;
  }

  converse(
    input: AsyncIterable<AssistantInput>,
    options: ConverseOptions = {},
  ): AsyncIterable<AssistantEvent> {
    const conversation = new FakeConversation(input, options, {
      answer: this.#answer,
      hear: this.#hear,
      needsApproval: this.#needsApproval,
      nextAttempt: () => ++this.#attempts,
    });
    return { [Symbol.asyncIterator]: () => conversation.start() };
  }
}

interface Script {
  readonly answer: Answer;
  readonly hear: (frames: readonly Frame[]) => string;
  readonly needsApproval: (heard: string) => FakeApproval | undefined;
  readonly nextAttempt: () => number;
}

interface OpenApproval {
  readonly id: string;
  decision: ApprovalDecision | undefined;
}

interface RunningTurn {
  readonly attempt: number;
  isCancelled: boolean;
  sent: number;
  played: number;
}

class FakeConversation {
  readonly #input: AsyncIterator<AssistantInput>;
  readonly #options: ConverseOptions;
  readonly #script: Script;
  readonly #events = new Channel<AssistantEvent>({ policy: 'block', capacity: MAX_WAITING_EVENTS });
  readonly #waiting: { readonly by: 'audio' | 'text'; readonly heard: string }[] = [];
  readonly #past: PastTurn[];
  #frames: Frame[] = [];
  #turns = 0;
  #running: RunningTurn | undefined;
  #approval: OpenApproval | undefined;
  #isInputOver = false;
  #isStopped = false;
  #failure: { readonly error: unknown } | undefined;
  #changed: () => void = () => undefined;

  constructor(input: AsyncIterable<AssistantInput>, options: ConverseOptions, script: Script) {
    this.#input = input[Symbol.asyncIterator]();
    this.#options = options;
    this.#past = [...(options.history ?? [])];
    this.#script = script;
  }

  start(): AsyncIterator<AssistantEvent> {
    const stop = () => this.#stop();
    const { signal } = this.#options;
    if (signal?.aborted) stop();
    else signal?.addEventListener('abort', stop, { once: true });
    const events = this.#events[Symbol.asyncIterator]();
    this.#emit({ type: 'ready' });
    void this.#read();
    void this.#run().finally(() => signal?.removeEventListener('abort', stop));
    return {
      next: () => events.next(),
      return: async () => {
        this.#stop();
        this.#events.close();
        return { done: true, value: undefined };
      },
    };
  }

  #stop(): void {
    if (this.#isStopped) return;
    this.#isStopped = true;
    if (this.#running) this.#running.isCancelled = true;
    // What is still being waited for ends with the input's own generator.
    void this.#input.return?.()?.catch(() => undefined);
    this.#changed();
  }

  async #read(): Promise<void> {
    try {
      for (;;) {
        const item = await this.#input.next();
        if (item.done || this.#isStopped) break;
        this.#take(item.value);
      }
      this.#endUtterance();
    } catch (error) {
      this.#failure = { error };
      this.#stop();
    }
    this.#isInputOver = true;
    this.#changed();
  }

  #take(item: AssistantInput): void {
    switch (item.type) {
      case 'audio':
        if (item.frame.pcm.some((sample) => sample !== 0)) this.#frames.push(item.frame);
        break;
      case 'audio-end':
        this.#endUtterance();
        break;
      case 'text':
        this.#arrive('text', item.text.trim());
        break;
      case 'played':
        if (this.#running?.attempt === item.attempt)
          this.#running.played = Math.min(this.#running.sent, Math.max(this.#running.played, item.samples));
        break;
      case 'cancel':
        if (this.#running) this.#running.isCancelled = true;
        break;
      case 'approve':
        if (item.id === this.#approval?.id) this.#approval.decision ??= item.allow ? 'allowed' : 'refused';
        break;
      default:
        item satisfies never;
    }
    this.#changed();
  }

  #endUtterance(): void {
    if (this.#frames.length > 0) this.#arrive('audio', this.#script.hear(this.#frames));
    this.#frames = [];
  }

  #arrive(by: 'audio' | 'text', heard: string): void {
    const approval = this.#approval;
    if (!approval || approval.decision) this.#waiting.push({ by, heard });
    else if (/^(yes|no)\W*$/i.test(heard)) approval.decision = /^y/i.test(heard) ? 'allowed' : 'refused';
    else {
      approval.decision = 'superseded';
      this.#waiting.push({ by, heard });
    }
  }

  async #run(): Promise<void> {
    while (!this.#isStopped) {
      const next = this.#waiting.shift();
      if (next) await this.#turn(next.by, next.heard);
      else if (this.#isInputOver) break;
      else await this.#change();
    }
    if (this.#failure) this.#events.fail(this.#failure.error);
    else this.#events.close();
  }

  async #turn(by: 'audio' | 'text', heard: string): Promise<void> {
    const turn = ++this.#turns;
    const running = { attempt: this.#script.nextAttempt(), isCancelled: false, sent: 0, played: 0 };
    this.#running = running;
    this.#emit({ type: 'turn-start', turn, by });
    const said = { reply: '', playout: '' };
    const tools: string[] = [];
    const { outcome, error } = await this.#reply(turn, by, heard, running, said, tools);
    this.#running = undefined;
    this.#past.push({ heard, playout: said.playout });
    this.#emit({
      type: 'turn-end',
      turn,
      attempt: running.attempt,
      outcome,
      path: outcome === 'empty' ? 'none' : 'model',
      heard,
      ...said,
      tools,
      timeline: { spans: { understand: 0 }, totalMs: 0, overlapMs: {} },
      ...(error ? { error } : {}),
    });
  }

  async #reply(
    turn: number,
    by: 'audio' | 'text',
    heard: string,
    running: RunningTurn,
    said: { reply: string; playout: string },
    tools: string[],
  ): Promise<{ outcome: TurnOutcome; error?: { readonly code: string; readonly message: string } }> {
    if (heard === '') {
      const evidence = {
        cause: 'empty',
        speechMs: 0,
        speechRatio: 0,
        levelDbfs: -120,
        floorDbfs: -120,
      } as const;
      if (by === 'audio') this.#emit({ type: 'transcript-rejected', turn, evidence });
      return { outcome: 'empty' };
    }
    if (by === 'audio') this.#emit({ type: 'transcript-final', turn, text: heard });
    this.#emit({ type: 'path-chosen', turn, path: 'model' });
    const write = async (text: string) => {
      said.reply += text;
      this.#emit({ type: 'reply-delta', turn, attempt: running.attempt, text });
      if (this.#options.voice ?? true) await this.#speak(text, running);
    };
    const needed = this.#script.needsApproval(heard);
    if (needed) {
      const isAllowed = await this.#ask(turn, needed, running, write);
      if (isAllowed) tools.push(needed.tool);
      this.#emit({ type: 'tool-end', turn, tool: needed.tool, isError: !isAllowed });
      if (!isAllowed) return this.#finish(running, said);
    }
    const answer = await this.#answerUnlessCancelled(heard, running);
    if (answer === undefined) return { outcome: 'interrupted' };
    if (answer instanceof Error)
      return { outcome: 'failed', error: { code: 'FAKE_FAILED', message: 'The fake was told to fail.' } };
    await write(answer);
    return this.#finish(running, said);
  }

  async #finish(
    running: RunningTurn,
    said: { readonly reply: string; playout: string },
  ): Promise<{ outcome: TurnOutcome }> {
    if (this.#options.voice ?? true) await this.#endVoice(running);
    if (running.isCancelled) return { outcome: 'interrupted' };
    said.playout = said.reply;
    return { outcome: 'answered' };
  }

  async #ask(
    turn: number,
    { tool, args = {}, question }: FakeApproval,
    running: RunningTurn,
    write: (text: string) => Promise<void>,
  ): Promise<boolean> {
    const approval: OpenApproval = { id: `approval-${turn}`, decision: undefined };
    this.#emit({ type: 'tool-start', turn, tool, args });
    this.#approval = approval;
    const { id } = approval;
    this.#emit({ type: 'approval', turn, id, tool, args, question, expiresInMs: 60_000 });
    await write(`${question}\n`);
    await this.#until(() => running.isCancelled || this.#isInputOver || approval.decision !== undefined);
    this.#approval = undefined;
    const decision = running.isCancelled ? 'cancelled' : (approval.decision ?? 'unattended');
    this.#emit({ type: 'approval-end', turn, id, decision });
    return decision === 'allowed';
  }

  async #answerUnlessCancelled(heard: string, running: RunningTurn): Promise<string | Error | undefined> {
    const pending = Promise.resolve(this.#script.answer(heard, this.#past)).catch((error: Error) => error);
    let answer: string | Error | undefined;
    void pending.then((value) => {
      answer = value;
      this.#changed();
    });
    await this.#until(() => answer !== undefined || running.isCancelled);
    return running.isCancelled ? undefined : answer;
  }

  async #speak(text: string, running: RunningTurn): Promise<void> {
    const total = running.sent + samplesOf(text.length * MS_PER_CHARACTER, SAMPLE_RATE_HZ);
    const maxAhead = samplesOf(MAX_AHEAD_MS, SAMPLE_RATE_HZ);
    while (running.sent < total) {
      const pcm = tone(running.sent, Math.min(FRAME_SAMPLES, total - running.sent));
      await this.#until(
        () =>
          running.isCancelled || this.#isInputOver || running.sent + pcm.length - running.played <= maxAhead,
      );
      if (running.isCancelled) break;
      const frame = { pcm, sampleRateHz: SAMPLE_RATE_HZ, position: running.sent, timeMs: 0 };
      running.sent += pcm.length;
      this.#emit({ type: 'audio', attempt: running.attempt, frame });
    }
  }

  async #endVoice(running: RunningTurn): Promise<void> {
    if (!running.isCancelled)
      this.#emit({ type: 'audio-end', attempt: running.attempt, samples: running.sent });
    await this.#until(() => running.isCancelled || this.#isInputOver || running.played >= running.sent);
    if (running.isCancelled && running.sent > 0)
      this.#emit({ type: 'clear', attempt: running.attempt, fadeMs: 8 });
  }

  #emit(event: AssistantEvent): void {
    this.#events.tryPush(event);
  }

  async #until(isMet: () => boolean): Promise<void> {
    while (!isMet()) await this.#change();
  }

  #change(): Promise<void> {
    return new Promise((resolve) => {
      this.#changed = resolve;
    });
  }
}

/** 500 Hz at about −16 dBFS. */
function tone(position: number, length: number): Int16Array {
  return Int16Array.from({ length }, (_, index) =>
    Math.round(7_000 * Math.sin((2 * Math.PI * 500 * (position + index)) / SAMPLE_RATE_HZ)),
  );
}
