import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, it } from '@jest/globals';

const run = promisify(execFile);
const main = fileURLToPath(new URL('../dist/main.js', import.meta.url));

describe('example 01', () => {
  it('boots two plugins in the order of need, calls one through its token and releases it at the end', async () => {
    const { stdout, stderr } = await run(process.execPath, [main], { env: {} });

    expect(stderr).toBe('');
    expect(stdout.trimEnd().split('\n')).toEqual([
      'greeter is ready, doorbell is ready',
      'Ding dong! Welcome, Ada.',
      'Ding dong! Welcome, Grace.',
      'The doorbell was rung 2 times.',
    ]);
  });

  it('lets the environment win over the manifest', async () => {
    const { stdout } = await run(process.execPath, [main], { env: { SALUTATION: 'Moin' } });

    expect(stdout).toContain('Ding dong! Moin, Ada.');
  });
});
