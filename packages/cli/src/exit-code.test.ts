import { describe, expect, it } from '@jest/globals';
import { AudioError } from '@tiercel/audio';
import { KernelError } from '@tiercel/kernel';
import { CliError } from './errors.js';
import { exitCodeOf } from './exit-code.js';

describe('exitCodeOf', () => {
  it('is 2 for a manifest, a plan, usage or a file that cannot be used', () => {
    const errors = [
      new KernelError('KERNEL_PLAN_INVALID', { source: 'm.yaml', problems: [] }),
      new KernelError('KERNEL_MANIFEST_UNREADABLE', { file: 'm.yaml', finding: 'gone' }),
      new CliError('CLI_USAGE', { finding: 'Unknown option', command: 'tiercel' }),
      new AudioError('AUDIO_WAV_EMPTY', { file: 'a.wav' }),
    ];

    expect(errors.map(exitCodeOf)).toEqual([2, 2, 2, 2]);
  });

  it('is 3 when a required plugin did not start', () => {
    expect(exitCodeOf(new KernelError('KERNEL_BOOT_TIMEOUT', { waitedMs: 1, awaiting: [] }))).toBe(3);
  });

  it('is 4 when the node did not stop in time', () => {
    expect(exitCodeOf(new KernelError('KERNEL_STOP_FAILED', { failures: [] }))).toBe(4);
  });

  it('is that of the signal when the command was interrupted', () => {
    const codes = ['SIGINT', 'SIGTERM', 'SIGHUP'].map((signal) =>
      exitCodeOf(new CliError('CLI_INTERRUPTED', { signal })),
    );

    expect(codes).toEqual([130, 143, 129]);
  });

  it('is 1 for everything else', () => {
    expect([new TypeError('oops'), 'text', undefined].map(exitCodeOf)).toEqual([1, 1, 1]);
  });
});
