import type { AssistantEvent, TurnOutcome } from '@tiercel/capabilities/assistant';
import { type ChildController, childController, isTiercelError } from '@tiercel/kernel';
import { AssistantError } from './errors.js';
import { rejectTranscript } from './gate.js';
import type { History } from './history.js';
import type { Parts } from './parts.js';
import type { Replier } from './replier.js';
import { ReplyWriter } from './reply-writer.js';
import { sayingsOf } from './sayings.js';
import { Speaker } from './speaker.js';
import type { Stages } from './stages.js';
import { together } from './together.js';
import { Turn } from './turn.js';
import { TurnAbort } from './turn-abort.js';
import type { Utterance } from './utterance.js';

const CLEAR_FADE_MS = 8;

/** What starts a turn. */
export type Arrival =
  | { readonly by: 'text'; readonly text: string; readonly timeMs: number }
  | { readonly by: 'audio'; readonly utterance: Utterance };

export interface TurnRunnerOptions {
  readonly parts: Parts;
  readonly stages: Stages;
  readonly history: History;
  readonly replier: Replier;
  readonly language: string;
  readonly hasVoice: boolean;
  readonly signal: AbortSignal;
  /** Rejects once the conversation is stopped. */
  readonly emit: (event: AssistantEvent) => Promise<void>;
  /** Goes out even then. */
  readonly emitLast: (event: AssistantEvent) => Promise<void>;
}

/** Takes one turn after the other from its arrival to its one `turn-end`. */
export class TurnRunner {
  readonly #options: TurnRunnerOptions;
  #turns = 0;
  #running: { readonly controller: ChildController; readonly turn: Turn } | undefined;
  #speaker: Speaker | undefined;
  #isReported = true;

  constructor(options: TurnRunnerOptions) {
    this.#options = options;
  }

  warmUp(signal: AbortSignal): Promise<void> {
    return this.#options.replier.warmUp(signal);
  }

  /** Gives up the running turn, if there is one. */
  cancel(): void {
    this.#running?.controller.abort(new TurnAbort('interruption'));
  }

  played(attempt: number, samples: number, timeMs: number): void {
    if (this.#running?.turn.attempt === attempt) this.#speaker?.playout.played(samples, timeMs);
  }

  /** Nobody can report what was played any more. */
  endReports(): void {
    this.#isReported = false;
    this.#speaker?.playout.endReports();
  }

  async run(arrival: Arrival): Promise<void> {
    using controller = childController(this.#options.signal);
    const turn = this.#createTurn(controller.signal);
    this.#running = { controller, turn };
    try {
      await turn.emit({ type: 'turn-start', turn: turn.number, by: arrival.by });
      await this.#options.emitLast(await this.#settle(turn, arrival));
    } finally {
      this.#running = undefined;
    }
  }

  /** Ends a turn that nobody has room for. */
  async refuse(by: Arrival['by'], waiting: number): Promise<void> {
    const turn = this.#createTurn(this.#options.signal);
    await turn.emit({ type: 'turn-start', turn: turn.number, by });
    await this.#options.emitLast(
      turn.toEnd('failed', new AssistantError('ASSISTANT_TURNS_WAITING', { waiting })),
    );
  }

  #createTurn(signal: AbortSignal): Turn {
    const { parts, language, emit } = this.#options;
    return new Turn({ number: ++this.#turns, attempt: parts.nextAttempt(), language, signal, emit });
  }

  async #settle(turn: Turn, arrival: Arrival): Promise<AssistantEvent> {
    let outcome: TurnOutcome;
    let failure: unknown;
    try {
      outcome = await this.#answer(turn, arrival);
    } catch (error) {
      outcome = isGivenUp(turn) ? 'interrupted' : 'failed';
      if (outcome === 'failed') failure = error;
    }
    this.#remember(turn, outcome);
    const { log } = this.#options.parts;
    const { number, path, attempt } = turn;
    const facts = { turn: number, attempt, path, outcome };
    if (outcome === 'failed') log.error('turn failed', { ...facts, error: failure });
    else log.info('turn ended', { ...facts, private: { heard: turn.heard, reply: turn.reply } });
    return turn.toEnd(outcome, failure);
  }

  async #answer(turn: Turn, arrival: Arrival): Promise<TurnOutcome> {
    const { clock } = this.#options.parts;
    let hearing: { readonly error: unknown } | undefined;
    if (arrival.by === 'text') {
      turn.mark('begin', arrival.timeMs);
      turn.heard = arrival.text.trim();
    } else {
      try {
        if (await this.#isRejected(turn, arrival.utterance)) return 'empty';
      } catch (error) {
        if (isGivenUp(turn)) throw error;
        hearing = { error };
      }
    }
    turn.mark('turnStart', clock.nowMs());
    if (turn.heard === '' && !hearing) return 'empty';
    return await this.#speakReply(turn, hearing);
  }

  /** Reads the transcript of the utterance; tells when it is not taken for speech. */
  async #isRejected(turn: Turn, utterance: Utterance): Promise<boolean> {
    const { stages, language } = this.#options;
    const { speechEndMs, softEndMs, commitMs, evidence } = utterance;
    turn.mark('begin', speechEndMs);
    turn.mark('softEnd', softEndMs);
    const { signal, number } = turn;
    const { text, error, doneMs } = await stages.run(
      { stage: 'transcription', signal },
      () => utterance.transcription,
    );
    turn.mark('transcriptFinal', doneMs);
    turn.mark('commit', commitMs);
    if (error !== undefined) throw error;
    const rejection = rejectTranscript(text, evidence, language);
    if (rejection) {
      this.#options.parts.log.info('transcript rejected', { turn: number, ...rejection });
      await turn.emit({ type: 'transcript-rejected', turn: number, evidence: rejection });
      return true;
    }
    turn.heard = text;
    await turn.emit({ type: 'transcript-final', turn: number, text });
    return false;
  }

