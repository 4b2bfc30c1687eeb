import { AudioOutput } from '@tiercel/capabilities/audio-output';
import { readRecording } from '@tiercel/conversation';
import { boot, isTiercelError } from '@tiercel/kernel';
import type { Context } from '../context.js';
import { framesOf } from '../frames.js';

/** Plays a WAV file through an installed sound program; `false` where there is none, or no sound device. */
export async function playAloud(file: string, { terminal, signal }: Context): Promise<boolean> {
  try {
    const recording = await readRecording(file, { signal });
    await using node = await boot({
      manifest: { tier: 'playback', plugins: { 'clock-system': {}, 'audio-command': {} } },
      directory: import.meta.dirname,
      environment: terminal.environment,
      signal,
    });
    const frames = framesOf(recording, recording.sampleRateHz);
    for await (const _ of node.get(AudioOutput).play(frames, { attempt: 1, signal }));
    return true;
  } catch (error) {
    signal.throwIfAborted();
    if (isTiercelError(error)) return false;
    throw error;
  }
}
