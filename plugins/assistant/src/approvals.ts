import type { ApprovalDecision } from '@tiercel/capabilities/assistant';
import type { Clock } from '@tiercel/capabilities/clock';
import type { Log } from '@tiercel/capabilities/log';
import type { ToolRegistry } from '@tiercel/capabilities/tool-registry';
import { childController } from '@tiercel/kernel';
import { readAnswer } from './answer-reading.js';
import { type Arrival, type Arrivals, beginMsOf, type NumberedArrival } from './arrivals.js';
import type { ReplyWriter } from './reply-writer.js';
import type { Stages } from './stages.js';
import { CALLER } from './tool-caller.js';
import type { Turn } from './turn.js';
import { TurnAbort } from './turn-abort.js';
import type { UtteranceReader } from './utterance-reader.js';

/** Longest wait for a registry to take note of a refusal. */
const REFUSE_TIMEOUT_MS = 1_000;

export interface ApprovalsOptions {
  readonly arrivals: Arrivals;
  readonly clock: Clock;
  readonly log: Log;
  readonly stages: Stages;
  readonly tools: Pick<ToolRegistry, 'refuse'>;
  readonly utterances: UtteranceReader;
}

/** The reply that asks. */
export interface AskingReply {
  readonly turn: Turn;
  readonly writer: ReplyWriter;
  /** Aborts when the turn is given up or cannot be spoken. */
  readonly signal: AbortSignal;
}

export interface ApprovalRequest {
  readonly id: string;
  readonly tool: string;
  readonly args: Readonly<Record<string, unknown>>;
  readonly question: string;
  readonly expiresInMs: number;
}

interface OpenQuestion {
  readonly clicked: Promise<ApprovalDecision>;
  readonly openedMs: number;
  /** Number of the last thing that was said before. */
  readonly lastBefore: number;
}

/** Asks the person in one conversation whether tools may be used: one question at a time. */
export class Approvals {
  readonly #options: ApprovalsOptions;
  #open: { readonly id: string; decide(decision: ApprovalDecision): void } | undefined;
  #last: Promise<unknown> = Promise.resolve();

  constructor(options: ApprovalsOptions) {
    this.#options = options;
  }

  /** Whether somebody is there to be asked. */
  get canAsk(): boolean {
    return !this.#options.arrivals.isClosed;
  }

  /** A click or a key. Ids that are not open are ignored. */
  answer(id: string, allow: boolean): void {
    if (this.#open?.id === id) this.#open.decide(allow ? 'allowed' : 'refused');
  }

  /** Asks as part of a reply and tells what became of it. */
  async ask(request: ApprovalRequest, reply: AskingReply): Promise<ApprovalDecision> {
    const dueMs = this.#options.clock.nowMs() + request.expiresInMs;
    const asking = this.#last.then(() => this.#ask(request, dueMs, reply));
    this.#last = asking.catch(() => undefined);
    return asking;
  }

  async #ask(request: ApprovalRequest, dueMs: number, reply: AskingReply): Promise<ApprovalDecision> {
    let decision: ApprovalDecision = 'cancelled';
    try {
      decision = await this.#decide(request, dueMs, reply);
    } finally {
      if (decision === 'superseded') reply.turn.isSuperseded = true;
      if (decision !== 'allowed') await this.#refuse(request.id);
    }
    return decision;
  }

  async #decide(request: ApprovalRequest, dueMs: number, reply: AskingReply): Promise<ApprovalDecision> {
    const { turn, signal } = reply;
    if (signal.aborted) return 'cancelled';
    if (turn.isSuperseded) return 'superseded';
    // Whoever answers the event at once must find the question open.
    const opening = this.#openQuestion(request.id);
    await turn.emit({ type: 'approval', turn: turn.number, ...request });
    let decision: ApprovalDecision = 'cancelled';
    try {
      decision = await this.#await(request.question, opening, dueMs, reply);
    } catch (error) {
      if (!signal.aborted) throw error;
    } finally {
      await turn.emit({ type: 'approval-end', turn: turn.number, id: request.id, decision });
    }
    return decision;
  }

  #openQuestion(id: string): OpenQuestion {
    const { clock, arrivals } = this.#options;
    const clicked = new Promise<ApprovalDecision>((decide) => {
      this.#open = { id, decide };
    });
    return { clicked, openedMs: clock.nowMs(), lastBefore: arrivals.latest };
  }

  async #await(
    question: string,
    opening: OpenQuestion,
    dueMs: number,
    { turn, writer, signal }: AskingReply,
  ): Promise<ApprovalDecision> {
    using waiting = childController(signal);
    const asked = writer.writeAside(question);
    const answers = [this.#listen(opening, turn, waiting.signal), this.#expire(dueMs, waiting.signal)];
    try {
      const unasked = asked.then(() => new Promise<never>(() => undefined));
      return await Promise.race([opening.clicked, ...answers, unasked]);
    } finally {
      this.#open = undefined;
      waiting.abort(new TurnAbort('superseded'));
      // The question is whole, and what was heard and is no answer is put back, before the turn goes on.
      await Promise.allSettled([asked, ...answers]);
    }
  }

  async #listen(opening: OpenQuestion, turn: Turn, signal: AbortSignal): Promise<ApprovalDecision> {
    const { arrivals } = this.#options;
    const unanswering: NumberedArrival[] = [];
    try {
      for (;;) {
        const arrival = await arrivals.next(signal);
        if (!arrival) return 'unattended';
        unanswering.push(arrival);
        signal.throwIfAborted();
        // Said before the question: no answer to it, and no reason to give it up.
        if (arrival.number <= opening.lastBefore || beginMsOf(arrival) < opening.openedMs) continue;
        const text = arrival.by === 'text' ? arrival.text : await this.#hear(arrival, turn, signal);
        const answer = text === undefined ? undefined : readAnswer(text, turn.language);
        if (text !== undefined && !answer) return 'superseded';
        unanswering.pop();
        if (text === undefined || !answer) continue;
        if (arrival.by === 'audio') await turn.emit({ type: 'transcript-final', turn: turn.number, text });
        return answer === 'yes' ? 'allowed' : 'refused';
      }
    } finally {
      arrivals.putBack(unanswering);
    }
  }

  /** `undefined` for noise. What cannot be transcribed is no answer; as a turn of its own it fails and says so. */
  async #hear(
    { utterance }: Extract<Arrival, { readonly by: 'audio' }>,
    turn: Turn,
    signal: AbortSignal,
  ): Promise<string | undefined> {
    const { utterances } = this.#options;
    try {
      return await utterances.read(utterance, turn, signal);
    } catch (error) {
      signal.throwIfAborted();
      this.#options.log.warn('answer to an approval was not understood', { error });
      return '';
    }
  }

  async #expire(dueMs: number, signal: AbortSignal): Promise<ApprovalDecision> {
    const { clock } = this.#options;
    for (;;) {
      const leftMs = dueMs - clock.nowMs();
      if (leftMs <= 0) return 'expired';
      await clock.delay(leftMs, { signal });
    }
  }

  /** Takes the approval back, so that nobody can use it. It would expire by itself. */
  async #refuse(id: string): Promise<void> {
    const { stages, tools, log } = this.#options;
    const { signal } = new AbortController();
    try {
      await stages.run({ stage: 'approval', signal, timeoutMs: REFUSE_TIMEOUT_MS }, () =>
        tools.refuse(id, { caller: CALLER }),
      );
    } catch (error) {
      log.warn('refused approval was not taken back', { error });
    }
  }
}
