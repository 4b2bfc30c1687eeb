import { createHash } from 'node:crypto';
import { mkdtempSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { ModelStore } from '@tiercel/capabilities/model-store';
import { describeModelStoreContract } from '@tiercel/capabilities/model-store/testing';
import { boot, type Node } from '@tiercel/kernel';
import { describeInEveryPlacement } from '@tiercel/testkit';
import modelStoreLocal from './index.js';

let directory: string;

beforeEach(async () => {
  directory = await mkdtemp(path.join(tmpdir(), 'model-store-local-'));
});

afterEach(async () => {
  await rm(directory, { recursive: true });
});

function bootStore(
  config: Readonly<Record<string, unknown>> = {},
  environment: Record<string, string> = {},
): Promise<Node> {
  return boot({
    manifest: { tier: 'test', plugins: { 'model-store-local': { config } } },
    plugins: [modelStoreLocal],
    environment: { MODELS_DIR: directory, ...environment },
  });
}

/** A catalogue of three models: one that is there, one that is not, and one whose file has other bytes. */
async function writeModels(target: string): Promise<void> {
  const bytes = Buffer.from('GGUF and so on');
  const entry = {
    kind: 'language-model',
    licence: 'CC0-1.0',
    roles: { model: 'm.gguf' },
    files: [
      {
        path: 'm.gguf',
        sizeBytes: bytes.length,
        sha256: createHash('sha256').update(bytes).digest('hex'),
        url: 'https://models.example.test/m.gguf',
      },
    ],
  };
  await mkdir(path.join(target, 'here'));
  await mkdir(path.join(target, 'broken'));
  await writeFile(path.join(target, 'here', 'm.gguf'), bytes);
  await writeFile(path.join(target, 'broken', 'm.gguf'), 'GGUF but not on');
  const models = { here: entry, gone: entry, broken: entry };
  await writeFile(path.join(target, 'catalogue.json'), JSON.stringify({ models }));
}

const shelf = mkdtempSync(path.join(tmpdir(), 'model-store-local-'));
beforeAll(() => writeModels(shelf));
afterAll(() => rm(shelf, { recursive: true }));

describeInEveryPlacement(
  'model-store-local',
  {
    capability: ModelStore,
    plugin: modelStoreLocal,
    config: { dir: shelf, hosts: ['models.example.test'] },
    kill: 'once',
  },
  (title, open) =>
    describeModelStoreContract(title, async () => ({
      ...(await open()),
      present: { name: 'here', kind: 'language-model' },
      missing: { name: 'gone', kind: 'language-model' },
      damaged: { name: 'broken', kind: 'language-model' },
    })),
);

describe('model-store-local', () => {
  it('finds the models of the project in an empty folder', async () => {
    await using node = await bootStore();

    const model = await node.get(ModelStore).locate('whisper-base', { kind: 'speech-to-text' });

    expect(Object.keys(model.files)).toEqual(['encoder', 'decoder', 'tokens']);
  });

  it('reads the catalogue file of its configuration', async () => {
    await writeModels(directory);
    await using node = await boot({
      manifest: {
        tier: 'test',
        plugins: {
          'model-store-local': {
            config: { catalogue: path.join(directory, 'catalogue.json'), hosts: ['models.example.test'] },
          },
        },
      },
      plugins: [modelStoreLocal],
      environment: { MODELS_DIR: path.join(directory, 'other') },
    });

    const located = node.get(ModelStore).locate('here', { kind: 'language-model' });

    await expect(located).rejects.toMatchObject({ code: 'MODEL_MISSING' });
  });

  it('does not start with a catalogue that is wrong, and says why', async () => {
    await writeModels(directory);

    const booted = bootStore({ hosts: ['other.example.test'] });

    await expect(booted).rejects.toThrow('host models.example.test is not allowed');
  });
});
