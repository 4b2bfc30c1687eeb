import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { Frame } from '@tiercel/audio';
import { collect } from '../contract/collect.js';
import type { AudioOutput, PlayoutProgress } from './audio-output.js';

export interface OpenAudioOutput {
  readonly provider: AudioOutput;
  /** Moves time, where the provider's clock does not move by itself. */
  readonly advance?: (ms: number) => Promise<void>;
  close(): void | Promise<void>;
}

/** Wrapped, because a bare promise would be awaited on its way out of an async function. */
interface Playing {
  readonly whole: Promise<readonly PlayoutProgress[]>;
  /** What was reported so far. */
  readonly heard: readonly PlayoutProgress[];
}

const RATE_HZ = 24_000;
const FRAME_SAMPLES = 480;

/** The rules that every `AudioOutput` follows. `open` is called once per test and gives an output that has played nothing. */
export function describeAudioOutputContract(
  title: string,
  open: () => OpenAudioOutput | Promise<OpenAudioOutput>,
): void {
  describe(`${title} (AudioOutput contract)`, () => {
    let opened: OpenAudioOutput;
    let output: AudioOutput;

    beforeEach(async () => {
      opened = await open();
      output = opened.provider;
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
      while (!isSettled) await pass(20);
      return work;
    }

    async function pass(ms: number): Promise<void> {
      if (opened.advance) await opened.advance(ms);
      else await new Promise((resolve) => setTimeout(resolve, ms));
    }

    /** Plays in the background until at least `samples` were reported. */
    async function playUntil(source: FrameSource, attempt: number, samples: number): Promise<Playing> {
      const heard: PlayoutProgress[] = [];
      const whole = (async () => {
        for await (const progress of output.play(source, { attempt })) heard.push(progress);
        return heard;
      })();
      whole.catch(() => undefined);
      while ((heard.at(-1)?.samples ?? 0) < samples) await pass(20);
      return { whole, heard };
    }

    it('plays every frame and says so at the end', async () => {
      const source = new FrameSource(12);

      const progress = await during(collect(output.play(source, { attempt: 1 })));

      expect(progress.at(-1)).toMatchObject({ attempt: 1, samples: 12 * FRAME_SAMPLES });
      expect(source.isRead).toBe(true);
    });

    it('counts at the rate of the frames it was given', async () => {
      const progress = await during(collect(output.play(new FrameSource(10, 8000, 160), { attempt: 1 })));

      expect(progress.at(-1)?.samples).toBe(1600);
    });

    it('never counts backwards, neither in samples nor in time', async () => {
      const progress = await during(collect(output.play(new FrameSource(20), { attempt: 1 })));

      expect(progress.map(({ samples }) => samples)).toEqual(sorted(progress.map(({ samples }) => samples)));
      expect(progress.map(({ timeMs }) => timeMs)).toEqual(sorted(progress.map(({ timeMs }) => timeMs)));
    });

    it('answers an attempt without frames with one progress of zero samples', async () => {
      const progress = await during(collect(output.play(new FrameSource(0), { attempt: 1 })));

      expect(progress.map(({ samples }) => samples)).toEqual([0]);
    });

    it('refuses an attempt that is not newer than the latest, and counts it', async () => {
      await during(collect(output.play(new FrameSource(2), { attempt: 5 })));

      const older = await during(collect(output.play(new FrameSource(2), { attempt: 4 })));
      const again = await during(collect(output.play(new FrameSource(2), { attempt: 5 })));

      expect([older, again]).toEqual([[], []]);
      expect((await output.dropped()).attempts).toBe(2);
    });

    it('leaves what sounds alone when a late attempt comes', async () => {
      const playing = await playUntil(new FrameSource(20), 5, 1);

      await during(collect(output.play(new FrameSource(20), { attempt: 4 })));
      const progress = await during(playing.whole);

      expect(progress.at(-1)?.samples).toBe(20 * FRAME_SAMPLES);
    });

    it('lets a newer attempt take over without an error', async () => {
      const older = await playUntil(new SlowSource(), 1, 1);

      const newer = await during(collect(output.play(new FrameSource(4), { attempt: 2 })));

      await expect(during(older.whole)).resolves.toBeInstanceOf(Array);
      expect(newer.at(-1)).toMatchObject({ attempt: 2, samples: 4 * FRAME_SAMPLES });
    });

    it('stops on clear, says what was played and stops reading its frames', async () => {
      const source = new SlowSource();
      const playing = await playUntil(source, 1, 10 * FRAME_SAMPLES);

      const cleared = await during(output.clear({ fadeMs: 8 }));
      const progress = await during(playing.whole);

      expect(cleared.attempt).toBe(1);
      expect(cleared.samples).toBeGreaterThanOrEqual(10 * FRAME_SAMPLES);
      expect(cleared.samples).toBeLessThanOrEqual(source.given * FRAME_SAMPLES);
      expect(progress.at(-1)?.samples).toBe(cleared.samples);
      expect(source.isLeft).toBe(true);
    });

    it('says the same when it is cleared again', async () => {
      await playUntil(new SlowSource(), 1, 1);

      const first = await during(output.clear({ fadeMs: 8 }));
      const second = await during(output.clear({ fadeMs: 8 }));

      expect(second).toEqual(first);
    });

    it('names attempt 0 and no samples when it is cleared before anything was played', async () => {
      expect(await during(output.clear({ fadeMs: 8 }))).toMatchObject({ attempt: 0, samples: 0 });
    });

    it('remembers what was played of an attempt that is over', async () => {
      await during(collect(output.play(new FrameSource(6), { attempt: 3 })));

      expect(await during(output.clear({ fadeMs: 8 }))).toMatchObject({
        attempt: 3,
        samples: 6 * FRAME_SAMPLES,
      });
    });

    it('freezes while it is paused and goes on where it was', async () => {
      const heard: number[] = [];
      const playing = (async () => {
        for await (const { samples } of output.play(new SlowSource(60), { attempt: 1 })) heard.push(samples);
      })();
      while (heard.length === 0) await pass(20);

      await output.pause();
      await output.pause();
      await pass(40);
      const held = heard.at(-1);
      await pass(200);
      const stillHeld = heard.at(-1);
      await output.resume();
      await output.resume();
      await during(playing);

      expect(stillHeld).toBe(held);
      expect(held).toBeLessThan(60 * FRAME_SAMPLES);
      expect(heard.at(-1)).toBe(60 * FRAME_SAMPLES);
    });

    it('can be cleared while it is paused', async () => {
      const playing = await playUntil(new SlowSource(), 1, 1);

      await output.pause();
      const cleared = await during(output.clear({ fadeMs: 8 }));
      const progress = await during(playing.whole);

      expect(progress.at(-1)?.samples).toBe(cleared.samples);
    });

    it('does not carry a pause over to the next attempt', async () => {
      await playUntil(new SlowSource(), 1, 1);
      await output.pause();

      const progress = await during(collect(output.play(new FrameSource(3), { attempt: 2 })));

      expect(progress.at(-1)?.samples).toBe(3 * FRAME_SAMPLES);
    });

    it('stops with the reason of its signal', async () => {
      const controller = new AbortController();
      const reason = new Error('given up');
      const source = new SlowSource();
      const progress = output.play(source, { attempt: 1, signal: controller.signal });

      const rest = (async () => {
        for await (const _ of progress) controller.abort(reason);
      })();

      await expect(during(rest)).rejects.toBe(reason);
      expect(source.isLeft).toBe(true);
    });

    it('does not begin when its signal has aborted before', async () => {
      const reason = new Error('given up');
      const source = new SlowSource();

      const playing = collect(output.play(source, { attempt: 1, signal: AbortSignal.abort(reason) }));

      await expect(during(playing)).rejects.toBe(reason);
      expect(source.given).toBe(0);
    });

    it('lets go of its frames when the reader of progress leaves', async () => {
      const source = new SlowSource();

      await during(
        (async () => {
          for await (const _ of output.play(source, { attempt: 1 })) break;
        })(),
      );

      expect(source.isLeft).toBe(true);
    });

    it('passes on an error of its frames', async () => {
      const failure = new Error('voice broke');
      const frames = (async function* () {
        yield frameAt(0);
        throw failure;
      })();

      await expect(during(collect(output.play(frames, { attempt: 1 })))).rejects.toBe(failure);
    });

    it('goes on with newer attempts after one that failed', async () => {
      const broken = (async function* () {
        yield frameAt(0);
        throw new Error('voice broke');
      })();
      await during(collect(output.play(broken, { attempt: 1 }))).catch(() => undefined);

      const progress = await during(collect(output.play(new FrameSource(3), { attempt: 2 })));

      expect(progress.at(-1)?.samples).toBe(3 * FRAME_SAMPLES);
    });

    it('stops reading at 600 ms ahead where playing takes time', async () => {
      if (!output.features.isPaced) return;
      const source = new FrameSource(1000);

      const { heard } = await playUntil(source, 1, 1);
      await output.pause();
      await pass(1000);

      // A busy machine may pause late; what it has played by then is not ahead.
      const aheadMs = source.given * 20 - ((heard.at(-1)?.samples ?? 0) * 1000) / RATE_HZ;
      expect(aheadMs).toBeGreaterThan(200);
      expect(aheadMs).toBeLessThanOrEqual(1000);
      await during(output.clear({ fadeMs: 0 }));
    });

    it('reports at least every 100 ms where playing takes time', async () => {
      // On a real clock a busy machine wakes late, and what it then reports says nothing about the output.
      if (!output.features.isPaced || !opened.advance) return;

      const progress = await during(collect(output.play(new FrameSource(50), { attempt: 1 })));

      const steps = progress.map(({ samples }, index) => samples - (progress[index - 1]?.samples ?? 0));
      expect(Math.max(...steps)).toBeLessThanOrEqual(RATE_HZ / 10);
    });
  });
}

function frameAt(index: number, sampleRateHz = RATE_HZ, samples = FRAME_SAMPLES): Frame {
  const pcm = Int16Array.from({ length: samples }, (_, i) =>
    Math.round(8000 * Math.sin((i + index * samples) / 9)),
  );
  return { pcm, sampleRateHz, position: index * samples, timeMs: (index * samples * 1000) / sampleRateHz };
}

/** Frames that tell how far they were read and whether they were given up. */
class FrameSource implements AsyncIterable<Frame> {
  given = 0;
  isRead = false;
  isLeft = false;

  constructor(
    readonly count: number,
    readonly sampleRateHz = RATE_HZ,
    readonly samples = FRAME_SAMPLES,
  ) {}

  [Symbol.asyncIterator](): AsyncIterator<Frame> {
    return {
      next: async () => {
        if (this.given >= this.count) {
          this.isRead = true;
          return { done: true, value: undefined };
        }
        return { done: false, value: frameAt(this.given++, this.sampleRateHz, this.samples) };
      },
      return: async () => {
        this.isLeft = true;
        return { done: true, value: undefined };
      },
    };
  }
}

/** A source that takes its time, so that an unpaced output cannot read for ever without letting anybody else run. */
class SlowSource extends FrameSource {
  constructor(count = Number.POSITIVE_INFINITY) {
    super(count);
  }

  override [Symbol.asyncIterator](): AsyncIterator<Frame> {
    const iterator = super[Symbol.asyncIterator]();
    return {
      ...iterator,
      next: async () => {
        await new Promise((resolve) => setImmediate(resolve));
        return iterator.next();
      },
    };
  }
}

function sorted(numbers: readonly number[]): number[] {
  return [...numbers].sort((a, b) => a - b);
}
