import { type Frame, int16ToFloat32 } from '@tiercel/audio';
import type { VoiceActivityEvent } from '@tiercel/capabilities/voice-activity-detector';
import type { Vad } from '@tiercel/sherpa';

export interface SpeechEdgesOptions {
  readonly windowSize: number;
  readonly sampleRateHz: number;
  readonly minSpeechMs: number;
  readonly minSilenceMs: number;
  /** The engine counts samples in 32 bits and ends the process when they overflow. */
  readonly resetAfterSamples?: number;
}

/** Half of what the engine can count to. */
export const RESET_AFTER_SAMPLES = 2 ** 30;

/** Silence after which a turn is certainly over, so that the engine may forget it. */
const RESET_SILENCE_MS = 1000;

/**
 * Windows between sound and probability: the engine holds one back for context, and counts a stretch from the end of its
 * first window.
 */
const ENGINE_DELAY_WINDOWS = 2;

/** Follows one stream with one engine: turns "speech now?" into edges with positions, and keeps the engine from overflowing. */
export class SpeechEdges {
  readonly #vad: Vad;
  readonly #options: SpeechEdgesOptions;
  readonly #resetAfterSamples: number;
  readonly #startDelay: number;
  readonly #endDelay: number;
  /** Position after the last sample that was read. */
  #end: number | undefined;
  /** Estimates never go back beyond this: the last edge, or the beginning of the stream. */
  #floor = 0;
  #isSpeech = false;
  #fed = 0;
  #silentSamples = 0;

  constructor(vad: Vad, options: SpeechEdgesOptions) {
    this.#vad = vad;
    this.#options = options;
    this.#resetAfterSamples = options.resetAfterSamples ?? RESET_AFTER_SAMPLES;
    this.#startDelay = this.#delayOf(options.minSpeechMs);
    this.#endDelay = this.#delayOf(options.minSilenceMs);
  }

  /** Takes the next window. */
  push(frame: Frame): readonly VoiceActivityEvent[] {
    const events: VoiceActivityEvent[] = [];
    if (frame.position !== this.#end || this.#fed >= this.#resetAfterSamples) {
      events.push(...this.finish());
      this.#reset();
      this.#floor = frame.position;
    }
    this.#end = frame.position + frame.pcm.length;
    this.#fed += frame.pcm.length;
    this.#vad.acceptWaveform(int16ToFloat32(frame.pcm));
    // Finished segments hold audio that nobody needs. Popping an empty queue ends the process.
    while (!this.#vad.isEmpty()) this.#vad.pop();
    const isSpeech = this.#vad.isDetected();
    if (isSpeech !== this.#isSpeech) events.push(isSpeech ? this.#start(this.#end) : this.#stop(this.#end));
    this.#resetInSilence(frame.pcm.length);
    return events;
  }

  /** Ends speech that the stream leaves open. */
  finish(): readonly VoiceActivityEvent[] {
    if (!this.#isSpeech || this.#end === undefined) return [];
    this.#isSpeech = false;
    return [{ type: 'speech-end', position: this.#end, detectedPosition: this.#end }];
  }

  #start(detectedPosition: number): VoiceActivityEvent {
    this.#isSpeech = true;
    this.#floor = Math.max(this.#floor, detectedPosition - this.#startDelay);
    return { type: 'speech-start', position: this.#floor, detectedPosition };
  }

  #stop(detectedPosition: number): VoiceActivityEvent {
    this.#isSpeech = false;
    this.#silentSamples = 0;
    this.#floor = Math.max(this.#floor, detectedPosition - this.#endDelay);
    return { type: 'speech-end', position: this.#floor, detectedPosition };
  }

  #resetInSilence(samples: number): void {
    if (this.#isSpeech) return;
    this.#silentSamples += samples;
    const isTurnOver = this.#silentSamples * 1000 >= RESET_SILENCE_MS * this.#options.sampleRateHz;
    if (isTurnOver && this.#fed > this.#silentSamples) this.#reset();
  }

  #reset(): void {
    this.#vad.reset();
    this.#fed = 0;
    this.#silentSamples = 0;
  }

  #delayOf(ms: number): number {
    const { windowSize, sampleRateHz } = this.#options;
    const windows = Math.ceil((ms * sampleRateHz) / 1000 / windowSize) + ENGINE_DELAY_WINDOWS;
    return windows * windowSize;
  }
}
