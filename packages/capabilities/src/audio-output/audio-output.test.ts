import { describe, expect, it } from '@jest/globals';
import type { Frame } from '@tiercel/audio';
import { FakeClock } from '../clock/testing.js';
import { describeAudioOutputContract, FakeAudioOutput } from './testing.js';

describeAudioOutputContract('FakeAudioOutput', () => {
  const clock = new FakeClock();
  const provider = new FakeAudioOutput({ clock });
  return { provider, advance: (ms) => clock.advance(ms), close: () => closed(provider, clock) };
});

describeAudioOutputContract('FakeAudioOutput, unpaced', () => {
  const clock = new FakeClock();
  const provider = new FakeAudioOutput({ clock, isPaced: false, sampleRateHz: 44_100 });
  return { provider, advance: (ms) => clock.advance(ms), close: () => closed(provider, clock) };
});

describe('Playout', () => {
  it('plays as long as the sound lasts', async () => {
    const clock = new FakeClock();
    const output = new FakeAudioOutput({ clock });

    const playing = last(output.play(tone(1000), { attempt: 1 }));
    await clock.advance(999);
    const early = await output.clear({ fadeMs: 0 });

    expect(early.samples).toBe(15_984);
    expect(await playing).toMatchObject({ samples: 15_984, timeMs: 999 });
  });

  it('falls to silence within the fade when it is cleared', async () => {
    const clock = new FakeClock();
    const output = new FakeAudioOutput({ clock });
    const playing = last(output.play(tone(1000), { attempt: 1 }));
    await clock.advance(110);

    const { samples } = await output.clear({ fadeMs: 10 });
    await playing;

    expect(samples).toBe(1760);
    expect(output.sounded).toHaveLength(1760 + 160);
    expect(output.sounded[1760 - 1]).toBe(10_000);
    expect(output.sounded.at(-1)).toBe(0);
  });

  it('does not count the time in which it was held', async () => {
    const clock = new FakeClock();
    const output = new FakeAudioOutput({ clock });
    const playing = last(output.play(tone(200), { attempt: 1 }));

    await clock.advance(105);
    await output.pause();
    await clock.advance(3000);
    await output.resume();
    await clock.advance(95);

    expect(await playing).toEqual({ attempt: 1, samples: 3200, timeMs: 3200 });
    expect(output.sounded).toHaveLength(3200);
  });

  it('goes on behind a gap where frames came too late', async () => {
    const clock = new FakeClock();
    const output = new FakeAudioOutput({ clock });
    const late = (async function* () {
      yield* tone(40);
      await clock.delay(500);
      yield* tone(40);
    })();

    const playing = last(output.play(late, { attempt: 1 }));
    await clock.advance(540);

    expect(await playing).toEqual({ attempt: 1, samples: 1280, timeMs: 540 });
  });

  it('counts the buffered frames of an attempt that was overtaken', async () => {
    const clock = new FakeClock();
    const output = new FakeAudioOutput({ clock });
    const older = last(output.play(tone(2000), { attempt: 1 }));
    await clock.advance(100);

    const newer = last(output.play(tone(20), { attempt: 2 }));
    await clock.advance(20);
    await Promise.all([older, newer]);

    expect(await output.dropped()).toEqual({ attempts: 0, frames: 30 });
  });

  it('settles a clear although its frames never come', async () => {
    const clock = new FakeClock();
    const output = new FakeAudioOutput({ clock });
    const silent: AsyncIterable<Frame> = {
      [Symbol.asyncIterator]: () => ({ next: () => new Promise(() => undefined) }),
    };
    const playing = last(output.play(silent, { attempt: 1 }));

    const cleared = await output.clear({ fadeMs: 8 });

    expect(cleared.samples).toBe(0);
    expect((await playing)?.samples).toBe(0);
  });

  it('throws the error of a sink that fails, whatever was left to play', async () => {
    const clock = new FakeClock();
    const output = new FakeAudioOutput({ clock, isPaced: false });
    output.fail(new Error('unplugged'));

    await expect(last(output.play(tone(40), { attempt: 1 }))).rejects.toThrow('unplugged');
  });
});

async function closed(output: FakeAudioOutput, clock: FakeClock): Promise<void> {
  await output.close();
  expect(clock.pending).toBe(0);
}

async function* tone(lengthMs: number): AsyncGenerator<Frame> {
  for (let index = 0; index < lengthMs / 20; index++) {
    const pcm = new Int16Array(320).fill(10_000);
    yield { pcm, sampleRateHz: 16_000, position: index * 320, timeMs: index * 20 };
  }
}

async function last<T>(items: AsyncIterable<T>): Promise<T | undefined> {
  let newest: T | undefined;
  for await (const item of items) newest = item;
  return newest;
}
