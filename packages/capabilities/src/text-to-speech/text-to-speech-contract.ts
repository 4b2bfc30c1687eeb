import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { durationMs, joinFrames, levelDbfs } from '@tiercel/audio';
import { codeOf } from '../contract/code-of.js';
import { collect } from '../contract/collect.js';
import { countListeners } from '../contract/count-listeners.js';
import type { SynthesizeOptions, TextToSpeech } from './text-to-speech.js';

export interface OpenTextToSpeech {
  readonly provider: TextToSpeech;
  close(): void | Promise<void>;
}

export interface TextToSpeechContractOptions {
  /** Default: an English one. */
  readonly sentence?: string;
}

/** The rules that every `TextToSpeech` follows. `open` is called once per test. */
export function describeTextToSpeechContract(
  title: string,
  open: () => OpenTextToSpeech | Promise<OpenTextToSpeech>,
  { sentence = 'The living room lamp is on.' }: TextToSpeechContractOptions = {},
): void {
  describe(`${title} (TextToSpeech contract)`, () => {
    let opened: OpenTextToSpeech;
    let voice: TextToSpeech;

    beforeEach(async () => {
      opened = await open();
      voice = opened.provider;
    });

    afterEach(async () => {
      await opened.close();
    });

    const speak = (text: string, options?: SynthesizeOptions) => collect(voice.synthesize(text, options));
    const paragraph = Array.from({ length: 4 }, () => sentence).join(' ');

    it('says which voice it is, at which rate and in which languages it speaks', () => {
      const { voice: name, sampleRateHz, languages } = voice.features;

      expect(name).not.toBe('');
      expect(sampleRateHz).toBeGreaterThan(0);
      expect(languages.length).toBeGreaterThan(0);
    });

    it('can be heard', async () => {
      const spoken = joinFrames(await speak(sentence));

      expect(levelDbfs(spoken?.pcm ?? new Int16Array(0))).toBeGreaterThan(-40);
    });

    it('speaks in frames of 20 ms at its own rate; only the last may be shorter', async () => {
      const frames = await speak(sentence);

      const { sampleRateHz } = voice.features;
      expect(frames.map((frame) => frame.sampleRateHz)).toEqual(frames.map(() => sampleRateHz));
      expect(frames.slice(0, -1).map(durationMs)).toEqual(frames.slice(0, -1).map(() => 20));
      expect(frames.at(-1)?.pcm.length).toBeGreaterThan(0);
      expect(frames.at(-1)?.pcm.length).toBeLessThanOrEqual(sampleRateHz / 50);
    });

    it('counts positions from 0, without gaps', async () => {
      const frames = await speak(paragraph);

      const { sampleRateHz } = voice.features;
      expect(frames.map(({ position }) => position)).toEqual(
        frames.map((_, index) => (index * sampleRateHz) / 50),
      );
    });

    it('takes longer for more text', async () => {
      const one = await speak(sentence);
      const four = await speak(paragraph);

      expect(four.length).toBeGreaterThan(2 * one.length);
    });

    it('speaks faster when asked to', async () => {
      const slow = await speak(sentence, { speed: 0.5 });
      const fast = await speak(sentence, { speed: 2 });

      expect(slow.length).toBeGreaterThan(2 * fast.length);
    });

    it('refuses a speed out of range', async () => {
      const speeds = [0, 0.49, 2.01, -1, Number.NaN, Number.POSITIVE_INFINITY];

      const results = await Promise.allSettled(speeds.map((speed) => speak(sentence, { speed })));

      expect(results.map(codeOf)).toEqual(speeds.map(() => 'TEXT_TO_SPEECH_SPEED_WRONG'));
    });

    it('says nothing for text that cannot be spoken', async () => {
      const texts = ['', ' ', '\n\t', '...', '?!', '—', '*', '😀', '👍🏽 ❤️', '\u200b'];

      const spoken = await Promise.all(texts.map((text) => speak(text)));

      expect(spoken).toEqual(texts.map(() => []));
    });

    it('refuses a text that is too long for one call', async () => {
      const [result] = await Promise.allSettled([speak('word '.repeat(20_000))]);

      expect(codeOf(result)).toBe('TEXT_TO_SPEECH_TEXT_TOO_LONG');
    });

    it('speaks what is asked for at once one after the other, in order', async () => {
      const order: number[] = [];

      const spoken = await Promise.all(
        [1, 2, 3].map(async (call) => {
          const frames = await speak(sentence);
          order.push(call);
          return frames;
        }),
      );

      expect(order).toEqual([1, 2, 3]);
      expect(spoken.filter((frames) => frames.length === 0)).toEqual([]);
      expect(spoken.map(([first]) => first?.position)).toEqual([0, 0, 0]);
    });

    it('begins nothing when its signal had aborted before', async () => {
      const reading = speak(sentence, { signal: AbortSignal.abort(new Error('given up')) });

      await expect(reading).rejects.toThrow('given up');
    });

    it('gives no further frames once its signal aborts, and serves the next call', async () => {
      const controller = new AbortController();
      const reader = voice.synthesize(paragraph, { signal: controller.signal })[Symbol.asyncIterator]();
      await reader.next();

      controller.abort(new Error('interrupted'));

      await expect(reader.next()).rejects.toThrow('interrupted');
      await expect(reader.next()).resolves.toMatchObject({ done: true });
      await expect(speak(sentence)).resolves.not.toHaveLength(0);
    });

    it('ends at once when aborted before its first frame', async () => {
      const controller = new AbortController();
      const order: string[] = [];
      const aborted = speak(paragraph, { signal: controller.signal }).catch((error: Error) =>
        order.push(error.message),
      );
      const next = speak(sentence).then(() => order.push('next'));

      controller.abort(new Error('interrupted'));
      await Promise.all([aborted, next]);

      expect(order).toEqual(['interrupted', 'next']);
    });

    it('serves the next call when a reader leaves early', async () => {
      for await (const _ of voice.synthesize(paragraph)) break;

      await expect(speak(sentence)).resolves.not.toHaveLength(0);
    });

    it('leaves no listener on its signal', async () => {
      const controller = new AbortController();
      const listeners = countListeners(controller.signal);

      await speak(sentence, { signal: controller.signal });

      expect(listeners()).toBe(0);
    });
  });
}
