import { fileURLToPath } from 'node:url';
import { Framer, readWav, resample, silence } from '@tiercel/audio';
import { SherpaError, type Vad } from '@tiercel/sherpa';
import { SpeechEdges, type SpeechEdgesOptions } from './speech-edges.js';

export interface HearingTestOptions extends SpeechEdgesOptions {
  readonly model: string;
  readonly signal?: AbortSignal | undefined;
}

const clipPath = fileURLToPath(new URL('../assets/known-speech.wav', import.meta.url));

/**
 * Plays a known word between silences: a damaged model can be loaded without complaint and then hear nothing, or speech
 * everywhere. Also runs the engine in, so that the first window of a stream is as quick as all others.
 * Throws SPEECH_ENGINE_DEAF.
 */
export async function testHearing(vad: Vad, options: HearingTestOptions): Promise<void> {
  const { model, windowSize, sampleRateHz, signal } = options;
  const clip = await readWav(clipPath, { signal });
  const framer = new Framer({ frameSamples: windowSize, sampleRateHz });
  const pause = silence(500, sampleRateHz);
  const edges = new SpeechEdges(vad, options);
  const blocks = [pause, resample(clip.pcm, clip.sampleRateHz, sampleRateHz), pause, pause];
  const events = blocks.flatMap((block) => framer.push(block, 0)).flatMap((frame) => edges.push(frame));
  vad.reset();
  const [start, end] = events;
  const isRight = events.length === 2 && start?.type === 'speech-start' && end?.type === 'speech-end';
  if (isRight && start.position >= pause.length / 2) return;
  const finding =
    start === undefined
      ? 'it did not hear a known word'
      : `it heard a known word between silences as ${events.length} edges, the first at sample ${start.position}`;
  throw new SherpaError('SPEECH_ENGINE_DEAF', { model, finding });
}
