import path from 'node:path';
import { durationMs, type Frame, openWavFile } from '@tiercel/audio';
import { AudioOutput } from '@tiercel/capabilities/audio-output';
import { TextToSpeech } from '@tiercel/capabilities/text-to-speech';
import { makeFolder } from '@tiercel/models';
import { audioOf } from '../audio-overlays.js';
import { bootNode } from '../boot-node.js';
import type { Context } from '../context.js';
import { CliError } from '../errors.js';
import { speakableParts } from '../speakable-parts.js';

export interface SayOptions {
  readonly output?: string;
  readonly tier?: string;
  readonly json?: boolean;
}

/** Speaks a text into a file or on the loudspeaker. */
export async function say(
  context: Context,
  text: string,
  { output, tier, json = false }: SayOptions,
): Promise<number> {
  const { terminal, signal } = context;
  const parts = speakableParts(text);
  if (parts.length === 0) throw new CliError('CLI_TEXT_EMPTY', { command: 'tiercel say' });
  const startedMs = performance.now();
  const wanted = output === undefined ? [AudioOutput.id] : [];
  await using node = await bootNode(context, {
    tier,
    only: [TextToSpeech.id, ...wanted],
    overlay: output === undefined ? audioOf(terminal.environment, ['audio-output']) : {},
  });
  const readyMs = performance.now();
  const voice = node.get(TextToSpeech);
  const meter = new SpeechMeter(readyMs);
  const frames = await begun(meter.measure(speak(voice, parts, signal)));
  // Known before a file is opened: one that is there keeps what it holds.
  if (!frames) throw new CliError('CLI_TEXT_UNSPEAKABLE', { voice: voice.features.voice });
  if (output === undefined) {
    for await (const _ of node.get(AudioOutput).play(frames, { attempt: 1, signal }));
  } else await writeTo(output, frames, voice.features.sampleRateHz, signal);
  const { audioMs, firstFrameMs } = meter;
  const report = {
    ...(output !== undefined && { wav: output }),
    voice: voice.features.voice,
    sampleRateHz: voice.features.sampleRateHz,
    audioMs: Math.round(audioMs),
    readyMs: Math.round(readyMs - startedMs),
    firstFrameMs: Math.round(firstFrameMs),
    tookMs: Math.round(performance.now() - readyMs),
  };
  if (json) terminal.print(JSON.stringify(report, undefined, 2));
  else if (output !== undefined) terminal.print(`${output}: ${(audioMs / 1000).toFixed(1)} s`);
  return 0;
}

/** The same items once there is a first one; `undefined` if there is none. */
async function begun<T>(items: AsyncGenerator<T>): Promise<AsyncIterable<T> | undefined> {
  const first = await items.next();
  if (first.done) return undefined;
  return (async function* () {
    try {
      yield first.value;
      yield* items;
    } finally {
      await items.return(undefined);
    }
  })();
}

async function* speak(
  voice: TextToSpeech,
  parts: readonly string[],
  signal: AbortSignal,
): AsyncGenerator<Frame, void, undefined> {
  for (const part of parts) yield* voice.synthesize(part, { signal });
}

async function writeTo(
  file: string,
  frames: AsyncIterable<Frame>,
  sampleRateHz: number,
  signal: AbortSignal,
): Promise<void> {
  await makeFolder(path.dirname(file));
  await using wav = await openWavFile(file, { sampleRateHz, signal });
  for await (const { pcm } of frames) await wav.write(pcm);
}

class SpeechMeter {
  audioMs = 0;
  firstFrameMs = 0;
  readonly #startedMs: number;

  constructor(startedMs: number) {
    this.#startedMs = startedMs;
  }

  async *measure(frames: AsyncIterable<Frame>): AsyncGenerator<Frame, void, undefined> {
    for await (const frame of frames) {
      if (this.audioMs === 0) this.firstFrameMs = performance.now() - this.#startedMs;
      this.audioMs += durationMs(frame);
      yield frame;
    }
  }
}
