import { copyFile, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type Frame, Framer, readWav, resample } from '@tiercel/audio';
import { Clock } from '@tiercel/capabilities/clock';
import { FakeClock } from '@tiercel/capabilities/clock/testing';
import { Log } from '@tiercel/capabilities/log';
import { FakeLog } from '@tiercel/capabilities/log/testing';
import { ModelStore } from '@tiercel/capabilities/model-store';
import { SpeechToText, type TranscriptEvent } from '@tiercel/capabilities/speech-to-text';
import { countWordErrors, describeSpeechToTextContract } from '@tiercel/capabilities/speech-to-text/testing';
import { boot, type Node, supply } from '@tiercel/kernel';
import { openModelStore } from '@tiercel/models';
import { describeInEveryPlacement } from '@tiercel/testkit';
import sttWhisper from './index.js';

const RATE_HZ = 16_000;
const recordings = path.resolve('packages/audio/recordings');

async function start(config: Readonly<Record<string, unknown>> = {}): Promise<Node> {
  return boot({
    manifest: { tier: 'test', plugins: { log: null, models: null, clock: null, 'stt-whisper': { config } } },
    plugins: [
      sttWhisper,
      supply('@tiercel/log', Log, new FakeLog()),
      supply('@tiercel/clock', Clock, new FakeClock()),
      supply('@tiercel/models', ModelStore, await openModelStore()),
    ],
    environment: {},
  });
}

async function recording(name: string): Promise<Int16Array> {
  const { pcm, sampleRateHz } = await readWav(path.join(recordings, name));
  return resample(pcm, sampleRateHz, RATE_HZ);
}

async function* framesOf(pcm: Int16Array): AsyncGenerator<Frame> {
  const framer = new Framer({ frameSamples: 512, sampleRateHz: RATE_HZ });
  yield* framer.push(pcm, 0);
  const rest = framer.flush();
  if (rest) yield rest;
}

async function last(events: AsyncIterable<TranscriptEvent>): Promise<TranscriptEvent | undefined> {
  let event: TranscriptEvent | undefined;
  for await (event of events);
  return event;
}

/** What the page of the recordings says about processors: a word may differ, and a sentence after a pause be missing. */
function allowedErrors(name: string): number {
  return name.includes('with-pauses') ? 7 : 1;
}

let node: Node;
let recogniser: SpeechToText;
beforeAll(async () => {
  node = await start();
  recogniser = node.get(SpeechToText);
});
afterAll(() => node[Symbol.asyncDispose]());

describeInEveryPlacement(
  'stt-whisper with the starter model',
  {
    capability: SpeechToText,
    plugin: sttWhisper,
    plugins: [
      supply('@tiercel/log', Log, new FakeLog()),
      supply('@tiercel/models', ModelStore, await openModelStore()),
    ],
    beside: { 'clock-system': null },
    kill: 'once',
    // The suite in a child that nobody killed is in placement.test.ts, with its other deaths.
    placements: ['inline', 'inline-with-faults', 'process-after-kill'],
  },
  (title, open) =>
    describeSpeechToTextContract(title, open, {
      speech: () => recording('human/please-enter-the-conference-pin-number.en.wav'),
      says: /conference pin number/i,
    }),
);

