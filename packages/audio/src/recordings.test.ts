import { readdir } from 'node:fs/promises';
import { createRequire } from 'node:module';
import path from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { lastAudibleSample, levelDbfs, noiseFloorDbfs } from './level.js';
import { resample } from './resampler.js';
import { readWav } from './wav/read-wav.js';

// Found as users find them: through the package's own "exports".
const readme = createRequire(import.meta.url).resolve('@tiercel/audio/recordings/README.md');
const recordings = path.dirname(readme);

/** End of speech in seconds: the last sample 12 dB above the noise of the recording itself. */
const speechEnd = async (name: string) => {
  const { pcm, sampleRateHz } = await readWav(path.join(recordings, 'synthetic', name));
  const thresholdDbfs = noiseFloorDbfs(pcm, { sampleRateHz }) + 12;
  const last = lastAudibleSample(pcm, { sampleRateHz, thresholdDbfs });
  return last === undefined ? undefined : last / sampleRateHz;
};

describe('recordings', () => {
  it('are all readable and not silent', async () => {
    for (const folder of ['human', 'synthetic']) {
      for (const name of await readdir(path.join(recordings, folder))) {
        if (!name.endsWith('.wav')) continue;
        const { pcm, isTruncated } = await readWav(path.join(recordings, folder, name));

        expect(isTruncated).toBe(false);
        expect(levelDbfs(pcm)).toBeGreaterThan(-65);
      }
    }
  });

  it('hold a stereo file at 44.1 kHz', async () => {
    const lamp = await readWav(path.join(recordings, 'synthetic/turn-on-the-living-room-lamp.wav'));

    expect(lamp).toMatchObject({ channels: 2, sampleRateHz: 44_100 });
  });

  it('end in speech about a quarter of a second before a detector says so', async () => {
    expect(await speechEnd('what-is-the-capital-of-france.wav')).toBeCloseTo(2.27, 1);
    expect(await speechEnd('stop-that-is-enough.wav')).toBeCloseTo(1.85, 1);
    expect(await speechEnd('what-time-is-it.wav')).toBeCloseTo(1.59, 1);
  });

  it('hold a room in which nobody speaks', async () => {
    expect(await speechEnd('room-noise.wav')).toBeUndefined();
  });

  it('keep their level at another rate', async () => {
    const { pcm, sampleRateHz } = await readWav(path.join(recordings, 'human/goodbye.en.wav'));

    const resampled = resample(pcm, sampleRateHz, 16_000);

    expect(levelDbfs(resampled)).toBeCloseTo(levelDbfs(pcm), 1);
  });
});
