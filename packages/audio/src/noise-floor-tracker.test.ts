import { describe, expect, it } from '@jest/globals';
import { NoiseFloorTracker } from './noise-floor-tracker.js';

const FRAME_MS = 32;
const frame = (value: number) => ({ pcm: new Int16Array(512).fill(value), sampleRateHz: 16_000 });
const feed = (tracker: NoiseFloorTracker, value: number, durationMs: number) => {
  for (let elapsedMs = 0; elapsedMs < durationMs; elapsedMs += FRAME_MS) tracker.update(frame(value));
};

describe('NoiseFloorTracker', () => {
  it('knows nothing before the first sound', () => {
    expect(new NoiseFloorTracker().floorDbfs).toBe(-120);
  });

  it('takes the first frame for the room', () => {
    const floor = new NoiseFloorTracker().update(frame(328));

    expect(floor).toBeCloseTo(-40, 1);
  });

  it('is not lifted by speech that has pauses', () => {
    const tracker = new NoiseFloorTracker();

    for (let sentence = 0; sentence < 5; sentence++) {
      feed(tracker, 33, 800);
      feed(tracker, 8000, 3000);
    }

    expect(tracker.floorDbfs).toBeCloseTo(-60, 0);
  });

  it('follows within half a second when the room gets quieter', () => {
    const tracker = new NoiseFloorTracker();

    feed(tracker, 1000, 2000);
    feed(tracker, 33, 500);

    expect(tracker.floorDbfs).toBeCloseTo(-60, 0);
  });

  it('follows within its memory when the room gets louder', () => {
    const tracker = new NoiseFloorTracker({ memoryMs: 2000 });

    feed(tracker, 33, 1000);
    feed(tracker, 328, 2500);

    expect(tracker.floorDbfs).toBeCloseTo(-40, 0);
  });

  it('does not take a muted input for a quiet room', () => {
    const tracker = new NoiseFloorTracker();

    feed(tracker, 328, 500);
    feed(tracker, 0, 3000);

    expect(tracker.floorDbfs).toBeCloseTo(-40, 0);
  });

  it('forgets the room on reset', () => {
    const tracker = new NoiseFloorTracker();
    feed(tracker, 33, 1000);

    tracker.reset();

    expect(tracker.floorDbfs).toBe(-120);
  });

  it('refuses to remember nothing', () => {
    expect(() => new NoiseFloorTracker({ memoryMs: 0 })).toThrow(
      expect.objectContaining({ code: 'AUDIO_ARGUMENT_INVALID' }),
    );
  });
});
