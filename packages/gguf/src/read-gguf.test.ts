import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { readGguf } from './read-gguf.js';
import { SMOLLM2_FILE } from './smollm2.test.support.js';
import { tinyGguf } from './write-tiny-gguf.js';

describe('readGguf', () => {
  let folder: string;

  beforeAll(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'tiercel-gguf-'));
  });

  afterAll(async () => {
    await rm(folder, { recursive: true, force: true });
  });

  async function failureWith(bytes: Uint8Array): Promise<unknown> {
    const file = path.join(folder, 'broken.gguf');
    await writeFile(file, bytes);
    return failureOf(readGguf(file));
  }

  it('reads what the header says', async () => {
    const file = path.join(folder, 'tiny.gguf');
    await writeFile(file, tinyGguf());

    const gguf = await readGguf(file);

    expect(gguf).toMatchObject({
      version: 3,
      architecture: 'llama',
      tensorCount: 21,
      fileBytes: gguf.neededBytes,
    });
    expect(gguf.facts.get('llama.block_count')).toBe(2);
    expect(gguf.facts.get('tokenizer.ggml.tokens')).toBe(288);
  });

  it('reads a real model', async () => {
    const gguf = await readGguf(SMOLLM2_FILE);

    expect(gguf.architecture).toBe('llama');
    expect(gguf.facts.get('llama.context_length')).toBe(8192);
    expect(gguf.neededBytes).toBeLessThanOrEqual(gguf.fileBytes);
  });

  it('names a file that does not exist', async () => {
    expect(await failureOf(readGguf(path.join(folder, 'nowhere.gguf')))).toMatchObject({
      code: 'GGUF_MISSING',
    });
  });

  it('refuses a folder', async () => {
    expect(await failureOf(readGguf(folder))).toMatchObject({ code: 'GGUF_INVALID' });
  });

  it('refuses an empty file and a file of another kind', async () => {
    const failures = [
      await failureWith(new Uint8Array()),
      await failureWith(Buffer.alloc(5000, 'not a model ')),
    ];

    expect(failures).toMatchObject([{ code: 'GGUF_INVALID' }, { code: 'GGUF_INVALID' }]);
  });

  it('refuses a version that it does not know', async () => {
    const bytes = tinyGguf();
    bytes.writeUInt32LE(99, 4);

    expect(await failureWith(bytes)).toMatchObject({
      code: 'GGUF_INVALID',
      details: { finding: 'GGUF version 99 is not 2 or 3' },
    });
  });

  it('refuses figures on which llama.cpp would end the process', async () => {
    const names = [
      'attention.head_count',
      'attention.head_count_kv',
      'context_length',
      'block_count',
      'feed_forward_length',
    ];
    for (const name of names) {
      expect(await failureWith(tinyGguf({ facts: { [`llama.${name}`]: { u32: 0 } } }))).toMatchObject({
        code: 'GGUF_INVALID',
        details: { finding: `llama.${name} is 0` },
      });
    }
  });

  it('finds a file that was cut anywhere', async () => {
    const bytes = tinyGguf();
    for (const part of [0.999, 0.5, 0.03, 0.01, 0.001]) {
      const cut = bytes.subarray(0, Math.floor(bytes.length * part));

      expect(await failureWith(cut)).toMatchObject({
        code: 'GGUF_TRUNCATED',
        details: { bytes: cut.length, neededBytes: expect.any(Number) },
      });
    }
  });

  it('ends with a typed error whatever bytes of the header are wrong', async () => {
    const bytes = tinyGguf();
    for (let at = 8; at < 2000; at += 13) {
      const broken = Buffer.from(bytes);
      broken.fill(0xff, at, at + 8);
      const file = path.join(folder, 'broken.gguf');
      await writeFile(file, broken);

      const outcome = await readGguf(file).catch((error: { code?: string }) => error.code);

      if (typeof outcome === 'string') expect(outcome).toMatch(/^GGUF_/);
      else expect(outcome).toHaveProperty('architecture');
    }
  });
});

async function failureOf(work: Promise<unknown>): Promise<unknown> {
  return work.then(
    () => {
      throw new Error('It was expected to fail.');
    },
    (error: unknown) => error,
  );
}
