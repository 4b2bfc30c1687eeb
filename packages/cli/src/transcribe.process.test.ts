import { mkdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { encodeWav, joinPcm, readWav } from '@tiercel/audio';
import { countWordErrors } from '@tiercel/capabilities/speech-to-text/testing';
import { recordings, runTiercel, Workspace, words } from './run-tiercel.test.support.js';

interface Expected {
  readonly file: string;
  readonly language: string;
  readonly heard: string;
}

interface Transcript {
  readonly file: string;
  readonly text: string;
}

/** What the page of the recordings says about processors: a word may differ, and a sentence after a pause be missing. */
function allowedErrors(file: string): number {
  if (file.includes('room-noise')) return 0;
  return file.includes('with-pauses') ? 7 : 1;
}

/** The tables of the recordings' own page. */
async function readTables(): Promise<readonly Expected[]> {
  const page = await readFile('packages/audio/recordings/README.md', 'utf8');
  return [...page.matchAll(/^\| `([\w.-]+)\.wav` +\|(.*)\|$/gm)].map(([, name = '', cells = '']) => {
    const heard =
      cells
        .split('|')
        .at(-1)
        ?.replace(/\(.*\)/, '') ?? '';
    const folder = cells.split('|').length === 2 ? 'human' : 'synthetic';
    const [file = ''] = recordings(folder, name);
    return {
      file,
      language: /\.(en|fr|es)$/.exec(name)?.[1] ?? 'en',
      heard: words(heard) === 'nothing' ? '' : heard,
    };
  });
}

let workspace: Workspace;
beforeAll(async () => {
  workspace = await Workspace.open();
});
afterAll(() => workspace[Symbol.asyncDispose]());

describe('tiercel transcribe', () => {
  it.each([
    ['en', 13],
    ['fr', 2],
    ['es', 1],
  ])('writes down every %s recording as its page says', async (language, count) => {
    const expected = (await readTables()).filter((each) => each.language === language);
    const files = expected.map(({ file }) => file);

    const { exitCode, stdout } = await runTiercel(['transcribe', ...files, '--language', language, '--json']);

    const { transcripts, errors } = JSON.parse(stdout);
    expect([exitCode, errors, files.length]).toEqual([0, [], count]);
    expect(transcripts.map(({ file }: Transcript) => file)).toEqual(files);
    const wrong = transcripts.filter(
      ({ text }: Transcript, index: number) =>
        countWordErrors(text, expected[index]?.heard ?? '') > allowedErrors(files[index] ?? ''),
    );
    expect(wrong).toEqual([]);
  });

  it('writes down every sentence of a recording with long pauses', async () => {
    const noise = await readWav(recordings('synthetic', 'room-noise')[0] ?? '');
    const spoken = recordings(
      'synthetic',
      'stop-that-is-enough',
      'why-is-the-sky-blue',
      'set-a-timer-for-five-minutes',
    );
    const sides = await Promise.all(spoken.map((file) => readWav(file)));
    const pcm = joinPcm(sides.flatMap((side) => [side.pcm, noise.pcm]));
    const file = await workspace.write('pauses.wav', encodeWav(pcm, { sampleRateHz: 16_000 }));

    const { exitCode, stdout } = await runTiercel(['transcribe', file]);

    const said = 'stop that is enough why is the sky blue set a timer for five minutes';
    expect([exitCode, countWordErrors(stdout, said)]).toEqual([0, 0]);
  });

  it('tells of every file that it cannot use what is wrong and what to do, and does the others', async () => {
    const good = recordings('human', 'goodbye.en')[0] ?? '';
    const bad = await writeBadFiles();
    const [first = '', ...others] = bad.map(({ file }) => file);

    const { exitCode, stdout, stderr } = await runTiercel(['transcribe', first, good, ...others]);

    expect(exitCode).toBe(2);
    expect(words(stdout.replace(`${good}: `, ''))).toBe('goodbye');
    const lines = stderr.trimEnd().split('\n');
    expect(lines).toEqual(
      bad.map(({ file, code, finding, fix }) =>
        expect.stringMatching(
          new RegExp(`^error ${code}: .*${path.basename(file)}.* ${finding}.*\\. ${fix}`),
        ),
      ),
    );
  });

  it('gives the same as one document', async () => {
    const bad = await writeBadFiles();

    const { exitCode, stdout, stderr } = await runTiercel([
      'transcribe',
      ...bad.map(({ file }) => file),
      '--json',
    ]);

    expect([exitCode, stderr]).toEqual([2, '']);
    expect(JSON.parse(stdout)).toEqual({
      transcripts: [],
      errors: bad.map(({ file, code }) => ({
        file,
        code,
        message: expect.stringContaining(path.basename(file)),
      })),
    });
  });

  it('gives one error for one bad file', async () => {
    for (const { file, code } of await writeBadFiles()) {
      const { exitCode, stdout, stderr } = await runTiercel(['transcribe', file, '--json']);

      expect([exitCode, stderr]).toEqual([2, '']);
      expect(JSON.parse(stdout)).toEqual({
        error: { code, message: expect.stringContaining(path.basename(file)) },
      });
    }
  });

  it('refuses a language that nobody speaks', async () => {
    const { exitCode, stdout, stderr } = await runTiercel([
      'transcribe',
      ...recordings('human', 'goodbye.en'),
      '--language',
      'xx',
    ]);

    expect([exitCode, stdout]).toEqual([2, '']);
    expect(stderr).toMatch(/^error SPEECH_TO_TEXT_LANGUAGE_UNKNOWN: .*xx.*\n$/);
  });
});

async function writeBadFiles() {
  const sound = Buffer.from(encodeWav(new Int16Array(600), { sampleRateHz: 16_000 }));
  const mp3 = Buffer.concat(
    Array.from({ length: 9 }, () => Buffer.concat([Buffer.from('fffb9064', 'hex'), Buffer.alloc(413)])),
  );
  const sixChannels = Buffer.from(sound);
  sixChannels.writeUInt16LE(6, 22);
  sixChannels.writeUInt32LE(16_000 * 12, 28);
  sixChannels.writeUInt16LE(12, 32);
  await mkdir(workspace.path('bad-folder.wav'), { recursive: true });
  return [
    {
      file: await workspace.write('bad-empty.wav', ''),
      code: 'AUDIO_WAV_EMPTY',
      finding: 'is empty',
      fix: 'Record or copy it again',
    },
    {
      file: await workspace.write('bad-header.wav', sound.subarray(0, 30)),
      code: 'AUDIO_WAV_HEADER_TRUNCATED',
      finding: 'ends after 30 bytes, inside its header',
      fix: 'Record or copy it again',
    },
    {
      file: await workspace.write('bad-mp3.wav', mp3),
      code: 'AUDIO_WAV_NOT_RIFF',
      finding: 'it looks like MP3',
      fix: 'Convert it: ffmpeg',
    },
    {
      file: await workspace.write(
        'bad-mp3-with-tag.wav',
        Buffer.concat([Buffer.from('ID3\u0004\0\0\0\0\0\0', 'latin1'), mp3]),
      ),
      code: 'AUDIO_WAV_NOT_RIFF',
      finding: 'it looks like MP3',
      fix: 'Convert it: ffmpeg',
    },
    {
      file: await workspace.write('bad-silence.wav', encodeWav(new Int16Array(0), { sampleRateHz: 8000 })),
      code: 'AUDIO_WAV_NO_SAMPLES',
      finding: 'no samples',
      fix: 'Record it again',
    },
    {
      file: await workspace.write('bad-channels.wav', sixChannels),
      code: 'AUDIO_WAV_CHANNELS_UNSUPPORTED',
      finding: 'has 6 channels',
      fix: 'Convert it: ffmpeg',
    },
    {
      file: workspace.path('bad-folder.wav'),
      code: 'AUDIO_FILE_NOT_REGULAR',
      finding: 'is a directory',
      fix: 'Name the WAV file itself',
    },
    {
      file: workspace.path('bad-absent.wav'),
      code: 'AUDIO_FILE_MISSING',
      finding: 'does not exist',
      fix: 'Check the path',
    },
  ];
}
