import { copyFile, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type Frame, Framer, lastAudibleSample, readWav, resample, silence } from '@tiercel/audio';
import { Log } from '@tiercel/capabilities/log';
import { FakeLog } from '@tiercel/capabilities/log/testing';
import { ModelStore } from '@tiercel/capabilities/model-store';
import {
  VoiceActivityDetector,
  type VoiceActivityEvent,
} from '@tiercel/capabilities/voice-activity-detector';
import { describeVoiceActivityDetectorContract } from '@tiercel/capabilities/voice-activity-detector/testing';
import { boot, type Node, supply } from '@tiercel/kernel';
import { openModelStore } from '@tiercel/models';
import { describeInEveryPlacement } from '@tiercel/testkit';
import vadSilero from './index.js';

const RATE_HZ = 16_000;
const recordings = path.resolve('packages/audio/recordings');

async function start(config: Readonly<Record<string, unknown>> = {}): Promise<Node> {
  return boot({
    manifest: { tier: 'test', plugins: { log: null, models: null, 'vad-silero': { config } } },
    plugins: [
      vadSilero,
      supply('@tiercel/log', Log, new FakeLog()),
      supply('@tiercel/models', ModelStore, await openModelStore()),
    ],
    environment: {},
  });
}

async function recording(name: string): Promise<Int16Array> {
  const { pcm, sampleRateHz } = await readWav(path.join(recordings, name));
  return resample(pcm, sampleRateHz, RATE_HZ);
}

async function* windowsOf(...blocks: readonly Int16Array[]): AsyncGenerator<Frame> {
  const framer = new Framer({ frameSamples: 512, sampleRateHz: RATE_HZ });
  for (const block of blocks) yield* framer.push(block, 0);
}

async function collect<T>(source: AsyncIterable<T>): Promise<T[]> {
  const items: T[] = [];
  for await (const item of source) items.push(item);
  return items;
}

let node: Node;
let detector: VoiceActivityDetector;
beforeAll(async () => {
  node = await start();
  detector = node.get(VoiceActivityDetector);
});
afterAll(() => node[Symbol.asyncDispose]());

describeInEveryPlacement(
  'vad-silero',
  {
    capability: VoiceActivityDetector,
    plugin: vadSilero,
    plugins: [
      supply('@tiercel/log', Log, new FakeLog()),
      supply('@tiercel/models', ModelStore, await openModelStore()),
    ],
    kill: 'once',
  },
  (title, open) =>
    describeVoiceActivityDetectorContract(title, open, {
      speech: async () => {
        const pcm = await recording('human/please-enter-the-conference-pin-number.en.wav');
        return pcm.subarray(0.05 * RATE_HZ, 2.26 * RATE_HZ);
      },
    }),
);

