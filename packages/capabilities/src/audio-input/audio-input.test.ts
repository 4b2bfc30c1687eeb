import { describe, expect, it } from '@jest/globals';
import type { Frame } from '@tiercel/audio';
import { describeAudioInputContract, FakeAudioInput } from './testing.js';

describeAudioInputContract('FakeAudioInput', () => {
  const provider = new FakeAudioInput();
  provider.say(new Int16Array(40_000));
  provider.end();
  return { provider, close: () => undefined };
});

describe('FakeAudioInput', () => {
  it('delivers what is said while it is being captured', async () => {
    const input = new FakeAudioInput();
    const frames = input.capture();

    const first = frames.next();
    input.say(new Int16Array(512).fill(7));
    input.end();

    expect((await first).value).toMatchObject({ position: 0, timeMs: 0 });
    expect(await frames.next()).toEqual({ done: true, value: undefined });
  });

  it('times its frames from the clock that it was given', async () => {
    const input = new FakeAudioInput({
      clock: { nowMs: () => 500, epochMs: () => 0, timeZone: () => 'UTC', delay: () => Promise.resolve() },
    });
    input.say(new Int16Array(1024));
    input.end();

    const frames: Frame[] = [];
    for await (const frame of input.capture()) frames.push(frame);

    expect(frames.map(({ timeMs }) => timeMs)).toEqual([500, 532]);
  });
});
