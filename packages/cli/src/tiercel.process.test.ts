import { spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { encodeWav } from '@tiercel/audio';

const bin = path.resolve('packages/cli/bin/tiercel.js');

interface Run {
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Starts the built command as a person would. */
function run(...args: readonly string[]): Promise<Run> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [bin, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
    let [stdout, stderr] = ['', ''];
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      stdout += text;
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr += text;
    });
    child.once('error', reject);
    child.once('close', (exitCode) => resolve({ exitCode, stdout, stderr }));
  });
}

let folder: string;
const inFolder = (name: string) => path.join(folder, name);
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'tiercel-cli-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe('tiercel, as a process', () => {
  it('finds a shipped tier sound', async () => {
    const { exitCode, stdout } = await run('check', 'mid');

    expect([exitCode, stdout]).toEqual([0, expect.stringMatching(/is sound: tier mid, \d+ plugins/)]);
  });

  it('tells everything that is wrong with a manifest, with its place and the way out', async () => {
    await writeFile(
      inFolder('bad.yaml'),
      'tier: bad\ncolour: red\nplugins:\n  no-such-plugin:\nrequires: [moon]\n',
    );

    const { exitCode, stderr } = await run('check', inFolder('bad.yaml'));

    expect(exitCode).toBe(2);
    expect(stderr).toMatch(/bad\.yaml:2:1 KERNEL_KEY_UNKNOWN/);
    expect(stderr).toMatch(/bad\.yaml:4:3 KERNEL_PLUGIN_UNKNOWN/);
    expect(stderr).toMatch(/KERNEL_NOTHING_PROMISED/);
    expect(stderr.match(/Fix: /g)).toHaveLength(3);
  });

  it('gives the same as one document', async () => {
    await writeFile(inFolder('bad.yaml'), 'tier: bad\nplugins:\n  no-such-plugin:\n');

    const { exitCode, stdout, stderr } = await run('check', inFolder('bad.yaml'), '--json');

    expect([exitCode, stderr]).toEqual([2, '']);
    expect(JSON.parse(stdout)).toMatchObject({
      isSound: false,
      problems: [{ code: 'KERNEL_PLUGIN_UNKNOWN', at: { line: 3 } }],
    });
  });

  it.each([
    ['an empty file', 'AUDIO_WAV_EMPTY', Buffer.alloc(0)],
    [
      'a truncated header',
      'AUDIO_WAV_HEADER_TRUNCATED',
      Buffer.from(encodeWav(new Int16Array(9), { sampleRateHz: 8000 })).subarray(0, 30),
    ],
    ['another format with the wrong name', 'AUDIO_WAV_NOT_RIFF', Buffer.from('ID3\u0004\u0000rest')],
    ['no samples', 'AUDIO_WAV_NO_SAMPLES', encodeWav(new Int16Array(0), { sampleRateHz: 8000 })],
    ['six channels', 'AUDIO_WAV_CHANNELS_UNSUPPORTED', sixChannels()],
  ])('refuses to transcribe %s, and names the file', async (_, code, bytes) => {
    await writeFile(inFolder('bad.wav'), bytes);

    const { exitCode, stdout, stderr } = await run('transcribe', inFolder('bad.wav'));

    expect([exitCode, stdout]).toEqual([2, '']);
    expect(stderr).toMatch(new RegExp(`^error ${code}: .*bad\\.wav.*\\n$`));
  });

  it('runs a node until it is told to stop, then drains and ends with 0', async () => {
    await writeFile(inFolder('small.yaml'), 'tier: small\nplugins:\n  clock-system:\n');
    const child = spawn(process.execPath, [bin, 'start', '--tier', inFolder('small.yaml')], {
      stdio: ['ignore', 'ignore', 'pipe'],
    });

    let stderr = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr += text;
      if (text.includes('ready: tier small')) child.kill('SIGTERM');
    });
    const exitCode = await new Promise((resolve) => child.once('close', resolve));

    expect([exitCode, stderr]).toEqual([
      0,
      expect.stringMatching(/ready: .*1 plugins.*stopping\nstopped\n$/s),
    ]);
  });

  it('writes down what was said, and reports the files that it could not use', async () => {
    const said = path.resolve(
      'packages/audio/recordings/human/please-enter-the-conference-pin-number.en.wav',
    );

    const { exitCode, stdout } = await run('transcribe', inFolder('absent.wav'), said, '--json');

    expect(exitCode).toBe(2);
    expect(JSON.parse(stdout)).toMatchObject({
      transcripts: [{ file: said, text: 'Please enter the conference pin number.', language: 'en' }],
      errors: [{ file: inFolder('absent.wav'), code: 'AUDIO_FILE_MISSING' }],
    });
  });

  it('says what it can write down again', async () => {
    const file = inFolder('new/folder/hello.wav');

    const spoken = await run('say', 'The living room lamp is on.', '--output', file);
    const { stdout } = await run('transcribe', file);

    expect([spoken.exitCode, stdout]).toEqual([0, 'The living room lamp is on.\n']);
  });

  it('gives engines a thread pool of eight, unless somebody chose another', async () => {
    const probe = `require(${JSON.stringify(path.resolve('packages/cli/bin/run.js'))}); process.stdout.write(process.env.UV_THREADPOOL_SIZE)`;
    const sizeIn = (environment: Record<string, string>) =>
      new Promise<string>((resolve) => {
        const child = spawn(process.execPath, ['-e', probe], { env: environment });
        let size = '';
        child.stdout.on('data', (text) => {
          size += text;
        });
        child.once('close', () => resolve(size));
      });

    expect([await sizeIn({}), await sizeIn({ UV_THREADPOOL_SIZE: '3' })]).toEqual(['8', '3']);
  });
});

function sixChannels(): Uint8Array {
  const wav = Buffer.from(encodeWav(new Int16Array(600), { sampleRateHz: 16_000 }));
  wav.writeUInt16LE(6, 22);
  wav.writeUInt32LE(16_000 * 12, 28);
  wav.writeUInt16LE(12, 32);
  return wav;
}