  async #speakReply(turn: Turn, hearing: { readonly error: unknown } | undefined): Promise<TurnOutcome> {
    const { parts, emit, language } = this.#options;
    const { number, attempt, mark } = turn;
    const speaker = this.#openSpeaker(turn);
    using writer = new ReplyWriter({
      turn: number,
      attempt,
      language,
      clock: parts.clock,
      speaker,
      emit: (event) => (turn.signal.aborted ? Promise.reject(turn.signal.reason) : emit(event)),
      mark,
    });
    using controller = childController(turn.signal);
    let failure: { readonly error: unknown } | undefined;
    const write = async () => {
      failure = await this.#write(turn, writer, hearing, controller.signal);
      await writer.finish();
      speaker?.end();
    };
    try {
      await together(controller, [write(), ...(speaker ? [speaker.run(controller.signal)] : [])]);
    } finally {
      this.#speaker = undefined;
      turn.reply = writer.text;
      turn.playout = heardOf(turn, speaker);
      if (turn.signal.aborted && speaker) await this.#clear(turn, speaker);
    }
    if (failure) throw failure.error;
    return turn.reply === '' ? 'empty' : 'answered';
  }

  /** Writes the reply, or an apology where that fails; returns the failure. Throws only when there is nobody to listen. */
  async #write(
    turn: Turn,
    writer: ReplyWriter,
    hearing: { readonly error: unknown } | undefined,
    signal: AbortSignal,
  ): Promise<{ readonly error: unknown } | undefined> {
    try {
      if (hearing) throw hearing.error;
      await this.#options.replier.reply(turn, writer, signal);
      return undefined;
    } catch (error) {
      if (signal.aborted) throw error;
      await writer.writeSentence(apologyFor(turn, error));
      return { error };
    }
  }

  #openSpeaker(turn: Turn): Speaker | undefined {
    const { parts, stages, hasVoice } = this.#options;
    const { tts, clock, pace, settings } = parts;
    if (!hasVoice || !tts) return undefined;
    const { synthesizeTimeoutMs, playoutTimeoutMs } = settings;
    const { attempt, emit, mark } = turn;
    const options = { attempt, tts, clock, stages, pace, synthesizeTimeoutMs, playoutTimeoutMs, emit, mark };
    this.#speaker = new Speaker(options);
    if (!this.#isReported) this.#speaker.playout.endReports();
    return this.#speaker;
  }

  async #clear({ attempt }: Turn, { playout }: Speaker): Promise<void> {
    if (playout.sentSamples === 0) return;
    await this.#options.emitLast({ type: 'clear', attempt, fadeMs: CLEAR_FADE_MS });
  }

  /** Rejected and failed turns leave nothing, except what tools have done. */
  #remember(turn: Turn, outcome: TurnOutcome): void {
    const { heard: user, exchanges, playout } = turn;
    if (user === '') return;
    const isWorthIt = outcome === 'answered' || outcome === 'interrupted' || exchanges.length > 0;
    if (isWorthIt) this.#options.history.add({ user, exchanges, playout: playout.trim() });
  }
}

/** What was heard of the reply; a written one has been read as far as it was written. */
function heardOf(turn: Turn, speaker: Speaker | undefined): string {
  if (!speaker) return turn.reply;
  const { playedSamples, sentSamples } = speaker.playout;
  const isComplete = !turn.signal.aborted && playedSamples >= sentSamples;
  return isComplete ? turn.reply : speaker.ledger.playout(turn.reply, playedSamples);
}

function isGivenUp({ signal }: Turn): boolean {
  if (!signal.aborted) return false;
  return !(signal.reason instanceof TurnAbort) || signal.reason.reason !== 'deadline';
}

function apologyFor(turn: Turn, error: unknown): string {
  const sayings = sayingsOf(turn.language);
  if (isTiercelError(error, 'ASSISTANT_MODEL_MISSING')) return sayings.notUnderstood;
  if (isTiercelError(error) && error.code.startsWith('TOOL_')) return sayings.notDone;
  return sayings.apology;
}
