import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, it } from '@jest/globals';

const run = promisify(execFile);
const folder = fileURLToPath(new URL('..', import.meta.url));
const tiercel = fileURLToPath(new URL('../../../packages/cli/bin/tiercel.js', import.meta.url));

describe('example 04', () => {
  it('answers from the almanac while the gauge is silent, and from the gauge as soon as it is not', async () => {
    const { stdout, stderr } = await run(process.execPath, ['dist/main.js'], { cwd: folder });

    expect(stderr).toBe('');
    expect(stdout.trimEnd().split('\n')).toEqual([
      'The gauge is silent:',
      '  16:02 high water, by the almanac',
      '  22:14 low water, by the almanac',
      'The gauge has seen a high water at 03:52:',
      '  16:17 high water, by the gauge',
      '  22:29 low water, by the gauge',
      'The next call goes to tide-gauge.',
    ]);
  });

  it('answers a spoken question in a shipped tier', async () => {
    const args = ['talk', '--tier', 'voice.yaml', '--json', '--text', 'When is high tide in Cuxhaven?'];

    const { stdout } = await run(process.execPath, [tiercel, ...args], { cwd: folder });

    const { turns } = JSON.parse(stdout);
    expect(turns).toMatchObject([
      {
        path: 'phrase',
        tool: 'tell_tide',
        said: expect.stringMatching(/^The next high tide in Cuxhaven is at \d/),
      },
    ]);
  }, 120_000);
});
