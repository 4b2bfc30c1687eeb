import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { FakePrograms } from './fake-programs.js';
import { findProgram } from './find-program.js';
import { players, recorders } from './programs.js';

describe('findProgram', () => {
  let programs: FakePrograms;
  beforeAll(async () => {
    programs = await FakePrograms.open();
    await programs.addRecorder('rec');
    await programs.addRecorder('pw-record');
    await mkdir(path.join(programs.folder, 'arecord'));
  });
  afterAll(() => programs[Symbol.asyncDispose]());

  it('takes the first program that can be run', async () => {
    const found = await findProgram(Object.values(recorders), {
      searchPath: `/nowhere${path.delimiter}${programs.folder}`,
      purpose: 'record',
    });

    expect(found).toEqual({ program: recorders.rec, file: path.join(programs.folder, 'rec') });
  });

  it('says what it looked for and how to install it on each system when there is none', async () => {
    const finding = findProgram(Object.values(players), { searchPath: programs.folder, purpose: 'play' });

    await expect(finding).rejects.toMatchObject({
      code: 'AUDIO_COMMAND_MISSING',
      message: expect.stringMatching(
        /play sound.*aplay, play, sox, pw-play.*apt.*dnf.*pacman.*apk.*brew.*Windows/,
      ),
    });
  });

  it('finds nothing in an empty path', async () => {
    await expect(
      findProgram([recorders.arecord], { searchPath: '', purpose: 'record' }),
    ).rejects.toMatchObject({ code: 'AUDIO_COMMAND_MISSING' });
  });
});
