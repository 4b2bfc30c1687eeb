import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { bytesFromInt16, type Frame, int16FromBytes } from '@tiercel/audio';
import { CommandAudioInput } from './command-audio-input.js';
import { CommandAudioOutput } from './command-audio-output.js';
import { systemClock } from './fake-programs.js';
import { findProgram } from './find-program.js';
import { players, recorders, type SoundProgram } from './programs.js';

const searchPath = process.env['PATH'] ?? '';
const alsaDefaults = '/usr/share/alsa/alsa.conf';

/** Sample n of what the microphone hears has the value n modulo 32768. */
const ramp = (from: number, samples: number) =>
  Array.from({ length: samples }, (_, n) => (from + n) % 32_768);

/** The title says what to install where the program is not there, and the test is skipped. */
function needs(program: string, install: string): { readonly isHere: boolean; readonly hint: string } {
  const folders = searchPath.split(path.delimiter).filter((folder) => folder !== '');
  const isHere =
    process.platform === 'linux' &&
    (program === 'sox' || existsSync(alsaDefaults)) &&
    folders.some((folder) => existsSync(path.join(folder, program)));
  return { isHere, hint: isHere ? '' : ` (skipped: "sudo apt install ${install}" lets it run)` };
}

function itWith(program: string, install: string) {
  const { isHere, hint } = needs(program, install);
  return (title: string, test: () => Promise<void>) => (isHere ? it : it.skip)(title + hint, test);
}

/** ALSA with one device: its microphone reads a file, its loudspeaker writes one. */
describe('real sound programs', () => {
  const saved = { config: process.env['ALSA_CONFIG_PATH'], driver: process.env['AUDIODRIVER'] };
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'tiercel-alsa-'));
    await writeFile(path.join(folder, 'heard.raw'), bytesFromInt16(Int16Array.from(ramp(0, 4_000_000))));
    await writeFile(
      path.join(folder, 'asound.conf'),
      `pcm.nothing { type null }
       pcm.files {
         type file
         slave.pcm nothing
         file "${folder}/played.raw"
         infile "${folder}/heard.raw"
         format raw
       }
       pcm.!default { type plug slave.pcm files }`,
    );
    process.env['ALSA_CONFIG_PATH'] = path.join(folder, 'asound.conf');
    process.env['AUDIODRIVER'] = 'alsa';
  });
  afterAll(async () => {
    restore('ALSA_CONFIG_PATH', saved.config);
    restore('AUDIODRIVER', saved.driver);
    await rm(folder, { recursive: true });
  });

  itWith('arecord', 'alsa-utils')('hears through arecord', async () => {
    const { pcm, position } = await firstFrame(recorders.arecord);

    expect([...pcm]).toEqual(ramp(position, 512));
  });

  itWith('rec', 'sox libsox-fmt-alsa')('hears through rec, a part of SoX', async () => {
    const { pcm, position } = await firstFrame(recorders.rec);

    expect([...pcm]).toEqual(ramp(position, 512));
  });

  itWith('sox', 'sox')('hears silence through SoX without a device', async () => {
    const { pcm } = await firstFrame(recorders.sox, 'null');

    // SoX dithers by one step.
    expect(Math.max(...pcm.map(Math.abs))).toBeLessThanOrEqual(1);
  });

  itWith('aplay', 'alsa-utils')('plays through aplay', async () => {
    const samples = await playThrough(players.aplay);

    expect([samples, (await played()).slice(0, 4800)]).toEqual([4800, ramp(0, 4800)]);
  });

  itWith('play', 'sox libsox-fmt-alsa')('plays through play, a part of SoX', async () => {
    const samples = await playThrough(players.play);

    expect([samples, (await played()).slice(0, 4800)]).toEqual([4800, ramp(0, 4800)]);
  });

  itWith('sox', 'sox')('plays into nothing through SoX', async () => {
    expect(await playThrough(players.sox, 'null')).toBe(4800);
  });

  itWith('aplay', 'alsa-utils')('repeats what aplay says about a device that does not exist', async () => {
    await expect(playThrough(players.aplay, 'attic')).rejects.toMatchObject({
      code: 'AUDIO_OUTPUT_FAILED',
      message: expect.stringMatching(
        /aplay ended with code 1 and said: ALSA lib .*Unknown PCM attic; aplay: /,
      ),
    });
  });

  itWith('arecord', 'alsa-utils')('repeats what arecord says about one, too', async () => {
    await expect(firstFrame(recorders.arecord, 'attic')).rejects.toMatchObject({
      code: 'AUDIO_INPUT_FAILED',
      message: expect.stringMatching(/Unknown PCM attic; arecord: .*audio open error/),
    });
  });

  async function played(): Promise<number[]> {
    return [...int16FromBytes(await readFile(path.join(folder, 'played.raw')))];
  }
});

async function firstFrame(program: SoundProgram, device = ''): Promise<Frame> {
  const find = () => findProgram([program], { searchPath, purpose: 'record' });
  const input = new CommandAudioInput({ find, device, clock: systemClock, timeoutMs: 10_000 });
  for await (const frame of input.capture()) return frame;
  throw new TypeError('The capture ended without a frame.');
}

async function playThrough(program: SoundProgram, device = ''): Promise<number | undefined> {
  const find = () => findProgram([program], { searchPath, purpose: 'play' });
  const output = new CommandAudioOutput({
    find,
    device,
    sampleRateHz: 16_000,
    clock: systemClock,
    timeoutMs: 10_000,
  });
  let newest: number | undefined;
  for await (const { samples } of output.play(frames(), { attempt: 1 })) newest = samples;
  return newest;
}

/** 300 ms of the ramp. */
async function* frames(): AsyncGenerator<Frame> {
  for (let position = 0; position < 4800; position += 320) {
    const pcm = Int16Array.from(ramp(position, 320));
    yield { pcm, sampleRateHz: 16_000, position, timeMs: position / 16 };
  }
}

function restore(name: string, value: string | undefined): void {
  if (value === undefined) delete process.env[name];
  else process.env[name] = value;
}
