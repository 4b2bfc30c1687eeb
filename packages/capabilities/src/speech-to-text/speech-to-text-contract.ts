import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { type Frame, Framer, silence } from '@tiercel/audio';
import { collect } from '../contract/collect.js';
import { countListeners } from '../contract/count-listeners.js';
import { streamOf, WatchedSource } from '../contract/watched-source.js';
import type { SpeechToText, TranscribeOptions, TranscriptEvent } from './speech-to-text.js';

export interface OpenSpeechToText {
  readonly provider: SpeechToText;
  close(): void | Promise<void>;
}

export interface SpeechToTextContractOptions {
  /** A clear utterance at the provider's rate. */
  readonly speech: Int16Array | (() => Int16Array | Promise<Int16Array>);
  /** What every right transcript of it contains. */
  readonly says: RegExp;
  /** Its language, if not the one the provider is configured for. */
  readonly language?: string;
  /** Recognition takes no time: from another process its answer may come before an abort arrives there. */
  readonly isInstant?: boolean;
}

/** The rules that every `SpeechToText` follows. `open` is called once per test. */
export function describeSpeechToTextContract(
  title: string,
  open: () => OpenSpeechToText | Promise<OpenSpeechToText>,
  { speech: source, says, language, isInstant = false }: SpeechToTextContractOptions,
): void {
  describe(`${title} (SpeechToText contract)`, () => {
    let opened: OpenSpeechToText;
    let recogniser: SpeechToText;
    let speech: Int16Array;

    beforeEach(async () => {
      opened = await open();
      recogniser = opened.provider;
      speech = typeof source === 'function' ? await source() : source;
    });

    afterEach(async () => {
      await opened.close();
    });

    function framesOf(pcm: Int16Array, frameSamples = 512): Frame[] {
      const framer = new Framer({ frameSamples, sampleRateHz: recogniser.features.sampleRateHz });
      const frames = framer.push(pcm, 0);
      const rest = framer.flush();
      return rest ? [...frames, rest] : frames;
    }

    function transcribe(frames: AsyncIterable<Frame>, options: Partial<TranscribeOptions> = {}) {
      const base = language === undefined ? {} : { language };
      return collect(recogniser.transcribe(frames, { utteranceId: 'u1', ...base, ...options }));
    }

    it('says which model it is, which rate it takes and which languages it knows', () => {
      const { model, sampleRateHz, languages, hasPartials } = recogniser.features;

      expect(model).not.toBe('');
      expect(sampleRateHz).toBeGreaterThan(0);
      expect(languages.length).toBeGreaterThan(0);
      expect(typeof hasPartials).toBe('boolean');
    });

    it('writes down what was said, and closes with exactly one final', async () => {
      const events = await transcribe(streamOf(framesOf(speech)));

      const finals = events.filter(({ type }) => type === 'transcript-final');
      expect(finals).toHaveLength(1);
      expect(events.at(-1)).toBe(finals[0]);
      expect(finals[0]?.text).toMatch(says);
    });

    it('sends partials only where it says so', async () => {
      const events = await transcribe(streamOf(framesOf(speech)));

      const partials = events.filter(({ type }) => type === 'transcript-partial');
      expect(partials.length > 0).toBe(recogniser.features.hasPartials);
    });

    it('repeats the id of the utterance in each event', async () => {
      const events = await transcribe(streamOf(framesOf(speech)), { utteranceId: 'utterance-7' });

      expect(new Set(events.map(({ utteranceId }) => utteranceId))).toEqual(new Set(['utterance-7']));
    });

    it('names the language and the end of what it heard', async () => {
      const final = finalOf(await transcribe(streamOf(framesOf(speech))));

      expect(recogniser.features.languages).toContain(final.language);
      expect(final.endMs).toBeCloseTo((speech.length * 1000) / recogniser.features.sampleRateHz, 0);
    });

    it('makes no confidence up', async () => {
      const { confidence = 1 } = finalOf(await transcribe(streamOf(framesOf(speech))));

      expect(confidence).toBeGreaterThan(0);
      expect(confidence).toBeLessThanOrEqual(1);
    });

    it('gives empty text for no frames at all', async () => {
      const events = await transcribe(streamOf([]));

      expect(events).toHaveLength(1);
      expect(finalOf(events)).toMatchObject({ text: '', endMs: 0 });
    });

    it('gives empty text for silence', async () => {
      const events = await transcribe(streamOf(framesOf(silence(1500, recogniser.features.sampleRateHz))));

      expect(events).toHaveLength(1);
      expect(finalOf(events).text).toBe('');
    });

    it('hears the same however the utterance is cut into frames', async () => {
      const coarse = finalOf(await transcribe(streamOf(framesOf(speech, speech.length))));
      const fine = finalOf(await transcribe(streamOf(framesOf(speech, 101))));

      expect(fine.text).toBe(coarse.text);
    });

    it('serves several utterances at once, each as if it were alone', async () => {
      const alone = finalOf(await transcribe(streamOf(framesOf(speech))));
      const quiet = framesOf(silence(500, recogniser.features.sampleRateHz));

      const together = await Promise.all([
        transcribe(streamOf(framesOf(speech)), { utteranceId: 'a' }),
        transcribe(streamOf(quiet), { utteranceId: 'b' }),
        transcribe(streamOf(framesOf(speech)), { utteranceId: 'c' }),
      ]);

      expect(together.map(finalOf).map(({ utteranceId, text }) => [utteranceId, text])).toEqual([
        ['a', alone.text],
        ['b', ''],
        ['c', alone.text],
      ]);
    });

    it('refuses frames of another rate and closes the input', async () => {
      const source = new WatchedSource([
        { pcm: speech, sampleRateHz: recogniser.features.sampleRateHz / 2, position: 0, timeMs: 0 },
      ]);

      await expect(transcribe(source)).rejects.toMatchObject({ code: 'SPEECH_TO_TEXT_RATE_WRONG' });
      expect(source.isClosed).toBe(true);
    });

    it('refuses a language that it does not know before it reads anything', async () => {
      const source = new WatchedSource(framesOf(speech));

      await expect(transcribe(source, { language: 'xx' })).rejects.toMatchObject({
        code: 'SPEECH_TO_TEXT_LANGUAGE_UNKNOWN',
      });
      expect(source.reads).toBe(0);
    });

    it('ends with the reason of its signal, even while the input is silent', async () => {
      const controller = new AbortController();
      const source = new WatchedSource(framesOf(speech));
      const reading = transcribe(source, { signal: controller.signal });
      await source.isDry;

      controller.abort(new Error('given up'));

      await expect(reading).rejects.toThrow('given up');
      expect(source.isClosed).toBe(true);
    });

    it('ends at once when aborted during recognition, and serves the next utterance', async () => {
      const controller = new AbortController();
      const order: string[] = [];
      const aborted = transcribe(
        announced(framesOf(speech), () => controller.abort(new Error('given up'))),
        {
          signal: controller.signal,
        },
      ).then(
        () => (isInstant ? order.push('given up') : order.push('answered')),
        (error: Error) => order.push(error.message),
      );
      const next = transcribe(streamOf(framesOf(speech)), { utteranceId: 'u2' }).then((events) => {
        order.push(finalOf(events).utteranceId);
        return events;
      });

      await aborted;
      const events = await next;

      expect(order).toEqual(['given up', 'u2']);
      expect(finalOf(events).text).toMatch(says);
    });

    it('reads nothing when its signal had aborted before', async () => {
      const source = new WatchedSource(framesOf(speech));

      const reading = transcribe(source, { signal: AbortSignal.abort(new Error('given up')) });

      await expect(reading).rejects.toThrow('given up');
      expect(source.reads).toBe(0);
    });

    it('leaves no listener on its signal', async () => {
      const controller = new AbortController();
      const listeners = countListeners(controller.signal);

      await transcribe(streamOf(framesOf(speech)), { signal: controller.signal });

      expect(listeners()).toBe(0);
    });

    it('passes on the error of its input', async () => {
      const failing = (async function* (): AsyncGenerator<Frame> {
        yield* framesOf(speech);
        throw new Error('microphone gone');
      })();

      await expect(transcribe(failing)).rejects.toThrow('microphone gone');
    });
  });
}

type Final = Extract<TranscriptEvent, { readonly type: 'transcript-final' }>;

function finalOf(events: readonly TranscriptEvent[]): Final {
  const last = events.at(-1);
  if (last?.type !== 'transcript-final') throw new Error(`the last event is ${last?.type ?? 'missing'}`);
  return last;
}

/** Calls `atEnd` when its reader has seen its end: recognition has begun. */
async function* announced(frames: readonly Frame[], atEnd: () => void): AsyncGenerator<Frame> {
  yield* frames;
  process.nextTick(atEnd);
}
