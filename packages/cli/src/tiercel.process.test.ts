import { spawn } from 'node:child_process';
import { mkdtemp, open, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { bin, runTiercel } from './run-tiercel.test.support.js';

let folder: string;
const inFolder = (name: string) => path.join(folder, name);
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'tiercel-cli-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe('tiercel, as a process', () => {
  it('finds a shipped tier sound', async () => {
    const { exitCode, stdout } = await runTiercel(['check', 'mid']);

    expect([exitCode, stdout]).toEqual([0, expect.stringMatching(/is sound: tier mid, \d+ plugins/)]);
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

  it('follows its manifest anew on SIGHUP, and goes on when that has problems', async () => {
    const manifest = inFolder('changing.yaml');
    const plugins = (...names: readonly string[]) =>
      writeFile(manifest, `tier: changing\nplugins:\n${names.map((name) => `  ${name}:\n`).join('')}`);
    await plugins('clock-system');
    const child = spawn(process.execPath, [bin, 'start', '--tier', manifest], {
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    const steps: readonly (readonly [RegExp, () => void])[] = [
      [
        /ready: tier changing/,
        () => void plugins('clock-system', 'log-winston').then(() => child.kill('SIGHUP')),
      ],
      [/reloaded: /, () => void plugins('log-winstn').then(() => child.kill('SIGHUP'))],
      [/KERNEL_PLUGIN_UNKNOWN/, () => void child.kill('SIGTERM')],
    ];

    let [stderr, step] = ['', 0];
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr += text;
      const [awaited, act] = steps[step] ?? [];
      if (!awaited?.test(stderr)) return;
      step++;
      act?.();
    });
    const exitCode = await new Promise((resolve) => child.once('close', resolve));

    expect(exitCode).toBe(0);
    expect(stderr).toMatch(/reloaded: started log-winston; stopped nothing\n/);
    expect(stderr).toMatch(/error KERNEL_PLAN_INVALID: .*Did you mean "@tiercel\/log-winston"\?/s);
  });

  it('says when standard output takes nothing, and ends with 1', async () => {
    // Opened for reading only, it fails on every system as a full disk would.
    const output = await open(bin, 'r');
    const child = spawn(process.execPath, [bin, '--version'], { stdio: ['ignore', output.fd, 'pipe'] });

    let stderr = '';
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      stderr += text;
    });
    const exitCode = await new Promise((resolve) => child.once('close', resolve));
    await output.close();

    expect([exitCode, stderr]).toEqual([1, expect.stringMatching(/^error CLI_OUTPUT_FAILED: /)]);
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