describe('stt-whisper', () => {
  it.each([
    ['human/please-enter-the-conference-pin-number.en.wav', 'Please enter the conference pin number.'],
    ['human/goodbye.en.wav', 'Goodbye'],
    ['human/goodbye-thank-you.en.wav', 'Goodbye. Thank you for trying out the Asterisk Open Source PBX.'],
    [
      'human/open-source-with-pauses.en.wav',
      'Asterisk is an open source, full-featured PBX and IVR platform that runs on the Linux operating system. For more information, visit www.Asterisk.org.',
    ],
    ['human/conference-code.fr.wav', "Veillez composer le code d'accès de la conférence."],
    ['human/au-revoir.fr.wav', 'Au revoir.'],
    ['human/clave-de-la-conferencia.es.wav', 'Por favor, ingrese la clave de entrada para la conferencia.'],
    ['synthetic/turn-on-the-living-room-lamp.wav', 'Turn on the living room lamp.'],
    ['synthetic/what-is-the-capital-of-france.wav', 'What is the capital of France?'],
    ['synthetic/switch-off-the-kitchen-light.wav', 'Switch off the kitchen light please.'],
    ['synthetic/set-a-timer-for-five-minutes.wav', 'Set a timer for five minutes.'],
    ['synthetic/why-is-the-sky-blue.wav', 'Why is the sky blue?'],
    ['synthetic/stop-that-is-enough.wav', 'Stop, that is enough.'],
    ['synthetic/what-was-the-last-thing-you-said.wav', 'What was the last thing you said?'],
    ['synthetic/what-time-is-it.wav', 'What time is it?'],
  ])('writes %s down', async (name, said) => {
    const language = /\.(\w\w)\.wav$/.exec(name)?.[1] ?? 'en';

    const final = await last(
      recogniser.transcribe(framesOf(await recording(name)), { utteranceId: name, language }),
    );

    expect(countWordErrors(final?.text ?? '', said)).toBeLessThanOrEqual(allowedErrors(name));
    expect(final).toMatchObject({ type: 'transcript-final', language });
  });

  it('makes nothing of room noise', async () => {
    const noise = await recording('synthetic/room-noise.wav');

    const final = await last(recogniser.transcribe(framesOf(noise), { utteranceId: 'noise' }));

    expect(final?.text).toBe('');
  });

  it('returns to its own language after a call in another', async () => {
    const speech = await recording('synthetic/what-time-is-it.wav');
    await last(recogniser.transcribe(framesOf(speech), { utteranceId: '1', language: 'fr' }));

    const final = await last(recogniser.transcribe(framesOf(speech), { utteranceId: '2' }));

    expect(final?.text).toBe('What time is it?');
  });

  it('knows the 99 languages of the model', () => {
    expect(recogniser.features.languages).toHaveLength(99);
  });
});

describe('stt-whisper with a model or a setting that it cannot use', () => {
  const starter = path.resolve('packages/starter-models/models');
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'tiercel-stt-whisper-'));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  /** The starter model with some files replaced: role → path in the starter models. */
  async function modelWith(name: string, files: Readonly<Record<string, string>>): Promise<string> {
    const target = path.join(folder, name);
    await mkdir(target);
    const all = {
      'encoder.int8.onnx': 'whisper-base/encoder.int8.onnx',
      'decoder.int8.onnx': 'whisper-base/decoder.int8.onnx',
      'tokens.txt': 'whisper-base/tokens.txt',
      ...files,
    };
    for (const [file, source] of Object.entries(all))
      await copyFile(path.join(starter, source), path.join(target, file));
    return target;
  }

  async function failureOf(config: Readonly<Record<string, unknown>>): Promise<string> {
    const failure: unknown = await start(config).catch((error: unknown) => error);
    return JSON.stringify(failure, (_key, value: unknown) =>
      value instanceof Error ? { ...value, message: value.message, cause: value.cause } : value,
    );
  }

  it('names the languages that it knows when told another', async () => {
    await expect(failureOf({ language: 'klingon' })).resolves.toContain('SPEECH_TO_TEXT_LANGUAGE_UNKNOWN');
  });

  it('refuses a voice instead of the decoder', async () => {
    const model = await modelWith('voice', { 'decoder.int8.onnx': 'piper-en_US-joe-medium/model.onnx' });

    await expect(failureOf({ model })).resolves.toContain('SPEECH_ENGINE_FILE_WRONG');
  });

  it('refuses the tokens of a voice', async () => {
    const model = await modelWith('tokens', { 'tokens.txt': 'piper-en_US-joe-medium/tokens.txt' });

    await expect(failureOf({ model })).resolves.toContain('SPEECH_ENGINE_TOKENS_WRONG');
  });

  it('refuses a decoder that ends too early', async () => {
    const model = await modelWith('truncated', {});
    const bytes = await readFile(path.join(starter, 'whisper-base/decoder.int8.onnx'));
    await writeFile(path.join(model, 'decoder.int8.onnx'), bytes.subarray(0, 1_000_000));

    await expect(failureOf({ model })).resolves.toMatch(/MODEL_CORRUPT|SPEECH_ENGINE_FILE_TRUNCATED/);
  });
});
