import { describe, expect, it } from '@jest/globals';
import type { VoiceActivityDetector } from '@tiercel/capabilities/voice-activity-detector';
import { shortenPauses } from './shorten-pauses.js';

const signal = new AbortController().signal;

/** Finds speech where it is told to, in seconds. */
function detectorOf(...stretches: readonly (readonly [number, number])[]): VoiceActivityDetector {
  return {
    features: { windowSize: 512, sampleRateHz: 16_000 },
    async *detect(frames) {
      for await (const { pcm } of frames) expect(pcm).toHaveLength(512);
      for (const [start, end] of stretches) {
        const at = (seconds: number) => ({ position: seconds * 16_000, detectedPosition: seconds * 16_000 });
        yield { type: 'speech-start', ...at(start) };
        yield { type: 'speech-end', ...at(end) };
      }
    },
  };
}

/** A recording whose samples say which tenth of a second they belong to. */
function recordingOf(seconds: number) {
  const sampleRateHz = 8000;
  const pcm = Int16Array.from({ length: seconds * sampleRateHz }, (_, index) => Math.floor(index / 800));
  return { name: 'talk.wav', pcm, sampleRateHz };
}

function tenths(pcm: Int16Array): readonly number[] {
  return [...new Set(pcm)];
}

describe('shortenPauses', () => {
  it('leaves 0.4 s at either side of speech, and nothing else of long pauses', async () => {
    const { pcm } = await shortenPauses(recordingOf(9), detectorOf([1, 2], [4, 5]), { signal });

    expect(tenths(pcm)).toEqual([...range(6, 24), ...range(36, 54)]);
  });

  it('keeps short pauses whole', async () => {
    const { pcm } = await shortenPauses(recordingOf(9), detectorOf([1, 2], [2.7, 3.7], [6, 7]), { signal });

    expect(tenths(pcm)).toEqual([...range(6, 41), ...range(56, 74)]);
  });

  it('stays within the recording', async () => {
    const { pcm } = await shortenPauses(recordingOf(6), detectorOf([0.1, 1], [5, 5.9]), { signal });

    expect(tenths(pcm)).toEqual([...range(0, 14), ...range(46, 60)]);
  });

  it('leaves alone what holds one stretch of speech, or none', async () => {
    const recording = recordingOf(9);

    expect(await shortenPauses(recording, detectorOf(), { signal })).toBe(recording);
    expect(await shortenPauses(recording, detectorOf([3, 4]), { signal })).toBe(recording);
    expect(await shortenPauses(recording, detectorOf([3, 4], [4.5, 5]), { signal })).toBe(recording);
  });
});

function range(from: number, to: number): readonly number[] {
  return Array.from({ length: to - from }, (_, index) => from + index);
}
