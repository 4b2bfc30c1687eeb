import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { type Frame, Framer, silence } from '@tiercel/audio';
import { codeOf } from '../contract/code-of.js';
import { collect } from '../contract/collect.js';
import { streamOf, WatchedSource } from '../contract/watched-source.js';
import type { VoiceActivityDetector, VoiceActivityEvent } from './voice-activity-detector.js';

export interface OpenVoiceActivityDetector {
  readonly provider: VoiceActivityDetector;
  close(): void | Promise<void>;
}

export interface VoiceActivityDetectorContractOptions {
  /** Speech without a pause at the provider's rate. Half a second of silence on either side is added by the suite. */
  readonly speech: Int16Array | (() => Int16Array | Promise<Int16Array>);
}

/** The rules that every `VoiceActivityDetector` follows. `open` is called once per test. */
export function describeVoiceActivityDetectorContract(
  title: string,
  open: () => OpenVoiceActivityDetector | Promise<OpenVoiceActivityDetector>,
  options: VoiceActivityDetectorContractOptions,
): void {
  describe(`${title} (VoiceActivityDetector contract)`, () => {
    let opened: OpenVoiceActivityDetector;
    let detector: VoiceActivityDetector;
    let speech: Int16Array;

    beforeEach(async () => {
      opened = await open();
      detector = opened.provider;
      speech = typeof options.speech === 'function' ? await options.speech() : options.speech;
    });

    afterEach(async () => {
      await opened.close();
    });

    const half = () => silence(500, detector.features.sampleRateHz);

    /** The blocks one after the other, cut into exact windows; an incomplete last one is left out. */
    function framesOf(blocks: readonly Int16Array[], position = 0): Frame[] {
      const { windowSize: frameSamples, sampleRateHz } = detector.features;
      const framer = new Framer({ frameSamples, sampleRateHz, position });
      return blocks.flatMap((block) => framer.push(block, 0));
    }

    function detect(frames: readonly Frame[]): Promise<VoiceActivityEvent[]> {
      return collect(detector.detect(streamOf(frames)));
    }

    it('says which windows it takes', () => {
      expect(detector.features.windowSize).toBeGreaterThan(0);
      expect(detector.features.sampleRateHz).toBeGreaterThan(0);
    });

    it('says nothing about silence, or about no frames at all', async () => {
      const silent = await detect(framesOf([half(), half(), half()]));
      const none = await detect([]);

      expect([silent, none]).toEqual([[], []]);
    });

    it('tells one start and one end for one stretch of speech', async () => {
      const events = await detect(framesOf([half(), speech, half(), half()]));

      expect(events.map(({ type }) => type)).toEqual(['speech-start', 'speech-end']);
    });

    it('puts the edges within 200 ms of the speech, and says how far it had read', async () => {
      const lead = half();
      const events = await detect(framesOf([lead, speech, half(), half()]));

      const [start, end] = events.map(({ position }) => position);
      const tolerance = detector.features.sampleRateHz / 5;
      expect(Math.abs((start ?? 0) - lead.length)).toBeLessThanOrEqual(tolerance);
      expect(Math.abs((end ?? 0) - lead.length - speech.length)).toBeLessThanOrEqual(tolerance);
      expect(events.filter((event) => event.detectedPosition < event.position)).toEqual([]);
    });

    it('counts in the positions of the frames, wherever the stream begins', async () => {
      const blocks = [half(), speech, half(), half()];
      const offset = 1_000_000 * detector.features.windowSize;

      const near = await detect(framesOf(blocks));
      const far = await detect(framesOf(blocks, offset));

      expect(far.map(({ position }) => position - offset)).toEqual(near.map(({ position }) => position));
    });

    it('ends speech exactly once when the stream ends inside it', async () => {
      const frames = framesOf([half(), speech.subarray(0, Math.floor(speech.length * 0.7))]);

      const events = await detect(frames);

      const end = frames.length * detector.features.windowSize;
      expect(events.map(({ type }) => type)).toEqual(['speech-start', 'speech-end']);
      expect(events[1]?.position).toBeLessThanOrEqual(end);
      expect(events[1]?.detectedPosition).toBe(end);
    });

    it('hears the same in each of several streams at once', async () => {
      const frames = framesOf([half(), speech, half(), half()]);
      const alone = await detect(frames);

      const together = await Promise.all([detect(frames), detect(frames), detect(frames)]);

      expect(together).toEqual([alone, alone, alone]);
    });

    it('hears the same in a stream after another one', async () => {
      const frames = framesOf([half(), speech, half(), half()]);

      const first = await detect(frames);
      const second = await detect(frames);

      expect(second).toEqual(first);
    });

    it('tells every start and end of a long stream, in turn and in order', async () => {
      const events = await detect(
        framesOf([half(), speech, half(), half(), speech, half(), half(), speech, half()]),
      );

      expect(events.map(({ type }) => type)).toEqual([1, 2, 3].flatMap(() => ['speech-start', 'speech-end']));
      const positions = events.map(({ position }) => position);
      expect(positions).toEqual([...positions].sort((a, b) => a - b));
    });

    it('closes speech before a gap in the positions, and goes on behind it', async () => {
      const lost = 100 * detector.features.windowSize;
      const before = framesOf([half(), speech.subarray(0, Math.floor(speech.length * 0.7))]);
      const edge = before.length * detector.features.windowSize;
      const after = framesOf([half(), speech, half(), half()], edge + lost);

      const events = await detect([...before, ...after]);

      expect(events.map(({ type }) => type)).toEqual([1, 2].flatMap(() => ['speech-start', 'speech-end']));
      expect(events[1]?.position).toBeLessThanOrEqual(edge);
      expect(events[2]?.position).toBeGreaterThanOrEqual(edge + lost);
    });

    it('refuses a window of another length', async () => {
      const { windowSize, sampleRateHz } = detector.features;
      const wrong = [windowSize - 1, windowSize + 1, windowSize * 2, 0].map((length) =>
        detect([frameOf(new Int16Array(length), sampleRateHz)]),
      );

      const results = await Promise.allSettled(wrong);

      expect(results.map(codeOf)).toEqual(wrong.map(() => 'VOICE_ACTIVITY_WINDOW_WRONG'));
    });

    it('refuses a window of another rate', async () => {
      const { windowSize, sampleRateHz } = detector.features;

      const [result] = await Promise.allSettled([
        detect([frameOf(new Int16Array(windowSize), sampleRateHz / 2)]),
      ]);

      expect(codeOf(result)).toBe('VOICE_ACTIVITY_WINDOW_WRONG');
    });

    it('ends with the reason of its signal, even while the input is silent', async () => {
      const controller = new AbortController();
      const source = new WatchedSource(framesOf([half()]));
      const reading = collect(detector.detect(source, { signal: controller.signal }));
      await source.isDry;

      controller.abort(new Error('given up'));

      await expect(reading).rejects.toThrow('given up');
      expect(source.isClosed).toBe(true);
    });

    it('reads nothing when its signal had aborted before', async () => {
      const source = new WatchedSource(framesOf([half()]));

      const reading = collect(detector.detect(source, { signal: AbortSignal.abort(new Error('given up')) }));

      await expect(reading).rejects.toThrow('given up');
      expect(source.reads).toBe(0);
    });

    it('closes its input when the reader leaves early, and serves the next one', async () => {
      const source = new WatchedSource(framesOf([half(), speech, half(), half()]));

      for await (const _ of detector.detect(source)) break;

      expect(source.isClosed).toBe(true);
      await expect(detect(framesOf([half(), speech, half(), half()]))).resolves.toHaveLength(2);
    });

    it('passes on the error of its input', async () => {
      const failing = (async function* (): AsyncGenerator<Frame> {
        yield* framesOf([half()]);
        throw new Error('microphone gone');
      })();

      await expect(collect(detector.detect(failing))).rejects.toThrow('microphone gone');
    });
  });
}

function frameOf(pcm: Int16Array, sampleRateHz: number): Frame {
  return { pcm, sampleRateHz, position: 0, timeMs: 0 };
}
