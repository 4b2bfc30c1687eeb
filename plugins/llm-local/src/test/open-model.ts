import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Log } from '@tiercel/capabilities/log';
import { type TinyGgufOptions, writeTinyGguf } from '@tiercel/gguf/testing';
import { type EngineOptions, type LlamaEngine, openLlamaEngine } from '../llama-engine.js';
import {
  LlamaLanguageModel,
  type LlamaLanguageModelOptions,
  type LlamaLanguageModelSurroundings,
} from '../llama-language-model.js';

export const SMOLLM2_FILE = fileURLToPath(
  new URL(
    '../../../../packages/starter-models/models/smollm2-135m-instruct/SmolLM2-135M-Instruct.Q4_1.gguf',
    import.meta.url,
  ),
);

export interface OpenModelOptions
  extends Partial<LlamaLanguageModelOptions>,
    Pick<LlamaLanguageModelSurroundings, 'metrics' | 'onStuck'> {
  readonly engine?: Partial<EngineOptions>;
  readonly tiny?: TinyGgufOptions;
}

export interface OpenModel {
  readonly provider: LlamaLanguageModel;
  readonly engine: LlamaEngine;
  /** What the provider said about its health, oldest first. */
  readonly health: readonly string[];
  close(): Promise<void>;
}

const silent = (): void => undefined;
export const silentLog: Log = { debug: silent, info: silent, warn: silent, error: silent };

/** A model with random weights, written to a folder that `close` removes. */
export async function openTinyModel(options: OpenModelOptions = {}): Promise<OpenModel> {
  const folder = await mkdtemp(path.join(tmpdir(), 'tiercel-llm-'));
  const file = path.join(folder, 'tiny.gguf');
  await writeTinyGguf(file, options.tiny);
  const model = await openModel(file, 'tiny', options);
  return {
    ...model,
    close: async () => {
      await model.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

export function openSmolLm2(options: OpenModelOptions = {}): Promise<OpenModel> {
  return openModel(SMOLLM2_FILE, 'smollm2-135m-instruct', options);
}

async function openModel(file: string, name: string, options: OpenModelOptions): Promise<OpenModel> {
  const engine = await openLlamaEngine(
    { file, name, contextTokens: 4096, slots: 2, threads: 1, gpu: 'cpu', ...options.engine },
    { log: silentLog, signal: new AbortController().signal },
  );
  const health: string[] = [];
  const provider = new LlamaLanguageModel(
    engine,
    { maxWaiting: 32, queueTimeoutMs: 30_000, maxTokens: 64, ...options },
    {
      log: silentLog,
      metrics: options.metrics,
      onStuck: options.onStuck,
      health: {
        degraded: (reason) => health.push(reason),
        ready: () => health.push('ready'),
        facts: () => undefined,
      },
    },
  );
  const close = async () => {
    await provider[Symbol.asyncDispose]();
    await engine[Symbol.asyncDispose]();
  };
  return { provider, engine, health, close };
}
