import { mkdtemp, open, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { findStarterModels } from '../models-directory.js';
import { inspectModelFile, sniffModelFile } from './sniff-model-file.js';

const starter = findStarterModels() ?? '';
let directory: string;

beforeAll(async () => {
  directory = await mkdtemp(path.join(tmpdir(), 'sniff-'));
});

afterAll(async () => {
  await rm(directory, { recursive: true });
});

async function fileOf(bytes: Buffer | string): Promise<string> {
  const file = path.join(directory, 'file');
  await writeFile(file, bytes);
  return file;
}

async function startOf(file: string, length: number): Promise<Buffer> {
  const handle = await open(path.join(starter, file), 'r');
  const { buffer } = await handle.read(Buffer.alloc(length), 0, length, 0);
  await handle.close();
  return buffer;
}

describe('sniffModelFile', () => {
  it('recognises the real models', async () => {
    const formats = await Promise.all(
      [
        'silero-vad/silero_vad.onnx',
        'whisper-base/encoder.int8.onnx',
        'whisper-base/decoder.int8.onnx',
        'piper-en_US-joe-medium/model.onnx',
        'smollm2-135m-instruct/SmolLM2-135M-Instruct.Q4_1.gguf',
        'whisper-base/tokens.txt',
        'whisper-base/LICENSE',
      ].map((file) => sniffModelFile(path.join(starter, file))),
    );

    expect(formats).toEqual(['onnx', 'onnx', 'onnx', 'onnx', 'gguf', 'unknown', 'unknown']);
  });

  it('recognises web pages and empty files', async () => {
    expect(await sniffModelFile(await fileOf(''))).toBe('empty');
    expect(await sniffModelFile(await fileOf('<!DOCTYPE html><html>'))).toBe('html');
    expect(await sniffModelFile(await fileOf('\uFEFF\n <HTML lang="en">'))).toBe('html');
  });

  it('takes nothing else for a model', async () => {
    const others = [
      'version https://git-lfs.github.com/spec/v1',
      'RIFF....WAVE',
      '{"a":1}',
      '\b',
      '\b\b',
      '\0'.repeat(900),
      'PK\u0003\u0004',
    ];

    for (const other of others) expect(await sniffModelFile(await fileOf(other))).toBe('unknown');
  });

  it('takes no random bytes for a model', async () => {
    let state = 1;
    for (let round = 0; round < 300; round += 1) {
      const bytes = Buffer.alloc(64);
      for (let index = 0; index < bytes.length; index += 1) {
        state = (state * 48_271) % 2_147_483_647;
        bytes[index] = state;
      }
      bytes[0] = 8;
      expect(['unknown', 'onnx']).toContain(await sniffModelFile(await fileOf(bytes)));
    }
  });

  it('rejects when there is no file', async () => {
    await expect(sniffModelFile(path.join(directory, 'none'))).rejects.toMatchObject({ code: 'ENOENT' });
  });
});

describe('inspectModelFile', () => {
  it('reads what the exporter of an ONNX model noted', async () => {
    const { onnx } = await inspectModelFile(path.join(starter, 'piper-en_US-joe-medium/model.onnx'));

    expect(onnx?.isTruncated).toBe(false);
    expect(Object.fromEntries(onnx?.metadata ?? [])).toMatchObject({
      model_type: 'vits',
      sample_rate: '22050',
      has_espeak: '1',
    });
  });

  it('tells an ONNX file that ends too early', async () => {
    for (const length of [100, 1_000_000, 1_289_590]) {
      const file = await fileOf(await startOf('silero-vad/silero_vad.onnx', length));

      expect(await inspectModelFile(file)).toMatchObject({ format: 'onnx', onnx: { isTruncated: true } });
    }
  });
});
