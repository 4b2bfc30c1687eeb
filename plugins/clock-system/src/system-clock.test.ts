import { execFile } from 'node:child_process';
import { getEventListeners } from 'node:events';
import { promisify } from 'node:util';
import { describe, expect, it } from '@jest/globals';
import { Clock } from '@tiercel/capabilities/clock';
import { describeClockContract } from '@tiercel/capabilities/clock/testing';
import { describeInEveryPlacement } from '@tiercel/testkit';
import clockSystem, { SystemClock } from './index.js';

const run = promisify(execFile);

describeClockContract('SystemClock', () => ({ provider: new SystemClock(), close: () => undefined }));

describeInEveryPlacement('clock-system', { capability: Clock, plugin: clockSystem }, describeClockContract);

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

  it('agrees with the clocks of other processes on the same machine', async () => {
    const clock = new SystemClock();
    const built = new URL('../dist/index.js', import.meta.url).href;
    const script = `import { SystemClock } from '${built}'; process.stdout.write(String(new SystemClock().nowMs()));`;

    const beforeMs = clock.nowMs();
    const { stdout } = await run(process.execPath, ['--input-type=module', '-e', script]);
    const afterMs = clock.nowMs();

    expect(Number(stdout)).toBeGreaterThan(beforeMs);
    expect(Number(stdout)).toBeLessThan(afterMs);
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
