import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type Frame, Framer, readWav, resample } from '@tiercel/audio';
import { SpeechToText } from '@tiercel/capabilities/speech-to-text';
import { describeSpeechToTextContract } from '@tiercel/capabilities/speech-to-text/testing';
import { VoiceActivityDetector } from '@tiercel/capabilities/voice-activity-detector';
import {
  boot,
  declarationOf,
  defineCapability,
  type ManifestData,
  type Node,
  type Plugin,
  pluginFileOf,
} from '@tiercel/kernel';
import { createProcessPlacement } from '@tiercel/placement-process';

interface Death {
  come(model: string): Promise<void>;
}
const Death = defineCapability<Death>()({ id: 'death', version: '1.0.0', methods: { come: 'unary' } });

const RATE_HZ = 16_000;
const recordings = path.resolve('packages/audio/recordings');
const models = path.resolve('packages/starter-models/models');
let folder: string;

beforeAll(async () => {
  folder = mkdtempSync(path.join(os.tmpdir(), 'tiercel-stt-placement-'));
  const fixture = path.resolve('plugins/stt-whisper/src/__fixtures__/mortal-whisper.js');
  const loaded: { readonly default: Plugin } = await import(fixture);
  copyFileSync(fixture, path.join(folder, 'mortal-whisper.mjs'));
  symlinkSync(path.resolve('node_modules'), path.join(folder, 'node_modules'), 'dir');
  const file = JSON.stringify(pluginFileOf(declarationOf(loaded.default)));
  writeFileSync(path.join(folder, 'mortal-whisper.plugin.json'), file);
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A node with the other plugins of speech in its own process, and whisper in another. */
async function start(whisper: NonNullable<ManifestData['plugins']>[string]): Promise<Node> {
  return await boot({
    manifest: {
      tier: 'test',
      plugins: {
        'log-winston': { config: { level: 'error' } },
        'clock-system': null,
        'model-store-local': null,
        'vad-silero': null,
        whisper: { ...whisper, placement: 'process' },
      },
    },
    directory: folder,
    environment: {},
    placements: [
      createProcessPlacement({
        restart: { firstMs: 10, longestMs: 100, steadyAfterMs: 0 },
        onOutput: () => undefined,
      }),
    ],
  });
}

async function speech(): Promise<Int16Array> {
  const { pcm, sampleRateHz } = await readWav(
    path.join(recordings, 'human/please-enter-the-conference-pin-number.en.wav'),
  );
  return resample(pcm, sampleRateHz, RATE_HZ);
}

async function* framesOf(pcm: Int16Array, frameSamples = 512): AsyncGenerator<Frame> {
  const framer = new Framer({ frameSamples, sampleRateHz: RATE_HZ });
  yield* framer.push(pcm, 0);
  const rest = framer.flush();
  if (rest) yield rest;
}

async function transcribe(node: Node): Promise<string> {
  let text = '';
  const pcm = await speech();
  for await (const event of node.get(SpeechToText).transcribe(framesOf(pcm), { utteranceId: 'u' }))
    if (event.type === 'transcript-final') text = event.text;
  return text;
}

/** Whether the detector, which runs in the node itself, still hears speech. */
async function hears(node: Node): Promise<boolean> {
  const detector = node.get(VoiceActivityDetector);
  const { windowSize } = detector.features;
  const pcm = await speech();
  const whole = pcm.subarray(0, pcm.length - (pcm.length % windowSize));
  const types: string[] = [];
  for await (const { type } of detector.detect(framesOf(whole, windowSize))) types.push(type);
  return types.includes('speech-start');
}

function pidOf(node: Node): number {
  const facts = node.describe().plugins.find(({ plugin }) => plugin === 'whisper')?.facts;
  return Number(facts?.['pid']);
}

async function untilState(node: Node, state: string): Promise<string | undefined> {
  return await new Promise((resolve) => {
    const check = () => node.plugins.find((status) => status.plugin === 'whisper' && status.state === state);
    const found = check();
    if (found) return resolve(found.reason);
    const leave = node.subscribe(() => {
      const status = check();
      if (!status) return;
      leave();
      resolve(status.reason);
    });
  });
}

describe('stt-whisper in a process of its own', () => {
  let node: Node;
  beforeAll(async () => {
    node = await start({ use: '@tiercel/stt-whisper' });
  });
  afterAll(() => node[Symbol.asyncDispose]());

  describeSpeechToTextContract(
    'stt-whisper in a child',
    () => ({ provider: node.get(SpeechToText), close: () => undefined }),
    { speech, says: /conference pin number/i },
  );

  it('recognises again after its process has aborted', async () => {
    const pid = pidOf(node);
    const underWay = transcribe(node);

    process.kill(pid, 'SIGABRT');
    const outcome = await underWay.catch((error: unknown) => error);
    await untilState(node, 'ready');

    expect(outcome).toMatchObject({ code: 'PROVIDER_LOST', retryable: true });
    expect(pidOf(node)).not.toBe(pid);
    expect(await transcribe(node)).toMatch(/conference pin number/i);
  });
});

describe('a whisper whose native engine ends its process', () => {
  let node: Node;
  beforeAll(async () => {
    node = await start({ use: './mortal-whisper.mjs' });
  });
  afterAll(() => node[Symbol.asyncDispose]());

  it.each([
    ['aborts on a damaged model', () => damaged(), /SIGABRT|exit code 134/],
    ['reads where nothing is', () => path.join(models, 'silero-vad/silero_vad.onnx'), /SIG(SEGV|ABRT|BUS)/],
  ])('because it %s costs one restart, and nobody else notices', async (_title, model, end) => {
    const pid = pidOf(node);
    const dying = node
      .get(Death)
      .come(model())
      .catch((error: unknown) => error);
    const reason = await untilState(node, 'degraded');
    const meanwhile = await hears(node);
    await untilState(node, 'ready');

    expect(await dying).toMatchObject({ code: 'PROVIDER_LOST' });
    expect(reason).toMatch(end);
    expect(meanwhile).toBe(true);
    expect(pidOf(node)).not.toBe(pid);
    expect(await transcribe(node)).toMatch(/conference pin number/i);
  });

  function damaged(): string {
    const file = path.join(folder, 'damaged.onnx');
    const bytes = readFileSync(path.join(models, 'silero-vad/silero_vad.onnx'));
    writeFileSync(file, bytes.subarray(0, bytes.length / 2));
    return file;
  }
});

describe('a whisper with a broken model', () => {
  it('fails alone: the rest of the node works', async () => {
    const model = path.join(folder, 'broken-model');
    mkdirSync(model);
    for (const file of ['encoder.int8.onnx', 'tokens.txt'])
      symlinkSync(path.join(models, 'whisper-base', file), path.join(model, file));
    const decoder = readFileSync(path.join(models, 'whisper-base/decoder.int8.onnx'));
    writeFileSync(path.join(model, 'decoder.int8.onnx'), decoder.subarray(0, 1_000_000));
    await using node = await start({
      use: '@tiercel/stt-whisper',
      boot: 'degrade',
      config: { model },
    });

    const states = Object.fromEntries(node.plugins.map(({ plugin, state }) => [plugin, state]));

    expect(states).toEqual({
      'log-winston': 'ready',
      'clock-system': 'ready',
      'model-store-local': 'ready',
      'vad-silero': 'ready',
      whisper: 'failed',
    });
    expect(node.plugins.find(({ plugin }) => plugin === 'whisper')?.reason).toContain('broken-model');
    expect(await hears(node)).toBe(true);
  });
});
