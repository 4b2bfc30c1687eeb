import { joinPcm } from '@tiercel/audio';
import type { ConverseOptions } from '@tiercel/capabilities/assistant';
import { ConversationProbe } from '@tiercel/capabilities/assistant/testing';
import { FakeClock } from '@tiercel/capabilities/clock/testing';
import type { IntentRecognizer } from '@tiercel/capabilities/intent-recognizer';
import type { LanguageModel } from '@tiercel/capabilities/language-model';
import { FakeLanguageModel } from '@tiercel/capabilities/language-model/testing';
import { FakeLog } from '@tiercel/capabilities/log/testing';
import type { Metrics } from '@tiercel/capabilities/metrics';
import type { ToolRegistry } from '@tiercel/capabilities/tool-registry';
import { FakeToolRegistry } from '@tiercel/capabilities/tool-registry/testing';
import { Degradation } from '../degradation.js';
import type { ModelProvider } from '../model-providers.js';
import type { Parts } from '../parts.js';
import type { Settings } from '../settings.js';
import { SynthesisPace } from '../synthesis-pace.js';
import { VoiceAssistant } from '../voice-assistant.js';
import {
  type Heard,
  LoudnessDetector,
  room,
  ScriptedSpeechToText,
  ToneTextToSpeech,
  tone,
} from './scripted-engines.js';

const TICK_MS = 32;

export const settings: Settings = {
  systemPrompt: 'Be brief.',
  language: 'en',
  maxHistoryTurns: 16,
  maxReplyTokens: 256,
  temperature: 0,
  tellsDegradation: true,
  maxPauseMs: 1_200,
  firstPauseMs: 700,
  completePauseMs: 300,
  maxWaitingTurns: 16,
  inputTimeoutMs: 2_000,
  transcribeTimeoutMs: 30_000,
  understandTimeoutMs: 2_000,
  toolTimeoutMs: 60_000,
  modelTimeoutMs: 60_000,
  synthesizeTimeoutMs: 20_000,
  playoutTimeoutMs: 5_000,
};

export interface CallOptions extends ConverseOptions {
  readonly hear?: (heard: Heard) => string;
  readonly isDeafToAborts?: boolean;
  readonly model?: LanguageModel | undefined;
  readonly modelProviders?: () => Promise<readonly ModelProvider[]>;
  readonly tools?: ToolRegistry;
  readonly metrics?: Metrics;
  readonly recognizers?: readonly IntentRecognizer[];
  readonly settings?: Partial<Settings>;
  readonly without?: readonly ('model' | 'stt' | 'vad' | 'tts')[];
  /** `paced` plays in virtual time and reports every tick; `never` reports nothing. Default: `paced`. */
  readonly plays?: 'paced' | 'never';
}

/** A conversation on virtual time: a microphone that delivers 32 ms per tick, and a loudspeaker that plays as fast. */
export class Call {
  readonly clock = new FakeClock();
  readonly log = new FakeLog();
  readonly vad = new LoudnessDetector();
  readonly stt: ScriptedSpeechToText;
  readonly tts: ToneTextToSpeech;
  readonly model: LanguageModel;
  readonly assistant: VoiceAssistant;
  readonly probe: ConversationProbe;
  /** Most audio that was sent beyond what had been reported. */
  maxAheadMs = 0;
  readonly #isPaced: boolean;
  #position = 0;
  #attempt = 0;
  #played = 0;
  #nextEvent = 0;
  #sent = 0;
  #hasMicrophone = false;

  constructor({
    hear = () => 'What time is it?',
    isDeafToAborts = false,
    model = new FakeLanguageModel(),
    modelProviders = async () => [],
    tools = new FakeToolRegistry([]),
    metrics,
    recognizers = [],
    settings: changed = {},
    without = [],
    plays = 'paced',
    ...converse
  }: CallOptions = {}) {
    this.#isPaced = plays === 'paced';
    this.stt = new ScriptedSpeechToText(this.clock, hear, { isDeafToAborts });
    this.tts = new ToneTextToSpeech(this.clock);
    this.model = model;
    let attempts = 0;
    const { clock, log, stt, vad, tts } = this;
    const parts: Parts = {
      log,
      clock,
      model: without.includes('model') ? undefined : model,
      stt: without.includes('stt') ? undefined : stt,
      vad: without.includes('vad') ? undefined : vad,
      tts: without.includes('tts') ? undefined : tts,
      degradation: new Degradation({ providers: modelProviders, log }),
      tools,
      metrics,
      recognizers,
      pace: new SynthesisPace(),
      settings: { ...settings, ...changed },
      nextAttempt: () => ++attempts,
    };
    this.assistant = new VoiceAssistant(parts);
    this.probe = new ConversationProbe(this.assistant, { ...converse, plays: 'never' });
  }

  /** The microphone hears these one after the other, in real time. */
  async hear(...sounds: readonly Int16Array[]): Promise<void> {
    this.#hasMicrophone = true;
    const pcm = joinPcm(sounds);
    const block = (16_000 * TICK_MS) / 1000;
    for (let offset = 0; offset < pcm.length; offset += block) {
      const timeMs = this.clock.nowMs();
      const samples = pcm.slice(offset, offset + block);
      const frame = { pcm: samples, sampleRateHz: 16_000, position: this.#position, timeMs };
      this.#position += samples.length;
      await this.#tick();
      await this.probe.send({ type: 'audio', frame });
    }
  }

  /** Time passes; the microphone, once in use, hears the room. */
  async wait(ms: number): Promise<void> {
    if (this.#hasMicrophone) return this.hear(room(ms));
    for (let waited = 0; waited < ms; waited += TICK_MS) await this.#tick();
  }

  /** Time passes until the `count`th event of this type, at most 60 s. */
  async waitFor(type: Parameters<ConversationProbe['waitFor']>[0], count = 1): Promise<void> {
    for (let waited = 0; waited < 60_000 && this.probe.ofType(type).length < count; waited += TICK_MS) {
      await this.wait(TICK_MS);
    }
  }

  /** Ends the input and lets time pass until the conversation is over. */
  async end(): Promise<void> {
    let isOver = false;
    const ended = this.probe.ended.finally(() => {
      isOver = true;
    });
    ended.catch(() => undefined);
    this.probe.end();
    while (!isOver) await this.clock.advance(TICK_MS);
    await ended;
  }

  async #tick(): Promise<void> {
    await this.clock.advance(TICK_MS);
    this.#follow();
    if (!this.#isPaced || this.#sent === 0 || this.#played >= this.#sent) return;
    this.#played = Math.min(this.#sent, this.#played + (22_050 * TICK_MS) / 1000);
    const played = Math.floor(this.#played);
    const timeMs = this.clock.nowMs();
    await this.probe.send({ type: 'played', attempt: this.#attempt, samples: played, timeMs });
  }

  #follow(): void {
    for (const event of this.probe.events.slice(this.#nextEvent)) {
      this.#nextEvent++;
      if (event.type !== 'audio') continue;
      if (event.attempt !== this.#attempt) {
        this.#attempt = event.attempt;
        this.#played = 0;
        this.#sent = 0;
      }
      this.#sent += event.frame.pcm.length;
      const ahead = ((this.#sent - this.#played) * 1000) / event.frame.sampleRateHz;
      this.maxAheadMs = Math.max(this.maxAheadMs, ahead);
    }
  }
}

export { room, tone };
