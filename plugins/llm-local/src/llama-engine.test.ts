import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { tinyGguf, writeTinyGguf } from '@tiercel/gguf/testing';
import { MAX_SLOTS } from './limits.js';
import { type EngineOptions, openLlamaEngine } from './llama-engine.js';
import { failureOf } from './test/collect.js';
import { SMOLLM2_FILE, silentLog } from './test/open-model.js';

describe('openLlamaEngine', () => {
  let folder: string;
  let file: string;

  beforeAll(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'tiercel-engine-'));
    file = path.join(folder, 'tiny.gguf');
    await writeTinyGguf(file, { contextTokens: 1024 });
  });

  afterAll(async () => {
    await rm(folder, { recursive: true, force: true });
  });

  function open(options: Partial<EngineOptions> = {}, signal = new AbortController().signal) {
    return openLlamaEngine(
      { file, name: 'tiny', contextTokens: 512, slots: 2, threads: 2, gpu: 'cpu', ...options },
      { log: silentLog, signal },
    );
  }

  it('says why llama.cpp cannot load a model', async () => {
    const broken = path.join(folder, 'broken.gguf');
    await writeFile(broken, tinyGguf({ facts: { 'llama.block_count': { u32: 9 } } }));

    expect(await failureOf(open({ file: broken }))).toMatchObject({
      code: 'LLM_LOCAL_LOAD_FAILED',
      // llama.cpp has one logger per process and loses it when a second engine opens.
      details: { finding: expect.stringMatching(/missing tensor 'blk\.2|Failed to load model/) },
    });
  });

  it('uses as many threads as it is told, and no more', async () => {
    const engine = await open({ threads: 2 });

    expect([engine.threads, engine.llama.maxThreads]).toEqual([2, 2]);
    await engine[Symbol.asyncDispose]();
  });

  it('takes the CPU when no accelerator is installed', async () => {
    const engine = await open({ gpu: 'auto' });

    expect(engine.llama.gpu).toBe(false);
    await engine[Symbol.asyncDispose]();
  });

  it('gives each slot no more context than the model was trained for', async () => {
    const engine = await open({ contextTokens: 1_000_000 });

    expect(engine.contextTokens).toBe(1024);
    await engine[Symbol.asyncDispose]();
  });

  it('can be opened again after it was closed, and closed twice', async () => {
    const first = await open();
    await first[Symbol.asyncDispose]();
    await first[Symbol.asyncDispose]();

    const second = await open();

    expect(second.slots).toHaveLength(2);
    await second[Symbol.asyncDispose]();
  });

  it('names an accelerator that is not installed', async () => {
    expect(await failureOf(open({ gpu: 'cuda' }))).toMatchObject({
      code: 'LLM_LOCAL_ENGINE_MISSING',
      details: { gpu: 'cuda' },
    });
  });

  it('refuses a model that does not chat, or that llama.cpp does not know', async () => {
    for (const architecture of ['bert', 'quantum']) {
      const strange = path.join(folder, `${architecture}.gguf`);
      await writeFile(strange, tinyGguf({ facts: { 'general.architecture': architecture } }));

      expect(await failureOf(open({ file: strange }))).toMatchObject({ code: 'LLM_LOCAL_MODEL_UNSUPPORTED' });
    }
  });

  it('finds a real model that was cut off', async () => {
    const cut = path.join(folder, 'cut.gguf');
    await writeFile(cut, (await readFile(SMOLLM2_FILE)).subarray(0, 50_000_000));

    expect(await failureOf(open({ file: cut }))).toMatchObject({
      code: 'GGUF_TRUNCATED',
      details: { bytes: 50_000_000 },
    });
  });

  it('says how much memory more slots would take than there is', async () => {
    const slots = 10_000_000;

    expect(await failureOf(open({ slots }))).toMatchObject({
      code: 'LLM_LOCAL_MEMORY_SHORT',
      details: { file, contextTokens: 512, slots, neededMiB: expect.any(Number) },
    });
  });

  it('says that more slots than llama.cpp knows are not possible', async () => {
    expect(await failureOf(open({ slots: MAX_SLOTS + 1 }))).toMatchObject({
      code: 'LLM_LOCAL_LOAD_FAILED',
      details: { finding: expect.stringContaining(String(MAX_SLOTS)) },
    });
  });

  it('evaluates as many calls at once as llama.cpp can', async () => {
    const engine = await open({ slots: MAX_SLOTS, contextTokens: 256 });

    expect(engine.slots).toHaveLength(MAX_SLOTS);
    await engine[Symbol.asyncDispose]();
  });

  it('gives up with the reason of its signal', async () => {
    const reason = new Error('start-up was given up');
    const early = failureOf(open({}, AbortSignal.abort(reason)));
    const controller = new AbortController();
    const late = failureOf(open({ file: SMOLLM2_FILE, contextTokens: 4096 }, controller.signal));

    setImmediate(() => controller.abort(reason));

    expect([await early, await late]).toEqual([reason, reason]);
  });
});
