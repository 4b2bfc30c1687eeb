import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { findStarterModels } from '../models-directory.js';
import { checkFiles } from '../verify/check-files.js';
import { parseCatalogue } from './parse-catalogue.js';
import { STARTER_ENTRIES } from './starter-entries.js';

const directory = findStarterModels() ?? '';

describe('STARTER_ENTRIES', () => {
  it('describe the files of the package byte by byte', async () => {
    for (const entry of STARTER_ENTRIES) {
      await expect(checkFiles(entry, path.join(directory, entry.name))).resolves.toEqual([]);
    }
  });

  it('list every file that the package lists, with the same sha256', async () => {
    const sums = await readFile(path.join(directory, 'SHA256SUMS'), 'utf8');

    const listed = STARTER_ENTRIES.flatMap(({ name, files }) =>
      files.map((file) => `${file.sha256}  ./${name}/${file.path}`),
    );

    expect(listed.sort()).toEqual(sums.trim().split('\n').sort());
  });

  it('follow the rules that a user catalogue must follow', () => {
    const models = Object.fromEntries(STARTER_ENTRIES.map(({ name, origin: _, ...entry }) => [name, entry]));

    const parsed = parseCatalogue({ models }, { file: 'x', hosts: [], taken: new Set() });

    expect(parsed.map(({ name }) => name)).toEqual(STARTER_ENTRIES.map(({ name }) => name));
  });

  it('state the facts that engines must not guess', () => {
    const facts = Object.fromEntries(STARTER_ENTRIES.map((entry) => [entry.name, entry.facts]));

    expect(facts).toMatchObject({
      'silero-vad': { sampleRateHz: 16_000, windowSize: 512 },
      'whisper-base': {
        engine: 'whisper',
        sampleRateHz: 16_000,
        languages: expect.arrayContaining(['en', 'de', 'yo']),
      },
      'piper-en_US-joe-medium': { engine: 'vits', sampleRateHz: 22_050, languages: ['en'] },
      'smollm2-135m-instruct': { contextLength: 8192, tools: 'none' },
    });
    expect(facts['whisper-base']?.['languages']).toHaveLength(99);
    expect(facts['whisper-base']).not.toHaveProperty('tailPaddings');
  });
});
