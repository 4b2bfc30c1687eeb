import { describe, expect, it } from '@jest/globals';
import { type Frame, levelDbfs } from '@tiercel/audio';
import { FakeClock } from '@tiercel/capabilities/clock/testing';
import { EchoMute } from './echo-mute.js';

const loud: Frame = { pcm: new Int16Array(512).fill(9000), sampleRateHz: 16_000, position: 1024, timeMs: 64 };

describe('EchoMute', () => {
  it('passes on what is heard while nobody speaks', () => {
    const mute = new EchoMute({ clock: new FakeClock(), isSounding: () => false });

    expect(mute.pass(loud)).toBe(loud);
  });

  it('hears only a quiet room while the assistant speaks, and goes on counting', () => {
    const mute = new EchoMute({ clock: new FakeClock(), isSounding: () => true });

    const { pcm, ...rest } = mute.pass(loud);

    expect(levelDbfs(pcm)).toBeLessThan(-50);
    expect(levelDbfs(pcm)).toBeGreaterThan(-80);
    expect(rest).toEqual({ sampleRateHz: 16_000, position: 1024, timeMs: 64 });
  });

  it('waits for the room to fall silent before it listens again', async () => {
    const clock = new FakeClock();
    let isSounding = true;
    const mute = new EchoMute({ clock, isSounding: () => isSounding });
    mute.pass(loud);
    isSounding = false;

    await clock.advance(200);
    const early = mute.pass(loud);
    await clock.advance(200);
    const late = mute.pass(loud);

    expect([early === loud, late === loud]).toEqual([false, true]);
  });
});
