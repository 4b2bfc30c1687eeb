import { randomUUID } from 'node:crypto';
import { Channel, type Frame } from '@tiercel/audio';
import type { AssistantEvent, AssistantInput, ConverseOptions } from '@tiercel/capabilities/assistant';
import { type ChildController, childController } from '@tiercel/kernel';
import { Approvals } from './approvals.js';
import { type Arrival, Arrivals } from './arrivals.js';
import { Ear, LISTENING_RATE_HZ } from './ear.js';
import { AssistantError } from './errors.js';
import { History } from './history.js';
import type { Parts } from './parts.js';
import { PauseTracker } from './pause-tracker.js';
import { Replier } from './replier.js';
import { Stages } from './stages.js';
import { together } from './together.js';
import { Transcriber } from './transcriber.js';
import { TurnAbort } from './turn-abort.js';
import { TurnRunner } from './turn-runner.js';
import type { Utterance } from './utterance.js';
import { UtteranceReader } from './utterance-reader.js';

const MAX_WAITING_EVENTS = 256;
/** After a stop, somebody who does not read gets the last events for so long. */
const LAST_WORDS_MS = 5_000;

/** One conversation: reads what comes in, hears, and answers one turn after the other. */
export class Conversation {
  /** Ends when the last turn is over, fails when the conversation cannot go on. */
  readonly events = new Channel<AssistantEvent>({ policy: 'block', capacity: MAX_WAITING_EVENTS });
  readonly #parts: Parts;
  readonly #options: ConverseOptions;
  readonly #input: AsyncIterable<AssistantInput>;
  readonly #controller: ChildController;
  readonly #stages: Stages;
  readonly #arrivals: Arrivals;
  readonly #approvals: Approvals;
  readonly #runner: TurnRunner;
  #ear: Ear | undefined;
  readonly #refused = { audio: 0, text: 0 };
  #failure: { readonly error: unknown } | undefined;

  constructor(parts: Parts, input: AsyncIterable<AssistantInput>, options: ConverseOptions) {
    const language = options.language ?? parts.settings.language;
    this.#parts = parts;
    this.#options = { ...options, language };
    this.#input = input;
    this.#controller = childController(options.signal);
    const stages = new Stages(parts.clock, parts.log);
    this.#stages = stages;
    this.#arrivals = new Arrivals(parts.settings.maxWaitingTurns);
    const { log, clock, tools, metrics, settings } = parts;
    const utterances = new UtteranceReader({ stages, log, metrics, language });
    const approvals = new Approvals({ arrivals: this.#arrivals, clock, log, stages, tools, utterances });
    this.#approvals = approvals;
    const history = new History(settings.maxHistoryTurns);
    for (const { heard, playout } of options.history ?? [])
      history.add({ user: heard, exchanges: [], playout });
    const conversationId = randomUUID();
    const { traceparent } = options;
    this.#runner = new TurnRunner({
      parts,
      stages,
      history,
      replier: new Replier({ parts, stages, history, approvals, conversationId, traceparent }),
      utterances,
      conversationId,
      language,
      hasVoice: options.voice ?? true,
      signal: this.#controller.signal,
      emit: (event) => this.#emit(event),
      emitLast: (event) => this.#emitLast(event),
    });
  }

