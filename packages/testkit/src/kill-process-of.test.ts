import { describe, expect, it } from '@jest/globals';
import { ToolProvider } from '@tiercel/capabilities/tool-provider';
import { createProcessPlacement } from '@tiercel/placement-process';
import { bootTest } from './boot-test.js';
import { killProcessOf } from './kill-process-of.js';

describe('killProcessOf', () => {
  it('settles when the plugin serves again, from another process', async () => {
    await using test = await bootTest({
      entries: { 'tools-basic': { placement: 'process' }, 'clock-system': null },
    });
    const pidOf = () =>
      test.node.describe().plugins.find(({ plugin }) => plugin === 'tools-basic')?.facts?.['pid'];
    const before = pidOf();

    await killProcessOf(test.node, 'tools-basic');

    await expect(test.get(ToolProvider).list()).resolves.not.toHaveLength(0);
    expect(pidOf()).toEqual(expect.any(Number));
    expect(pidOf()).not.toBe(before);
  });

  it('tells of a plugin that does not come back in time', async () => {
    const restart = { firstMs: 3_600_000, longestMs: 3_600_000 };
    await using test = await bootTest({
      entries: { 'tools-basic': { placement: 'process' }, 'clock-system': null },
      placements: [createProcessPlacement({ restart })],
    });

    await expect(killProcessOf(test.node, 'tools-basic', { startTimeoutMs: 1 })).rejects.toMatchObject({
      code: 'TESTKIT_PLUGIN_DOWN',
      details: { plugin: 'tools-basic', waitedMs: 1 },
    });
  });

  it('refuses a plugin that has no process', async () => {
    await using test = await bootTest({ entries: { 'clock-system': null } });

    await expect(killProcessOf(test.node, 'clock-system')).rejects.toMatchObject({
      code: 'TESTKIT_PROCESS_MISSING',
      details: { plugin: 'clock-system', placement: 'inline' },
    });
  });
});
