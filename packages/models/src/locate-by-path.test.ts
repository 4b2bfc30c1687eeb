import { cp, mkdir, mkdtemp, rm, symlink, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { isModelPath, locateByPath } from './locate-by-path.js';
import { findStarterModels } from './models-directory.js';

const starter = findStarterModels() ?? '';
const gguf = path.join(starter, 'smollm2-135m-instruct', 'SmolLM2-135M-Instruct.Q4_1.gguf');
const vad = path.join(starter, 'silero-vad', 'silero_vad.onnx');
const voice = path.join(starter, 'piper-en_US-joe-medium');
const whisper = path.join(starter, 'whisper-base');
let directory: string;

beforeAll(async () => {
  directory = await mkdtemp(path.join(tmpdir(), 'by-path-'));
});

afterAll(async () => {
  await rm(directory, { recursive: true });
});

describe('isModelPath', () => {
  it('tells a path from a name', () => {
    expect(['/m', './m', '../m', '.\\m'].map(isModelPath)).toEqual([true, true, true, true]);
    expect(['m', 'a/b', '.m', '..m', ''].map(isModelPath)).toEqual([false, false, false, false, false]);
  });
});

describe('locateByPath', () => {
  it('finds a language model by its file and by its folder', async () => {
    const byFile = await locateByPath(gguf, { kind: 'language-model' });
    const byFolder = await locateByPath(path.dirname(gguf), { kind: 'language-model' });

    expect(byFile.files).toEqual({ model: gguf });
    expect(byFolder.files).toEqual({ model: gguf });
  });

  it('reads the facts of a recogniser from its encoder', async () => {
    const model = await locateByPath(whisper, { kind: 'speech-to-text' });

    expect(Object.keys(model.files).sort()).toEqual(['decoder', 'encoder', 'tokens']);
    expect(model.facts).toMatchObject({ engine: 'whisper', sampleRateHz: 16_000 });
    expect(model.facts['languages']).toHaveLength(99);
  });

  it('reads the facts of a voice from its model', async () => {
    const model = await locateByPath(voice, { kind: 'text-to-speech' });

    expect(model.files).toMatchObject({ dataDir: path.join(voice, 'espeak-ng-data') });
    expect(model.facts).toEqual({ engine: 'vits', sampleRateHz: 22_050, languages: ['en'] });
  });

  it('finds a detector', async () => {
    const model = await locateByPath(vad, { kind: 'voice-activity-detector' });

    expect(model).toMatchObject({ files: { model: vad }, facts: { windowSize: 512 }, sizeBytes: 1_289_603 });
  });

  it('takes a path from the working folder', async () => {
    const relative = `./${path.relative(process.cwd(), gguf)}`;

    const model = await locateByPath(relative, { kind: 'language-model' });

    expect(model).toMatchObject({ name: relative, files: { model: gguf } });
  });

  it('says what a file of the wrong kind is', async () => {
    await expect(locateByPath(gguf, { kind: 'text-to-speech' })).rejects.toMatchObject({
      code: 'MODEL_KIND_WRONG',
      message: expect.stringContaining('and an ONNX file is needed'),
    });
    await expect(locateByPath(gguf, { kind: 'speech-to-text' })).rejects.toMatchObject({
      code: 'MODEL_KIND_WRONG',
    });
    await expect(locateByPath(vad, { kind: 'language-model' })).rejects.toThrow(
      'an ONNX file, and a GGUF file is needed',
    );
    await expect(locateByPath(vad, { kind: 'text-to-speech' })).rejects.toThrow('does not say its type');
    await expect(
      locateByPath(path.join(whisper, 'encoder.int8.onnx'), { kind: 'voice-activity-detector' }),
    ).rejects.toThrow('type whisper-base');
  });

  it('says what is missing beside the model', async () => {
    const bare = path.join(directory, 'bare-voice');
    await mkdir(bare);
    await symlink(path.join(voice, 'model.onnx'), path.join(bare, 'model.onnx'));
    await expect(locateByPath(bare, { kind: 'text-to-speech' })).rejects.toThrow('holds no tokens.txt');

    await cp(path.join(voice, 'tokens.txt'), path.join(bare, 'tokens.txt'));

    await expect(locateByPath(bare, { kind: 'text-to-speech' })).rejects.toThrow('espeak-ng-data');
    await expect(locateByPath(bare, { kind: 'speech-to-text' })).rejects.toThrow('holds no encoder');
  });

  it('never chooses among several', async () => {
    await expect(locateByPath(whisper, { kind: 'text-to-speech' })).rejects.toMatchObject({
      code: 'MODEL_MISSING',
      message: expect.stringContaining('decoder.int8.onnx, encoder.int8.onnx'),
    });
  });

  it('refuses what no engine survives: pages, empty files, half files', async () => {
    const page = path.join(directory, 'page.gguf');
    const empty = path.join(directory, 'empty.onnx');
    const half = path.join(directory, 'half.onnx');
    await writeFile(page, '<!doctype html>');
    await writeFile(empty, '');
    await cp(vad, half);
    await truncate(half, 600_000);

    await expect(locateByPath(page, { kind: 'language-model' })).rejects.toThrow('is an HTML page');
    await expect(locateByPath(empty, { kind: 'voice-activity-detector' })).rejects.toThrow('is empty');
    await expect(locateByPath(half, { kind: 'voice-activity-detector' })).rejects.toMatchObject({
      code: 'MODEL_CORRUPT',
      message: expect.stringContaining('ends too early, after 600000 bytes'),
    });
  });
});
