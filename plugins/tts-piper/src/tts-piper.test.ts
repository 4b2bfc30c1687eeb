import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { durationMs, type Frame, firstAudibleSample, joinFrames, levelDbfs } from '@tiercel/audio';
import { Clock } from '@tiercel/capabilities/clock';
import { FakeClock } from '@tiercel/capabilities/clock/testing';
import { Log } from '@tiercel/capabilities/log';
import { FakeLog } from '@tiercel/capabilities/log/testing';
import { ModelStore } from '@tiercel/capabilities/model-store';
import { TextToSpeech } from '@tiercel/capabilities/text-to-speech';
import { describeTextToSpeechContract } from '@tiercel/capabilities/text-to-speech/testing';
import { boot, type Node, supply } from '@tiercel/kernel';
import { openModelStore } from '@tiercel/models';
import { describeInEveryPlacement } from '@tiercel/testkit';
import ttsPiper from './index.js';

/** Only its timers wait for the test. */
class RunningClock extends FakeClock {
  override nowMs(): number {
    return performance.now();
  }
}

async function start(config: Readonly<Record<string, unknown>> = {}): Promise<Node> {
  return boot({
    manifest: { tier: 'test', plugins: { log: null, models: null, clock: null, 'tts-piper': { config } } },
    plugins: [
      ttsPiper,
      supply('@tiercel/log', Log, new FakeLog()),
      supply('@tiercel/clock', Clock, new RunningClock()),
      supply('@tiercel/models', ModelStore, await openModelStore()),
    ],
    environment: {},
  });
}

async function collect(source: AsyncIterable<Frame>): Promise<Frame[]> {
  const items: Frame[] = [];
  for await (const item of source) items.push(item);
  return items;
}

let node: Node;
let voice: TextToSpeech;
beforeAll(async () => {
  node = await start();
  voice = node.get(TextToSpeech);
});
afterAll(() => node[Symbol.asyncDispose]());

describeInEveryPlacement(
  'tts-piper with the starter voice',
  {
    capability: TextToSpeech,
    plugin: ttsPiper,
    plugins: [
      supply('@tiercel/log', Log, new FakeLog()),
      supply('@tiercel/models', ModelStore, await openModelStore()),
    ],
    beside: { 'clock-system': null },
    kill: 'once',
  },
  describeTextToSpeechContract,
);

describe('tts-piper', () => {
  it('speaks at the rate of its voice', () => {
    expect(voice.features).toEqual({
      voice: 'piper-en_US-joe-medium',
      sampleRateHz: 22_050,
      languages: ['en'],
    });
  });

  it('takes as long as a person would, and is as loud', async () => {
    const spoken = joinFrames(await collect(voice.synthesize('Living room lamp is on.')));

    expect(spoken && durationMs(spoken)).toBeGreaterThan(900);
    expect(spoken && durationMs(spoken)).toBeLessThan(2600);
    expect(levelDbfs(spoken?.pcm ?? new Int16Array(0))).toBeGreaterThan(-30);
  });

  it('begins to speak within 150 ms of audio', async () => {
    const spoken = joinFrames(await collect(voice.synthesize('Good morning.')));

    const first = firstAudibleSample(spoken?.pcm ?? new Int16Array(0), { sampleRateHz: 22_050 });
    expect(first).toBeLessThan(0.15 * 22_050);
  });

  it('gives each sentence as soon as it is synthesized, not all at the end', async () => {
    const text = Array.from({ length: 6 }, () => 'The living room lamp is on.').join(' ');

    const frames = await collect(voice.synthesize(text));

    // Frames that were made together differ in time exactly as in position.
    const batches = new Set(frames.map(({ timeMs, position }) => Math.round(timeMs - position / 22.05)));
    expect(batches.size).toBe(6);
  });

  it.each([
    ['letters of another script', '你好，世界'],
    ['half of a surrogate pair', 'Hello \ud83d there'],
    ['a null character', 'Hello\u0000there'],
    ['markup', '<speak>Hello <break time="1s"/></speak>'],
    ['a thousand letters without a space', 'a'.repeat(1000)],
    ['phoneme brackets', '[[h@l@U]] there'],
    ['line breaks', 'One\r\n\r\nTwo\n\n\nThree'],
  ])('survives %s', async (_what, text) => {
    await collect(voice.synthesize(text));

    await expect(collect(voice.synthesize('Still here.'))).resolves.not.toHaveLength(0);
  });

  it('serves the next unit after many that were dropped', async () => {
    for (let round = 0; round < 10; round++) {
      const controller = new AbortController();
      const reading = collect(voice.synthesize('One moment. Two moments.', { signal: controller.signal }));
      controller.abort(new Error('interrupted'));
      await expect(reading).rejects.toThrow('interrupted');
    }

    await expect(collect(voice.synthesize('Done.'))).resolves.not.toHaveLength(0);
  });
});

describe('tts-piper with a voice that it cannot use', () => {
  const starter = path.resolve('packages/starter-models/models');
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'tiercel-tts-piper-'));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  async function voiceWith(name: string, files: Readonly<Record<string, string>> = {}): Promise<string> {
    const target = path.join(folder, name);
    await cp(path.join(starter, 'piper-en_US-joe-medium'), target, { recursive: true });
    for (const [file, source] of Object.entries(files))
      await cp(path.join(starter, source), path.join(target, file));
    return target;
  }

  async function failureOf(config: Readonly<Record<string, unknown>>): Promise<string> {
    const failure: unknown = await start(config).catch((error: unknown) => error);
    return JSON.stringify(failure, (_key, value: unknown) =>
      value instanceof Error ? { ...value, message: value.message, cause: value.cause } : value,
    );
  }

  it('refuses the tokens of a recogniser, with which the engine would never answer', async () => {
    const model = await voiceWith('tokens', { 'tokens.txt': 'whisper-base/tokens.txt' });

    await expect(failureOf({ voice: model })).resolves.toContain('SPEECH_ENGINE_TOKENS_WRONG');
  });

  it('refuses a recogniser instead of a voice', async () => {
    const model = await voiceWith('whisper', { 'model.onnx': 'whisper-base/encoder.int8.onnx' });

    await expect(failureOf({ voice: model })).resolves.toMatch(/MODEL_KIND_WRONG|SPEECH_ENGINE_FILE_WRONG/);
  });

  it('refuses a voice whose phonemes lack its language', async () => {
    const model = await voiceWith('phonemes');
    await rm(path.join(model, 'espeak-ng-data/lang'), { recursive: true });

    await expect(failureOf({ voice: model })).resolves.toContain('SPEECH_ENGINE_LOAD_FAILED');
  });

  it('refuses a second voice with phonemes of its own', async () => {
    await expect(failureOf({ voice: await voiceWith('second') })).resolves.toContain(
      'SPEECH_ENGINE_PHONEMES_FIXED',
    );
  });
});
