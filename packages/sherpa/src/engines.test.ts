/** The real engine: what would end the process, if anything here let it through, would end this test run. */
import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { cpuProvider } from './cpu-provider.js';
import { loadSherpa } from './load-sherpa.js';
import { probeModel } from './probe-model.js';
import { RecognizerThread } from './recognizer-thread.js';
import type { OfflineRecognizerConfig, OfflineTtsConfig, VadConfig } from './sherpa-onnx.js';

const run = promisify(execFile);
const starter = path.resolve('packages/starter-models/models');
const whisper = path.join(starter, 'whisper-base');
const piper = path.join(starter, 'piper-en_US-joe-medium');
const silero = path.join(starter, 'silero-vad/silero_vad.onnx');

function whisperConfig({
  encoder = path.join(whisper, 'encoder.int8.onnx'),
  language = 'en',
} = {}): OfflineRecognizerConfig {
  const decoder = path.join(whisper, 'decoder.int8.onnx');
  const tokens = path.join(whisper, 'tokens.txt');
  return {
    modelConfig: {
      whisper: { encoder, decoder, language, task: 'transcribe' },
      tokens,
      numThreads: 1,
      provider: cpuProvider,
    },
  };
}

function vadConfig(model: string): VadConfig {
  return {
    sileroVad: {
      model,
      threshold: 0.5,
      minSilenceDuration: 0.1,
      minSpeechDuration: 0.1,
      maxSpeechDuration: 20,
      windowSize: 512,
    },
    sampleRate: 16_000,
    numThreads: 1,
    provider: cpuProvider,
  };
}

function piperConfig({ tokens = path.join(piper, 'tokens.txt') } = {}): OfflineTtsConfig {
  const vits = { model: path.join(piper, 'model.onnx'), tokens, dataDir: path.join(piper, 'espeak-ng-data') };
  return { model: { vits, numThreads: 1, provider: cpuProvider }, maxNumSentences: 1, silenceScale: 1 };
}

let folder: string;
let damaged: string;
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'tiercel-sherpa-engines-'));
  damaged = path.join(folder, 'damaged.onnx');
  await writeFile(damaged, (await readFile(path.join(whisper, 'encoder.int8.onnx'))).subarray(0, 100_000));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe('loadSherpa', () => {
  it('loads the engine once', async () => {
    const [first, second] = await Promise.all([loadSherpa(), loadSherpa()]);

    expect(first).toBe(second);
    expect(typeof first.Vad).toBe('function');
  });

  it('says where the engine has builds when it is not installed', async () => {
    const bare = path.join(folder, 'bare');
    await cp(path.resolve('packages/sherpa/dist'), path.join(bare, 'dist'), { recursive: true });
    await writeFile(path.join(bare, 'package.json'), '{ "type": "module" }');
    await mkdir(path.join(bare, 'node_modules/@tiercel'), { recursive: true });
    await symlink(path.resolve('kernel'), path.join(bare, 'node_modules/@tiercel/kernel'), 'junction');
    const ask = `const { loadSherpa } = await import('./dist/load-sherpa.js');
      await loadSherpa().catch(({ code, message }) => console.log(JSON.stringify({ code, message })));`;

    const { stdout } = await run(process.execPath, ['--input-type=module', '--eval', ask], { cwd: bare });

    expect(JSON.parse(stdout)).toEqual({
      code: 'SPEECH_ENGINE_NOT_INSTALLED',
      message: expect.stringContaining(`cannot be loaded on ${process.platform} ${process.arch}`),
    });
  });
});

describe('RecognizerThread', () => {
  it('recognises in the language of each call, and may be released twice', async () => {
    const thread = await RecognizerThread.open({ model: 'whisper-base', config: whisperConfig() });
    const samples = new Float32Array(24_000);

    const texts = [
      await thread.recognize({ samples, sampleRateHz: 16_000, config: whisperConfig() }),
      await thread.recognize({ samples, sampleRateHz: 16_000, config: whisperConfig({ language: 'fr' }) }),
    ];
    await thread[Symbol.asyncDispose]();
    await thread[Symbol.asyncDispose]();

    expect(texts.map((text) => typeof text)).toEqual(['string', 'string']);
    await expect(
      thread.recognize({ samples, sampleRateHz: 16_000, config: whisperConfig() }),
    ).rejects.toMatchObject({
      code: 'SPEECH_ENGINE_WORKER_LOST',
    });
  });

  it('rejects the call in progress when it is released', async () => {
    const thread = await RecognizerThread.open({ model: 'whisper-base', config: whisperConfig() });
    const call = thread.recognize({
      samples: new Float32Array(64_000),
      sampleRateHz: 16_000,
      config: whisperConfig(),
    });
    const outcome = expect(call).rejects.toMatchObject({ code: 'SPEECH_ENGINE_WORKER_LOST' });

    await thread[Symbol.asyncDispose]();

    await outcome;
  });

  it('reports a model that the engine refuses', async () => {
    const opening = RecognizerThread.open({ model: 'test', config: whisperConfig({ encoder: damaged }) });

    await expect(opening).rejects.toMatchObject({ code: 'SPEECH_ENGINE_LOAD_FAILED' });
  });

  it('gives up loading when the signal aborts', async () => {
    const controller = new AbortController();
    const opening = RecognizerThread.open({
      model: 'test',
      config: whisperConfig(),
      signal: controller.signal,
    });

    controller.abort(new Error('stopped'));

    await expect(opening).rejects.toThrow('stopped');
  });
});

describe('probeModel', () => {
  it('does nothing for a model of the catalogue', async () => {
    await expect(
      probeModel({ name: 'silero-vad' }, { engine: 'vad', config: vadConfig(damaged) }),
    ).resolves.toBeUndefined();
  });

  it('passes a good model that was given by path', async () => {
    const probes = [
      probeModel({ name: silero }, { engine: 'vad', config: vadConfig(silero) }),
      probeModel({ name: './whisper' }, { engine: 'recognizer', config: whisperConfig() }),
      probeModel({ name: '../piper' }, { engine: 'tts', config: piperConfig() }),
    ];

    await expect(Promise.all(probes)).resolves.toEqual([undefined, undefined, undefined]);
  });

  it('survives a model that ends the process', async () => {
    const probe = probeModel({ name: damaged }, { engine: 'vad', config: vadConfig(damaged) });

    await expect(probe).rejects.toMatchObject({ code: 'SPEECH_ENGINE_LOAD_FAILED' });
  });

  it('ends a model that never answers', async () => {
    const tokens = path.join(folder, 'tokens.txt');
    await writeFile(tokens, '');

    const probe = probeModel(
      { name: piper },
      { engine: 'tts', config: piperConfig({ tokens }) },
      { timeoutMs: 3000 },
    );

    await expect(probe).rejects.toMatchObject({
      details: { finding: expect.stringContaining('no answer within 3000 ms') },
    });
  });

  it('ends at once when the signal aborts', async () => {
    const controller = new AbortController();
    const probe = probeModel(
      { name: silero },
      { engine: 'vad', config: vadConfig(silero) },
      { signal: controller.signal },
    );

    controller.abort(new Error('stopped'));

    await expect(probe).rejects.toThrow('stopped');
  });
});
