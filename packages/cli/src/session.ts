import { Assistant, type AssistantEvent } from '@tiercel/capabilities/assistant';
import type { AudioInput } from '@tiercel/capabilities/audio-input';
import type { AudioOutput } from '@tiercel/capabilities/audio-output';
import { Clock } from '@tiercel/capabilities/clock';
import {
  emptyTurn,
  holdConversation,
  type Recording,
  type RecordingEvent,
  RecordingsInput,
  summarizeTurn,
  type TurnSummary,
} from '@tiercel/conversation';
import type { Node } from '@tiercel/kernel';
import { deferred } from './deferred.js';

/** Where the words of a turn came from. */
export type TurnSource =
  | { readonly type: 'recording'; readonly name: string }
  | { readonly type: 'microphone' }
  | { readonly type: 'text' };

export interface SessionTurn {
  readonly source: TurnSource;
  readonly summary: TurnSummary;
  /** Tools with the arguments that they were called with. */
  readonly calls: readonly { readonly tool: string; readonly args: Readonly<Record<string, unknown>> }[];
}

export interface SessionOptions {
  readonly node: Node;
  readonly recordings?: readonly Recording[] | undefined;
  readonly microphone?: AudioInput | undefined;
  /** Typed turns; they begin when all recordings have had theirs. */
  readonly texts?: AsyncIterable<string> | undefined;
  readonly output?: AudioOutput | undefined;
  /** Lets a recorder listen in. */
  readonly recordInput?: ((input: AudioInput) => AudioInput) | undefined;
  readonly language?: string | undefined;
  readonly signal: AbortSignal;
  readonly onEvent?: ((event: AssistantEvent) => void) | undefined;
  readonly onRecording?: ((recording: Recording) => void) | undefined;
  readonly onTurn?: ((turn: SessionTurn) => void) | undefined;
}

/** Holds a conversation from the command line and tells its turns; a recording that starts none counts as an empty one. */
export async function holdSession(options: SessionOptions): Promise<void> {
  return new Session(options).hold();
}

class Session {
  readonly #options: SessionOptions;
  readonly #recordings: readonly Recording[];
  readonly #input: RecordingsInput | undefined;
  readonly #spoken = deferred();
  #recording: Recording | undefined;
  #turnsOfRecording = 0;
  #source: TurnSource = { type: 'text' };
  #calls: SessionTurn['calls'][number][] = [];

  constructor(options: SessionOptions) {
    this.#options = options;
    this.#recordings = options.recordings ?? [];
    if (this.#recordings.length === 0) return;
    this.#input = new RecordingsInput({
      recordings: this.#recordings,
      clock: options.node.get(Clock),
      onRecording: (event) => this.#onRecording(event),
    });
  }

  async hold(): Promise<void> {
    const { node, microphone, output, language, signal, texts, recordInput } = this.#options;
    const source = this.#input ?? microphone;
    const conversation = holdConversation({
      assistant: node.get(Assistant),
      clock: node.get(Clock),
      input: source && (recordInput?.(source) ?? source),
      texts: texts && this.#afterRecordings(texts),
      output,
      language,
      signal,
      onEvent: (event) => this.#onEvent(event),
    });
    for await (const _ of conversation);
  }

  async *#afterRecordings(texts: AsyncIterable<string>): AsyncGenerator<string, void, undefined> {
    if (this.#input) await this.#spoken.promise;
    yield* texts;
  }

  #onRecording({ type, index }: RecordingEvent): void {
    const recording = this.#recordings[index];
    if (!recording) return;
    if (type === 'recording-start') {
      this.#recording = recording;
      this.#turnsOfRecording = 0;
      this.#options.onRecording?.(recording);
      return;
    }
    if (this.#turnsOfRecording === 0) {
      this.#add({ source: { type: 'recording', name: recording.name }, summary: emptyTurn, calls: [] });
    }
    this.#recording = undefined;
    if (index === this.#recordings.length - 1) this.#spoken.resolve();
  }

  #onEvent(event: AssistantEvent): void {
    this.#input?.observe(event);
    this.#options.onEvent?.(event);
    if (event.type === 'turn-start') {
      this.#source = this.#sourceOf(event.by);
      if (event.by === 'audio') this.#turnsOfRecording++;
    }
    if (event.type === 'tool-start') this.#calls.push({ tool: event.tool, args: event.args });
    // Only what changes something is asked for, and that stands alone: the latest call is the one that was not allowed.
    if (event.type === 'approval-end' && event.decision !== 'allowed') this.#calls.pop();
    if (event.type !== 'turn-end') return;
    const summary = summarizeTurn([event]) ?? emptyTurn;
    this.#add({ source: this.#source, summary, calls: this.#calls });
    this.#calls = [];
  }

  #sourceOf(by: 'audio' | 'text'): TurnSource {
    if (by === 'text') return { type: 'text' };
    return this.#recording ? { type: 'recording', name: this.#recording.name } : { type: 'microphone' };
  }

  #add(turn: SessionTurn): void {
    this.#options.onTurn?.(turn);
  }
}
