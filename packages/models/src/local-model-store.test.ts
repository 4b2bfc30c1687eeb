import { truncate, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { openModelStore } from './open-model-store.js';
import { FILE, MODEL, modelBytes, PullFixture } from './pull/pull-fixture.test.support.js';

let fixture: PullFixture;

beforeEach(async () => {
  fixture = await PullFixture.open();
});

afterEach(async () => {
  await fixture[Symbol.asyncDispose]();
});

const kind = 'language-model';

describe('locate', () => {
  it('finds the models of the project', async () => {
    const directory = path.join(fixture.directory, 'none');
    const store = await openModelStore({ directory });

    const model = await store.locate('silero-vad', { kind: 'voice-activity-detector' });

    expect(model).toMatchObject({ facts: { sampleRateHz: 16_000, windowSize: 512 }, licence: 'MIT' });
    expect(model.files['model']).toMatch(/silero_vad\.onnx$/);
  });

  it('says how to get a model of the project that is not installed', async () => {
    const store = await fixture.store();

    const located = store.locate('silero-vad', { kind: 'voice-activity-detector' });

    await expect(located).rejects.toMatchObject({ code: 'MODEL_MISSING' });
    await expect(located).rejects.toThrow('@tiercel/starter-models');
  });

  it('tells how far a broken download came', async () => {
    await fixture.write(fixture.bytes.subarray(0, 1200), '.partial');
    const store = await fixture.store();

    await expect(store.locate(MODEL, { kind })).rejects.toMatchObject({
      code: 'MODEL_MISSING',
      message: expect.stringContaining('only partly downloaded (1200 of 300000 bytes)'),
    });
  });

  it('tells a truncated file from a damaged one and from another thing', async () => {
    const store = await fixture.store();

    await fixture.write(fixture.bytes.subarray(0, 1200));
    await expect(store.locate(MODEL, { kind })).rejects.toThrow(
      `${FILE} is truncated (1200 of 300000 bytes)`,
    );

    await fixture.write(Buffer.concat([fixture.bytes, Buffer.alloc(1)]));
    await expect(store.locate(MODEL, { kind })).rejects.toThrow(
      `${FILE} is too long (300001 of 300000 bytes)`,
    );

    await fixture.write('<!doctype html><p>Log in');
    await expect(store.locate(MODEL, { kind })).rejects.toThrow(`${FILE} is an HTML page`);

    await fixture.write('');
    await expect(store.locate(MODEL, { kind })).rejects.toThrow(`${FILE} is empty`);

    const flipped = Buffer.from(fixture.bytes);
    flipped.writeUInt8(flipped.readUInt8(150_000) ^ 1, 150_000);
    await fixture.write(flipped);
    const located = store.locate(MODEL, { kind });
    await expect(located).rejects.toMatchObject({ code: 'MODEL_CORRUPT' });
    await expect(located).rejects.toThrow(`Run "tiercel models pull ${MODEL}"`);
  });

  it('notices damage that was done after it had looked once', async () => {
    await fixture.write(fixture.bytes);
    const store = await fixture.store();
    await store.locate(MODEL, { kind });

    await fixture.write(modelBytes(fixture.bytes.length, 8));

    await expect(store.locate(MODEL, { kind })).rejects.toMatchObject({ code: 'MODEL_CORRUPT' });
  });
});

describe('find', () => {
  it('tells where files of the right size lie, without reading them', async () => {
    await fixture.write(Buffer.alloc(fixture.bytes.length));
    const store = await fixture.store();

    const files = await store.find(MODEL);

    expect(Object.values(files ?? {})).toEqual([fixture.target]);
  });

  it('finds nothing where a file is missing, cut, or of no model that it knows', async () => {
    const store = await fixture.store();

    const missing = await store.find(MODEL);
    await fixture.write(fixture.bytes.subarray(0, 10));
    const cut = await store.find(MODEL);

    expect([missing, cut, await store.find('unknown')]).toEqual([undefined, undefined, undefined]);
  });
});

describe('verify', () => {
  it('reads every byte and reports progress', async () => {
    await fixture.write(fixture.bytes);
    const store = await fixture.store();
    const checked: number[] = [];

    const report = await store.verify(MODEL, {
      onProgress: (progress) => checked.push(progress.checkedBytes),
    });

    expect(report).toMatchObject({ model: MODEL, isIntact: true, findings: [] });
    expect(checked.at(-1)).toBe(fixture.bytes.length);
  });

  it('lists what it found instead of throwing', async () => {
    await fixture.write(fixture.bytes);
    await truncate(fixture.target, 10);
    const store = await fixture.store();

    const report = await store.verify(MODEL);

    expect(report).toMatchObject({ isIntact: false, findings: [{ file: FILE, problem: 'size' }] });
  });

  it('ends with the reason of its signal', async () => {
    await fixture.write(fixture.bytes);
    const store = await fixture.store();
    const controller = new AbortController();
    const reason = new Error('given up');

    const verified = store.verify(MODEL, {
      signal: controller.signal,
      onProgress: () => controller.abort(reason),
    });

    await expect(verified).rejects.toBe(reason);
  });
});

describe('list', () => {
  it('shows each model with its state and whether it can be downloaded', async () => {
    const store = await fixture.store();
    const before = await store.list();
    await fixture.write('half');
    const during = await store.list();
    await store.pull(MODEL);
    const after = await store.list();

    const states = [before, during, after].map((list) => list.find(({ name }) => name === MODEL)?.state);
    expect(states).toEqual(['missing', 'incomplete', 'present']);
    expect(after.map(({ name, isDownloadable }) => [name, isDownloadable])).toContainEqual([MODEL, true]);
    expect(after.map(({ name, isDownloadable }) => [name, isDownloadable])).toContainEqual([
      'whisper-base',
      false,
    ]);
  });
});

describe('openModelStore', () => {
  it('reads the catalogue of its folder and the one that it is told', async () => {
    const extra = path.join(fixture.directory, 'extra.yaml');
    const catalogue = { models: { other: { ...entry, roles: { model: 'o.gguf' } } } };
    await writeFile(extra, JSON.stringify(catalogue));

    const store = await openModelStore({
      directory: fixture.directory,
      catalogueFile: extra,
      hosts: ['127.0.0.1'],
    });

    const names = (await store.list()).map(({ name }) => name);
    expect(names).toEqual(expect.arrayContaining(['whisper-base', 'other', MODEL]));
  });

  it('refuses to open when a catalogue is wrong, before it is needed', async () => {
    await expect(openModelStore({ directory: fixture.directory })).rejects.toMatchObject({
      code: 'MODEL_CATALOGUE_INVALID',
      message: expect.stringContaining('uses http, not https'),
    });
    await expect(
      openModelStore({
        directory: fixture.directory,
        catalogueFile: path.join(fixture.directory, 'none.yaml'),
      }),
    ).rejects.toMatchObject({ code: 'MODEL_CATALOGUE_INVALID' });
  });
});

const entry = {
  kind: 'language-model',
  licence: 'MIT',
  files: [{ path: 'o.gguf', sizeBytes: 1, sha256: 'c'.repeat(64) }],
};
