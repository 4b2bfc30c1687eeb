import { describe, expect, it } from '@jest/globals';
import { CoreProcess } from './core-process.js';

const { PATH } = process.env;

describe('CoreProcess', () => {
  it('says why a core did not start, in its own words', async () => {
    const { signal } = new AbortController();

    const starting = CoreProcess.start({ tier: './no-such-core.yaml', environment: { PATH }, signal });

    await expect(starting).rejects.toMatchObject({
      code: 'CLI_CORE_NOT_STARTED',
      message: expect.stringMatching(/it ended with 2.*KERNEL_MANIFEST_UNREADABLE/s),
    });
  });

  it('leaves none behind when it is given up', async () => {
    const controller = new AbortController();
    const lines: string[] = [];
    const starting = CoreProcess.start({
      tier: 'mid',
      environment: { PATH },
      signal: controller.signal,
      onLine: (line) => lines.push(line),
    });

    controller.abort(new Error('enough'));

    await expect(starting).rejects.toThrow('enough');
    expect(lines.filter((line) => line.startsWith('ready: '))).toEqual([]);
  });
});
