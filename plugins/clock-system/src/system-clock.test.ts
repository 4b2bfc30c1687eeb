import { execFile } from 'node:child_process';
import { getEventListeners } from 'node:events';
import { promisify } from 'node:util';
import { describe, expect, it } from '@jest/globals';
import { Clock } from '@tiercel/capabilities/clock';
import { describeClockContract } from '@tiercel/capabilities/clock/testing';
import { boot } from '@tiercel/kernel';
import clockSystem, { SystemClock } from './index.js';

const run = promisify(execFile);

describeClockContract('SystemClock', () => ({ provider: new SystemClock(), close: () => undefined }));

describeClockContract('clock-system in a node', async () => {
  const node = await boot({
    manifest: { tier: 'test', plugins: { 'clock-system': null } },
    plugins: [clockSystem],
    environment: {},
  });
  return { provider: node.get(Clock), close: () => node[Symbol.asyncDispose]() };
});

describe('SystemClock', () => {
  it('takes UTC for a time zone that the machine does not know', async () => {
    // The zone is fixed when a process starts, so this needs one of its own.
    const built = new URL('../dist/index.js', import.meta.url).href;
    const script = `import { SystemClock } from '${built}'; process.stdout.write(new SystemClock().timeZone());`;

    const { stdout } = await run(process.execPath, ['--input-type=module', '-e', script], {
      env: { TZ: '' },
    });

    expect(stdout).toBe('UTC');
  });

  it('waits for a delay that is longer than any timer', async () => {
    const clock = new SystemClock();
    const controller = new AbortController();
    let isSettled = false;
    const month = clock.delay(31 * 24 * 3_600_000, { signal: controller.signal }).finally(() => {
      isSettled = true;
    });

    await clock.delay(2);
    const early = isSettled;
    controller.abort(new Error('given up'));

    await expect(month).rejects.toThrow('given up');
    expect(early).toBe(false);
  });

  it('takes its listener back after an abort, too', async () => {
    const clock = new SystemClock();
    const controller = new AbortController();
    const delay = clock.delay(1000, { signal: controller.signal });

    controller.abort(new Error('given up'));

    await expect(delay).rejects.toThrow('given up');
    expect(getEventListeners(controller.signal, 'abort')).toEqual([]);
  });
});
