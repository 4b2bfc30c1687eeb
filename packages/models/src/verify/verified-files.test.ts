import { mkdtemp, readdir, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { type FileState, fileState } from './file-state.js';
import { VerifiedFiles } from './verified-files.js';

const DAY_MS = 24 * 3_600_000;
const sha256 = 'a'.repeat(64);
let directory: string;
let file: string;
let nowMs: number;

beforeEach(async () => {
  directory = await mkdtemp(path.join(tmpdir(), 'verified-'));
  file = path.join(directory, 'model.onnx');
  await writeFile(file, 'model');
  nowMs = Date.now() + 60_000;
});

afterEach(async () => {
  await rm(directory, { recursive: true });
});

function open(): VerifiedFiles {
  return new VerifiedFiles(directory, { epochMs: () => nowMs });
}

async function state(): Promise<FileState> {
  return fileState(await stat(file, { bigint: true }));
}

async function remembered(): Promise<VerifiedFiles> {
  const verified = open();
  verified.remember(file, sha256, await state());
  await verified.save();
  return open();
}

describe('VerifiedFiles', () => {
  it('vouches in a later run for a file that did not change', async () => {
    const verified = await remembered();

    expect(await verified.has(file, sha256, await state())).toBe(true);
    expect(await verified.has(file, 'b'.repeat(64), await state())).toBe(false);
    expect(await verified.has(`${file}.other`, sha256, await state())).toBe(false);
  });

  it('forgets a file that was written, even with its size and time put back', async () => {
    const verified = await remembered();
    const { mtime } = await stat(file);

    await writeFile(file, 'MODEL');
    await utimes(file, mtime, mtime);

    expect(await verified.has(file, sha256, await state())).toBe(false);
  });

  it('forgets after a week, and when the clock ran backwards', async () => {
    const verified = await remembered();
    const unchanged = await state();

    nowMs += 8 * DAY_MS;
    const late = await verified.has(file, sha256, unchanged);
    nowMs -= 30 * DAY_MS;
    const early = await verified.has(file, sha256, unchanged);

    expect([late, early]).toEqual([false, false]);
  });

  it('does not remember a file that changed a moment ago', async () => {
    nowMs = Date.now();

    const verified = await remembered();

    expect(await verified.has(file, sha256, await state())).toBe(false);
  });

  it('survives a memory that is damaged', async () => {
    await remembered();
    for (const text of [
      '',
      '{',
      'null',
      '[]',
      '{"format":1,"files":{"x":null,"y":{"sha256":1}}}',
      '{"format":2,"files":5}',
    ]) {
      await writeFile(path.join(directory, '.verified.json'), text);

      expect(await open().has(file, sha256, await state())).toBe(false);
    }
  });

  it('hands on what other processes have learned', async () => {
    const one = open();
    const two = open();
    one.remember(`${file}.1`, sha256, await state());
    two.remember(`${file}.2`, sha256, await state());

    await one.save();
    await two.save();

    const text = await readFile(path.join(directory, '.verified.json'), 'utf8');
    expect(Object.keys(JSON.parse(text).files).sort()).toEqual([`${file}.1`, `${file}.2`]);
  });

  it('loses nothing when many save at once', async () => {
    const verified = open();
    const names = Array.from({ length: 20 }, (_, index) => `${file}.${index}`);
    const unchanged = await state();

    await Promise.all(
      names.map((name) => {
        verified.remember(name, sha256, unchanged);
        return verified.save();
      }),
    );

    const vouched = await Promise.all(names.map((name) => open().has(name, sha256, unchanged)));
    expect(vouched).toEqual(names.map(() => true));
    expect((await readdir(directory)).sort()).toEqual(['.verified.json', 'model.onnx']);
  });

  it('works without a memory where its folder cannot be written', async () => {
    const verified = new VerifiedFiles(path.join(file, 'no-folder'), { epochMs: () => nowMs });
    verified.remember(file, sha256, await state());

    await verified.save();

    expect(await verified.has(file, sha256, await state())).toBe(true);
  });
});
