import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { estimateMemoryMiB, type ModelMemory, modelMemory } from './model-memory.js';
import { readGguf } from './read-gguf.js';
import { SMOLLM2_FILE } from './smollm2.test.support.js';
import type { Fact, TinyArchitecture } from './tiny-architectures.js';
import { tinyGguf } from './write-tiny-gguf.js';

const MIB = 1024 * 1024;
const KV_OF_A_HEAD = (16 + 16) * 2;

describe('modelMemory', () => {
  let folder: string;

  beforeAll(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'tiercel-memory-'));
  });

  afterAll(async () => {
    await rm(folder, { recursive: true, force: true });
  });

  async function memoryOf(
    architecture: TinyArchitecture,
    layers: number,
    facts: Readonly<Record<string, Fact>> = {},
  ): Promise<ModelMemory> {
    const file = path.join(folder, 'tiny.gguf');
    await writeFile(file, tinyGguf({ architecture, layers, facts }));
    return modelMemory(await readGguf(file));
  }

  it('counts the keys and values of each layer and head', async () => {
    expect((await memoryOf('llama', 3)).bytesPerToken).toBe(3 * 4 * KV_OF_A_HEAD);
  });

  it('counts heads that share their keys and values once', async () => {
    expect((await memoryOf('qwen2', 3)).bytesPerToken).toBe(3 * 2 * KV_OF_A_HEAD);
  });

  it('takes the length of heads from the header where it differs from width by heads', async () => {
    const facts = { 'qwen3.attention.key_length': { u32: 64 }, 'qwen3.attention.value_length': { u32: 32 } };

    expect((await memoryOf('qwen3', 1, facts)).bytesPerToken).toBe(2 * (64 + 32) * 2);
  });

  it('counts layers with a window apart, of which every sixth of gemma3 sees everything', async () => {
    expect(await memoryOf('gemma3', 7)).toMatchObject({
      bytesPerToken: 1 * 2 * KV_OF_A_HEAD,
      windowBytesPerToken: 6 * 2 * KV_OF_A_HEAD,
      // 64 tokens and a chunk of 256, in steps of 256
      windowTokens: 512,
    });
  });

  it('takes from the header which layers have a window', async () => {
    const flags = { 'gemma3.attention.sliding_window_pattern': { bools: [true, false, true] } };
    const every = { 'gemma3.attention.sliding_window_pattern': { u32: 2 } };

    expect(await memoryOf('gemma3', 3, flags)).toMatchObject({
      bytesPerToken: 2 * KV_OF_A_HEAD,
      windowBytesPerToken: 2 * 2 * KV_OF_A_HEAD,
    });
    expect(await memoryOf('gemma3', 4, every)).toMatchObject({
      bytesPerToken: 2 * 2 * KV_OF_A_HEAD,
      windowBytesPerToken: 2 * 2 * KV_OF_A_HEAD,
    });
  });

  it('takes heads that differ from layer to layer one by one', async () => {
    const facts = { 'qwen2.attention.head_count_kv': { i32s: [4, 0, 2] } };

    expect((await memoryOf('qwen2', 3, facts)).bytesPerToken).toBe((4 + 2) * KV_OF_A_HEAD);
  });

  it('counts states of layers without attention per slot, not per token', async () => {
    const memory = await memoryOf('mamba', 2);

    const perLayer = (3 * 128 + 16 * 128) * 4;
    expect(memory).toMatchObject({ bytesPerToken: 0, windowBytesPerToken: 0, slotBytes: 2 * perLayer });
    const one = estimateMemoryMiB(memory, { contextTokens: 1_000_000, slots: 1 });
    expect(one - memory.fixedMiB).toBe(1);
  });

  it('counts quantized weights twice and others once', async () => {
    const gguf = await readGguf(SMOLLM2_FILE);
    const plain = path.join(folder, 'plain.gguf');
    await writeFile(plain, tinyGguf());

    // 30 layers of Q4_1, 20 bytes for 32 values; the vocabulary stays as it is.
    expect(gguf.repackedBytes).toBe((106_168_320 / 32) * 20);
    expect((await readGguf(plain)).repackedBytes).toBe(0);
  });
});

describe('estimateMemoryMiB', () => {
  const memory: ModelMemory = {
    fixedMiB: 100,
    bytesPerToken: 1024,
    windowBytesPerToken: 2048,
    windowTokens: 512,
    slotBytes: MIB,
    maxContextTokens: 8192,
  };

  it('adds up the context of every slot', () => {
    expect(estimateMemoryMiB(memory, { contextTokens: 1024, slots: 1 })).toBe(100 + 1 + 1 + 1);
    expect(estimateMemoryMiB(memory, { contextTokens: 1024, slots: 4 })).toBe(100 + 4 * 3);
  });

  it('gives windows no more than the context, and the context no more than the model was trained for', () => {
    expect(estimateMemoryMiB(memory, { contextTokens: 256, slots: 4 })).toBe(100 + 1 + 2 + 4);
    expect(estimateMemoryMiB(memory, { contextTokens: 1_000_000, slots: 1 })).toBe(100 + 8 + 1 + 1);
  });

  it('tells what SmolLM2 takes', async () => {
    const smollm2 = modelMemory(await readGguf(SMOLLM2_FILE));

    // 30 layers × 3 heads × (64 + 64) values × 2 bytes
    expect(smollm2.bytesPerToken).toBe(23_040);
    expect(estimateMemoryMiB(smollm2, { contextTokens: 4096, slots: 2 })).toBe(400);
  });
});
