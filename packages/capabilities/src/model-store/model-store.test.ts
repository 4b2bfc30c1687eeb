import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, it } from '@jest/globals';
import type { Model } from './index.js';
import { describeModelStoreContract, FakeModelStore } from './testing.js';

function modelIn(directory: string, name: string): Model {
  return {
    name,
    kind: 'text-to-speech',
    directory,
    files: { model: path.join(directory, 'model.onnx') },
    facts: { sampleRateHz: 22_050 },
    licence: 'CC0-1.0',
    sizeBytes: 4,
  };
}

describeModelStoreContract('FakeModelStore', async () => {
  const directory = await mkdtemp(path.join(tmpdir(), 'fake-model-store-'));
  await writeFile(path.join(directory, 'model.onnx'), 'data');
  const store = new FakeModelStore(['here', 'gone', 'broken'].map((name) => modelIn(directory, name)));
  store.lose('gone');
  store.damage('broken');
  return {
    provider: store,
    present: { name: 'here', kind: 'text-to-speech' },
    missing: { name: 'gone', kind: 'text-to-speech' },
    damaged: { name: 'broken', kind: 'text-to-speech' },
    close: () => rm(directory, { recursive: true }),
  };
});

describe('FakeModelStore', () => {
  it('remembers what it was asked for', async () => {
    const store = new FakeModelStore([modelIn('/models', 'here')]);

    await store.locate('here', { kind: 'text-to-speech' });

    expect(store.calls).toEqual(['here']);
  });
});
