import { setMaxListeners } from 'node:events';
import type { AssistantEvent, TurnOutcome } from '@tiercel/capabilities/assistant';
import { coreMetrics } from '@tiercel/capabilities/metrics';
import { type ChildController, childController, isTiercelError } from '@tiercel/kernel';
import type { Arrival } from './arrivals.js';
import { AssistantError } from './errors.js';
import type { History } from './history.js';
import { isOutOfReach } from './out-of-reach.js';
import type { Parts } from './parts.js';
import type { Replier } from './replier.js';
import { ReplyWriter } from './reply-writer.js';
import { sayingsOf } from './sayings.js';
import { Speaker } from './speaker.js';
import type { Stages } from './stages.js';
import { together } from './together.js';
import { MAX_CALLS } from './tool-caller.js';
import { Turn, type TurnEnd } from './turn.js';
import { TurnAbort } from './turn-abort.js';
import type { Utterance } from './utterance.js';
import type { UtteranceReader } from './utterance-reader.js';

const CLEAR_FADE_MS = 8;
/** Each call of a round listens, and so do a few stages; more than that is a leak. */
const MAX_LISTENERS = MAX_CALLS + 10;

export interface TurnRunnerOptions {
  readonly parts: Parts;
  readonly stages: Stages;
  readonly history: History;
  readonly replier: Replier;
  readonly utterances: UtteranceReader;
  readonly conversationId: string;
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
    setMaxListeners(MAX_LISTENERS, controller.signal);
    const turn = this.#createTurn(controller.signal);
    this.#running = { controller, turn };
    try {
      await turn.emit({ type: 'turn-start', turn: turn.number, by: arrival.by });
      await this.#end(await this.#settle(turn, arrival));
    } finally {
      this.#running = undefined;
    }
  }

  /** Ends a turn that nobody has room for. */
  async refuse(by: Arrival['by'], waiting: number): Promise<void> {
    const turn = this.#createTurn(this.#options.signal);
    await turn.emit({ type: 'turn-start', turn: turn.number, by });
    await this.#end(turn.toEnd('failed', new AssistantError('ASSISTANT_TURNS_WAITING', { waiting })));
  }

  async #end(end: TurnEnd): Promise<void> {
    const { parts, emitLast } = this.#options;
    const { outcome, timeline } = end;
    parts.metrics?.count(coreMetrics.turns, 1, { outcome });
    for (const [span, ms] of Object.entries(timeline.spans))
      parts.metrics?.observe(coreMetrics.turnSpanSeconds, ms / 1_000, { span });
    await emitLast(end);
  }

  #createTurn(signal: AbortSignal): Turn {
    const { parts, language, conversationId, emit } = this.#options;
    const number = ++this.#turns;
    const id = `${conversationId}.${number}`;
    return new Turn({ id, number, attempt: parts.nextAttempt(), language, signal, emit });
  }

  async #settle(turn: Turn, arrival: Arrival): Promise<TurnEnd> {
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
    const { stages, utterances } = this.#options;
    const { speechEndMs, softEndMs, commitMs } = utterance;
    turn.mark('begin', speechEndMs);
    turn.mark('softEnd', softEndMs);
    const { signal, number } = turn;
    const { doneMs } = await stages.run({ stage: 'transcription', signal }, () => utterance.transcription);
    turn.mark('transcriptFinal', doneMs);
    turn.mark('commit', commitMs);
    const text = await utterances.read(utterance, turn, signal);
    if (text === undefined) return true;
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
      turn.asides = writer.asides;
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
      await this.#options.replier.reply({ turn, writer, signal });
      return undefined;
    } catch (error) {
      if (signal.aborted) throw error;
      await writer.writeSentence(apologyFor(turn, error));
      return { error };
    }
  }

  #openSpeaker(turn: Turn): Speaker | undefined {
    const { parts, stages, hasVoice } = this.#options;
    const { tts, clock, pace, settings, metrics } = parts;
    if (!hasVoice || !tts) return undefined;
    const { synthesizeTimeoutMs, playoutTimeoutMs } = settings;
    const { attempt, emit, mark } = turn;
    const options = {
      attempt,
      tts,
      clock,
      stages,
      pace,
      metrics,
      synthesizeTimeoutMs,
      playoutTimeoutMs,
      emit,
      mark,
    };
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
    const { heard: user, exchanges, remembered: playout } = turn;
    if (user === '') return;
    const isWorthIt = outcome === 'answered' || outcome === 'interrupted' || exchanges.length > 0;
    if (isWorthIt) this.#options.history.add({ user, exchanges, playout });
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
  if (turn.path === 'phrase' && isOutOfReach(error)) return sayings.outOfReach;
  if (isTiercelError(error) && error.code.startsWith('TOOL_')) return sayings.notDone;
  return sayings.apology;
}
