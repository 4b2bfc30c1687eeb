import { describe, expect, it } from '@jest/globals';
import type { Frame } from '@tiercel/audio';
import type { VoiceActivityEvent } from '@tiercel/capabilities/voice-activity-detector';
import type { Vad } from '@tiercel/sherpa';
import { RESET_AFTER_SAMPLES, SpeechEdges } from './speech-edges.js';

const WINDOW = 512;
const options = { windowSize: WINDOW, sampleRateHz: 16_000, minSpeechMs: 100, minSilenceMs: 160 };

/** Says "speech" for the windows it is told to, and fails where the real engine would end the process. */
class ScriptedVad implements Vad {
  readonly #script: (window: number) => boolean;
  #window = -1;
  #segments = 0;
  sinceReset = 0;
  mostWithoutReset = 0;
  resets = 0;

  constructor(script: (window: number) => boolean) {
    this.#script = script;
  }

  acceptWaveform(samples: Float32Array): void {
    const wasSpeech = this.isDetected();
    this.#window += 1;
    if (wasSpeech && !this.isDetected()) this.#segments += 1;
    this.sinceReset += samples.length;
    this.mostWithoutReset = Math.max(this.mostWithoutReset, this.sinceReset);
    if (samples.length !== WINDOW) throw new Error('OR-ed over the call');
    if (this.sinceReset >= 2 ** 31) throw new Error('SIGSEGV');
  }

  isDetected(): boolean {
    return this.#window >= 0 && this.#script(this.#window);
  }

  isEmpty(): boolean {
    return this.#segments === 0;
  }

  pop(): void {
    if (this.#segments === 0) throw new Error('SIGSEGV');
    this.#segments -= 1;
  }

  reset(): void {
    this.resets += 1;
    this.sinceReset = 0;
  }
}

const pcm = new Int16Array(WINDOW);

function frame(window: number, offset = 0): Frame {
  return { pcm, sampleRateHz: 16_000, position: offset + window * WINDOW, timeMs: 0 };
}

function feed(edges: SpeechEdges, windows: number): VoiceActivityEvent[] {
  return Array.from({ length: windows }, (_, window) => edges.push(frame(window))).flat();
}

describe('SpeechEdges', () => {
  it('takes the known delays of the engine off both edges', () => {
    const edges = new SpeechEdges(new ScriptedVad((window) => window >= 20 && window < 40), options);

    const events = feed(edges, 60);

    expect(events).toEqual([
      { type: 'speech-start', position: (21 - 6) * WINDOW, detectedPosition: 21 * WINDOW },
      { type: 'speech-end', position: (41 - 7) * WINDOW, detectedPosition: 41 * WINDOW },
    ]);
  });

  it('never puts an edge before the beginning of the stream or before the last edge', () => {
    const edges = new SpeechEdges(
      new ScriptedVad((window) => window < 3 || (window > 3 && window < 6)),
      options,
    );

    const positions = feed(edges, 10).map(({ position }) => position);

    expect(positions).toEqual([0, 0, 0, 0]);
  });

  it('drains finished segments, and only when there are some', () => {
    const vad = new ScriptedVad((window) => window % 2 === 1);

    feed(new SpeechEdges(vad, options), 20);

    expect(vad.isEmpty()).toBe(true);
  });

  it('lets the engine forget a turn after a second of silence, once', () => {
    const vad = new ScriptedVad((window) => window < 10);

    feed(new SpeechEdges(vad, options), 10 + 100);

    // The first one belongs to the beginning of the stream.
    expect(vad.resets).toBe(2);
  });

  it('does not let the engine forget inside a pause', () => {
    const vad = new ScriptedVad((window) => window % 30 < 15);

    feed(new SpeechEdges(vad, options), 300);

    expect(vad.resets).toBe(1);
  });

  it('closes speech and begins anew when the engine would overflow', () => {
    const vad = new ScriptedVad(() => true);
    const edges = new SpeechEdges(vad, { ...options, resetAfterSamples: 100 * WINDOW });

    const events = feed(edges, 250);

    expect(vad.mostWithoutReset).toBe(100 * WINDOW);
    expect(events.map(({ type, detectedPosition }) => [type, detectedPosition / WINDOW])).toEqual([
      ['speech-start', 1],
      ['speech-end', 100],
      ['speech-start', 101],
      ['speech-end', 200],
      ['speech-start', 201],
    ]);
  });

  it('stays far below what the engine can count to, unless told otherwise', () => {
    expect(RESET_AFTER_SAMPLES + WINDOW).toBeLessThan(2 ** 31);
  });

  it('closes speech at a gap, where the samples before it ended', () => {
    const edges = new SpeechEdges(new ScriptedVad((window) => window >= 5 && window < 10), options);
    feed(edges, 10);

    const events = edges.push(frame(0, 1_000_000));

    expect(events).toEqual([{ type: 'speech-end', position: 10 * WINDOW, detectedPosition: 10 * WINDOW }]);
  });
});
