import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { durationMs, type Frame } from '@tiercel/audio';
import type { AudioInput } from './audio-input.js';

export interface OpenAudioInput {
  /** Hears at least two seconds of sound. */
  readonly provider: AudioInput;
  /** Moves time, where the provider's clock does not move by itself. */
  readonly advance?: (ms: number) => Promise<void>;
  close(): void | Promise<void>;
}

/** The rules that every `AudioInput` follows. `open` is called once per test. */
export function describeAudioInputContract(
  title: string,
  open: () => OpenAudioInput | Promise<OpenAudioInput>,
): void {
  describe(`${title} (AudioInput contract)`, () => {
    let opened: OpenAudioInput;
    let input: AudioInput;

    beforeEach(async () => {
      opened = await open();
      input = opened.provider;
    });

    afterEach(async () => {
      await opened.close();
    });

    /** Lets time pass until `work` has settled. */
    async function during<T>(work: Promise<T>): Promise<T> {
      let isSettled = false;
      const settle = () => {
        isSettled = true;
      };
      work.then(settle, settle);
      while (!isSettled) {
        if (opened.advance) await opened.advance(32);
        else await new Promise((resolve) => setTimeout(resolve, 5));
      }
      return work;
    }

    function hear(count: number, signal?: AbortSignal): Promise<Frame[]> {
      return during(take(input.capture({ signal }), count));
    }

    it('says what its frames look like, and keeps to it', async () => {
      const { sampleRateHz, frameSamples } = input.features;

      const frames = await hear(20);

      expect(frames.map((frame) => frame.sampleRateHz)).toEqual(frames.map(() => sampleRateHz));
      expect(frames.map(({ pcm }) => pcm.length)).toEqual(frames.map(() => frameSamples));
      expect(frames).toHaveLength(20);
    });

    it('counts positions from 0 and leaves no gap for a reader that keeps up', async () => {
      const frames = await hear(20);

      expect(frames.map(({ position }) => position)).toEqual(
        frames.map((_, index) => index * input.features.frameSamples),
      );
    });

    it('gives each frame the time at which it was heard', async () => {
      const frames = await hear(20);

      const drift = frames.map(
        ({ timeMs, position, sampleRateHz }) =>
          timeMs - (frames[0]?.timeMs ?? 0) - (position * 1000) / sampleRateHz,
      );
      expect(Math.max(...drift.map(Math.abs))).toBeLessThan(1000);
      expect(frames.map(({ timeMs }) => timeMs)).toEqual(
        frames.map(({ timeMs }) => timeMs).sort((a, b) => a - b),
      );
    });

    it('ends by itself if it says that it is finite, and only its last frame may be shorter', async () => {
      if (!input.features.isFinite) return;

      const frames = await hear(Number.POSITIVE_INFINITY);

      const lengths = frames.map(({ pcm }) => pcm.length);
      expect(lengths.slice(0, -1)).toEqual(lengths.slice(0, -1).map(() => input.features.frameSamples));
      expect(frames.reduce((sum, frame) => sum + durationMs(frame), 0)).toBeGreaterThanOrEqual(2000);
    });

    it('refuses a second capture while one runs', async () => {
      const first = input.capture()[Symbol.asyncIterator]();
      await during(first.next());

      const second = during(take(input.capture(), 1));

      await expect(second).rejects.toMatchObject({ code: 'AUDIO_INPUT_BUSY', retryable: true });
      await first.return?.();
    });

    it('leaves the running capture alone when it refuses another', async () => {
      const first = input.capture()[Symbol.asyncIterator]();
      await during(first.next());
      await during(take(input.capture(), 1)).catch(() => undefined);

      const next = await during(first.next());

      expect(next.value).toMatchObject({ position: input.features.frameSamples });
      await first.return?.();
    });

    it('is free again when its reader has left', async () => {
      await hear(2);

      const again = await hear(2);

      expect(again.map(({ position }) => position)).toEqual([0, input.features.frameSamples]);
    });

    it('ends with the reason of its signal, and is free again', async () => {
      const controller = new AbortController();
      const reason = new Error('given up');

      const heard = during(
        (async () => {
          for await (const _ of input.capture({ signal: controller.signal })) controller.abort(reason);
        })(),
      );

      await expect(heard).rejects.toBe(reason);
      expect(await hear(1)).toHaveLength(1);
    });

    it('wakes a reader that waits when its signal aborts', async () => {
      const controller = new AbortController();
      const reason = new Error('given up');
      const frames = input.capture({ signal: controller.signal })[Symbol.asyncIterator]();
      await during(frames.next());

      const waiting = (async () => {
        while (!(await frames.next()).done);
      })();
      controller.abort(reason);

      await expect(during(waiting)).rejects.toBe(reason);
    });

    it('does not begin when its signal has aborted before', async () => {
      const reason = new Error('given up');

      await expect(hear(1, AbortSignal.abort(reason))).rejects.toBe(reason);
      expect(await hear(1)).toHaveLength(1);
    });
  });
}

async function take(frames: AsyncIterable<Frame>, count: number): Promise<Frame[]> {
  const taken: Frame[] = [];
  for await (const frame of frames) {
    taken.push(frame);
    if (taken.length >= count) break;
  }
  return taken;
}