  /** Runs to the end. Never rejects: `events` tells. */
  async run(): Promise<void> {
    const { signal } = this.#controller;
    try {
      await this.#emit({ type: 'ready' });
      await this.#converse();
    } catch (error) {
      // Whoever stops the conversation knows why; for the others it is a failure.
      if (!this.#options.signal?.aborted && !(error instanceof TurnAbort)) this.#failure = { error };
    }
    if (!signal.aborted) this.#controller.abort(new TurnAbort('stopped'));
    this.#controller[Symbol.dispose]();
    this.#arrivals.close();
    if (this.#failure) this.events.fail(this.#failure.error);
    else this.events.close();
    await this.#stages.settled();
  }

  async #converse(): Promise<void> {
    using warming = childController(this.#controller.signal);
    const warm = this.#runner.warmUp(warming.signal);
    try {
      await together(this.#controller, [this.#readAll(), this.#answerAll()]);
    } finally {
      warming.abort(new TurnAbort('superseded'));
      await warm;
    }
  }

  /** Gives up whatever runs. */
  stop(): void {
    this.#controller.abort(new TurnAbort('stopped'));
  }

  async #readAll(): Promise<void> {
    const { signal } = this.#controller;
    try {
      for await (const item of this.#stages.read({ stage: 'input', signal }, () => this.#input)) {
        await this.#take(item);
      }
      await this.#ear?.end();
    } catch (error) {
      throw unwrapInput(error);
    } finally {
      this.#arrivals.close();
      this.#runner.endReports();
    }
  }

  async #take(item: AssistantInput): Promise<void> {
    const { clock } = this.#parts;
    switch (item.type) {
      case 'audio':
        checkFrame(item.frame);
        this.#ear ??= this.#openEar();
        await this.#ear.hear(item.frame);
        break;
      case 'audio-end':
        await this.#ear?.end();
        break;
      case 'text':
        this.#arrive({ by: 'text', text: String(item.text), timeMs: clock.nowMs() });
        break;
      case 'played':
        this.#runner.played(item.attempt, item.samples, item.timeMs ?? clock.nowMs());
        break;
      case 'cancel':
        this.#runner.cancel();
        break;
      case 'approve':
        this.#approvals.answer(item.id, item.allow === true);
        break;
      default:
        item satisfies never;
        throw new AssistantError('ASSISTANT_INPUT_INVALID', { finding: 'an unknown type' });
    }
  }

  #openEar(): Ear {
    const { vad, stt, clock, log, metrics, settings } = this.#parts;
    if (!vad || !stt) {
      const missing = [...(vad ? [] : ['voice activity detector']), ...(stt ? [] : ['speech recognition'])];
      throw new AssistantError('ASSISTANT_AUDIO_UNSUPPORTED', { missing });
    }
    for (const [part, { sampleRateHz }] of [
      ['The voice activity detector', vad.features],
      ['The speech recognition', stt.features],
    ] as const) {
      if (sampleRateHz !== LISTENING_RATE_HZ)
        throw new AssistantError('ASSISTANT_RATE_WRONG', {
          part,
          sampleRateHz,
          expectedRateHz: LISTENING_RATE_HZ,
        });
    }
    const language = this.#options.language ?? settings.language;
    const stages = this.#stages;
    const timeoutMs = settings.transcribeTimeoutMs;
    return new Ear({
      vad,
      clock,
      log,
      stages,
      transcriber: new Transcriber({ stt, clock, stages, metrics, language, timeoutMs }),
      pauses: new PauseTracker(settings.firstPauseMs),
      language,
      completePauseMs: settings.completePauseMs,
      maxPauseMs: settings.maxPauseMs,
      inputTimeoutMs: settings.inputTimeoutMs,
      signal: this.#controller.signal,
      emit: (event) => this.#emit(event),
      onUtterance: (utterance: Utterance) => this.#arrive({ by: 'audio', utterance }),
      onDeaf: (error) => {
        this.#failure = { error };
        this.#arrivals.close();
        this.stop();
      },
    });
  }

  #arrive(arrival: Arrival): void {
    if (!this.#arrivals.offer(arrival)) this.#refused[arrival.by]++;
  }

  async #answerAll(): Promise<void> {
    const { signal } = this.#controller;
    for (;;) {
      const arrival = await this.#arrivals.next(signal);
      if (!arrival) return;
      await this.#runner.run(arrival);
      await this.#refuseAll('audio');
      await this.#refuseAll('text');
    }
  }

  /** Between two turns, because the events of turns do not mix. */
  async #refuseAll(by: Arrival['by']): Promise<void> {
    for (; this.#refused[by] > 0; this.#refused[by]--) {
      await this.#runner.refuse(by, this.#parts.settings.maxWaitingTurns);
    }
  }

  async #emit(event: AssistantEvent): Promise<void> {
    const { signal } = this.#controller;
    signal.throwIfAborted();
    await this.events.push(event, { signal });
  }

  /** The end of a turn is told even when the conversation is being stopped. */
  async #emitLast(event: AssistantEvent): Promise<void> {
    if (this.events.tryPush(event) || this.events.isClosed) return;
    const deadline = new AbortController();
    try {
      await this.#stages.run(
        { stage: 'events', signal: deadline.signal, timeoutMs: LAST_WORDS_MS },
        (stageSignal) => this.events.push(event, { signal: stageSignal }),
      );
    } catch (error) {
      this.#parts.log.warn('nobody reads the events of the conversation', { error });
    }
  }
}

/** Input comes from any program: whoever wrote it finds the mistake here and not in an engine. */
function checkFrame(frame: Frame): void {
  const { pcm, position, timeMs } = frame;
  if (!(pcm instanceof Int16Array)) {
    throw new AssistantError('ASSISTANT_INPUT_INVALID', { finding: 'a frame whose pcm is no Int16Array' });
  }
  if (!Number.isSafeInteger(position) || position < 0 || !Number.isFinite(timeMs)) {
    throw new AssistantError('ASSISTANT_INPUT_INVALID', {
      finding: `a frame at position ${position} and time ${timeMs}`,
    });
  }
}

/** What the caller's own input threw is the caller's error, as it was. */
function unwrapInput(error: unknown): unknown {
  const isWrapped =
    error instanceof AssistantError &&
    error.details.stage === 'input' &&
    error.code === 'ASSISTANT_STAGE_FAILED';
  return isWrapped ? error.cause : error;
}