describe('SileroVoiceActivityDetector', () => {
  it.each([
    ['turn-on-the-living-room-lamp', 0.9, 2.24],
    ['what-is-the-capital-of-france', 0.9, 2.53],
    ['switch-off-the-kitchen-light', 0.93, 2.46],
    ['set-a-timer-for-five-minutes', 0.9, 2.53],
    ['why-is-the-sky-blue', 0.96, 2.3],
    ['stop-that-is-enough', 0.99, 2.08],
    ['what-was-the-last-thing-you-said', 0.9, 2.59],
    ['what-time-is-it', 0.93, 1.79],
  ])('hears one stretch of speech in %s.wav, where it is', async (name, startSeconds, endSeconds) => {
    const events = await collect(detector.detect(windowsOf(await recording(`synthetic/${name}.wav`))));

    expect(events.map(({ type }) => type)).toEqual(['speech-start', 'speech-end']);
    // The figures are the detector's own edges, so each estimate lies before them.
    expect(seconds(events, 0).detected - startSeconds).toBeCloseTo(0.03, 1);
    expect(seconds(events, 1).detected - endSeconds).toBeCloseTo(0.03, 1);
    expect(startSeconds - seconds(events, 0).position).toBeCloseTo(0.16, 1);
    expect(endSeconds - seconds(events, 1).position).toBeCloseTo(0.19, 1);
  });

  it('puts the end of speech within 120 ms of the last sample that can be heard', async () => {
    const pcm = await recording('human/clave-de-la-conferencia.es.wav');
    const pause = silence(1000, RATE_HZ);

    const events = await collect(detector.detect(windowsOf(pause, pcm, pause)));

    const last = pause.length + (lastAudibleSample(pcm, { sampleRateHz: RATE_HZ }) ?? 0);
    expect(Math.abs((events.at(-1)?.position ?? 0) - last)).toBeLessThan(0.12 * RATE_HZ);
  });

  it('hears nothing in room noise', async () => {
    const events = await collect(detector.detect(windowsOf(await recording('synthetic/room-noise.wav'))));

    expect(events).toEqual([]);
  });

  it('hears two sentences with a pause between them', async () => {
    const pcm = await recording('human/goodbye-thank-you.en.wav');

    const events = await collect(detector.detect(windowsOf(pcm, silence(500, RATE_HZ))));

    expect(events.map(({ type }) => type)).toEqual([
      'speech-start',
      'speech-end',
      'speech-start',
      'speech-end',
    ]);
  });

  it('lets every stream end that was refused, aborted or left', async () => {
    const few = await start({ maxStreams: 1 });
    const provider = few.get(VoiceActivityDetector);
    const speech = await recording('synthetic/what-time-is-it.wav');

    for (let round = 0; round < 20; round++) {
      for await (const _ of provider.detect(windowsOf(speech))) break;
      await expect(
        collect(provider.detect(windowsOf(speech), { signal: AbortSignal.abort(new Error('no')) })),
      ).rejects.toThrow('no');
    }
    const last = await collect(provider.detect(windowsOf(speech)));
    await few[Symbol.asyncDispose]();

    expect(last).toHaveLength(2);
  });

  it('refuses one stream more than its limit', async () => {
    const few = await start({ maxStreams: 1 });
    const provider = few.get(VoiceActivityDetector);
    const open = provider
      .detect(windowsOf(await recording('synthetic/what-time-is-it.wav')))
      [Symbol.asyncIterator]();
    await open.next();

    const refused = collect(provider.detect(windowsOf()));

    await expect(refused).rejects.toMatchObject({ code: 'VOICE_ACTIVITY_OVERLOADED' });
    await open.return?.();
    await few[Symbol.asyncDispose]();
  });
});

describe('vad-silero with a model that it cannot use', () => {
  const starter = path.resolve('packages/starter-models/models');
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'tiercel-vad-silero-'));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  /** The code of the error that kept the plugin from starting. */
  async function failureOf(model: string): Promise<unknown> {
    const failure = await start({ model }).then(
      () => new Error('it started'),
      (error: unknown) => error,
    );
    return JSON.stringify(failure, replaceErrors);
  }

  it('names an unknown model', async () => {
    await expect(failureOf('no-such-model')).resolves.toContain('MODEL_UNKNOWN');
  });

  it('refuses a file of the right format with damaged content, and lives on', async () => {
    const bytes = await readFile(path.join(starter, 'silero-vad/silero_vad.onnx'));
    // A node of the graph whose content is no message any more: the outline of the file is as it was.
    bytes.fill(0xff, 400, 430);
    await writeFile(path.join(folder, 'damaged.onnx'), bytes);

    await expect(failureOf(path.join(folder, 'damaged.onnx'))).resolves.toMatch(
      /SPEECH_ENGINE_(LOAD_FAILED|FILE_)/,
    );
  });

  it('refuses a model of another kind', async () => {
    await copyFile(path.join(starter, 'whisper-base/decoder.int8.onnx'), path.join(folder, 'decoder.onnx'));

    await expect(failureOf(path.join(folder, 'decoder.onnx'))).resolves.toMatch(
      /MODEL_KIND_WRONG|SPEECH_ENGINE_FILE_WRONG/,
    );
  });
});

function seconds(events: readonly VoiceActivityEvent[], index: number) {
  const event = events[index];
  return { position: (event?.position ?? 0) / RATE_HZ, detected: (event?.detectedPosition ?? 0) / RATE_HZ };
}

function replaceErrors(_key: string, value: unknown): unknown {
  return value instanceof Error ? { ...value, message: value.message, cause: value.cause } : value;
}
