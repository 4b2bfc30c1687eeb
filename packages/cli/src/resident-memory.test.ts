import { describe, expect, it } from '@jest/globals';
import { boot, definePlugin } from '@tiercel/kernel';
import { residentMiB } from './resident-memory.js';

const child = (name: string, facts: Readonly<Record<string, unknown>>) =>
  definePlugin({
    name,
    version: '1.0.0',
    provides: {},
    setup: ({ health }) => {
      health.facts(() => facts);
      return {};
    },
  });

describe('residentMiB', () => {
  it('adds what children take to what this process takes', async () => {
    const plugins = [child('big', { rssMiB: 10_000 }), child('odd', { rssMiB: 'much' }), child('none', {})];
    const entries = Object.fromEntries(plugins.map(({ name }) => [name, { use: name }]));
    await using node = await boot({ manifest: { tier: 'test', plugins: entries }, plugins, environment: {} });

    const rssMiB = residentMiB(node);

    expect(rssMiB).toBeGreaterThan(10_000);
    expect(rssMiB).toBeLessThan(10_000 + 4_096);
  });
});
