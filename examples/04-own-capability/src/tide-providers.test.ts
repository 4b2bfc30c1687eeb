import { fileURLToPath } from 'node:url';
import { describe, expect, it } from '@jest/globals';
import { WorldModel } from '@tiercel/capabilities/world-model';
import { FakeWorldModel } from '@tiercel/capabilities/world-model/testing';
import { type NodeEvent, supply } from '@tiercel/kernel';
import { createProcessPlacement } from '@tiercel/placement-process';
import { bootTest, describeInEveryPlacement } from '@tiercel/testkit';
import { gaugeKey } from './gauge-key.js';
import { describeTidesContract } from './testing.js';
import tideAlmanac from './tide-almanac.js';
import tideGauge from './tide-gauge.js';
import { Tides } from './tides.js';

const builtModule = (name: string) => fileURLToPath(new URL(`../dist/${name}.js`, import.meta.url));
const fromMs = Date.parse('2026-03-01T12:00Z');
const highWaters = { Cuxhaven: '2026-01-01T03:40Z' };
/** What the gauge has seen, a quarter of an hour later than the almanac has it. */
const observation = {
  key: gaugeKey('Cuxhaven'),
  value: Date.parse('2026-03-01T03:52Z'),
  origin: 'gauge',
};

// The same suite four times each: here, here and slow, in a child process, and in the child after one that was killed.
describeInEveryPlacement(
  'tide-almanac',
  { capability: Tides, plugin: builtModule('tide-almanac'), key: 'tide-almanac', config: { highWaters } },
  describeTidesContract,
);

// The world model stays in this process, wherever the gauge runs.
const world = new FakeWorldModel({ entries: { [observation.key]: observation.value } });

describeInEveryPlacement(
  'tide-gauge',
  {
    capability: Tides,
    plugin: builtModule('tide-gauge'),
    key: 'tide-gauge',
    plugins: [supply('@acme/world', WorldModel, world)],
  },
  describeTidesContract,
);

const bothInOrder = {
  plugins: [tideGauge, tideAlmanac],
  bind: { tides: ['tide-gauge', 'tide-almanac'] },
  config: { 'tide-almanac': { highWaters } },
};

describe('gauge and almanac as one', () => {
  it('answer from the almanac until the gauge has reported', async () => {
    await using test = await bootTest(bothInOrder);
    const tides = test.get(Tides);

    const before = await tides.next('Cuxhaven', { kind: 'high', fromMs });
    await test.fakes.worldModel.observe(observation);
    const after = await tides.next('Cuxhaven', { kind: 'high', fromMs });

    expect([before.basis, after.basis]).toEqual(['almanac', 'gauge']);
    expect(after.atMs - before.atMs).toBe(905_304);
  });

  it('answer from the almanac when the last report is too old', async () => {
    await using test = await bootTest(bothInOrder);
    await test.fakes.worldModel.observe(observation);

    const tide = await test.get(Tides).next('Cuxhaven', { kind: 'high', fromMs: fromMs + 40 * 3_600_000 });

    expect(tide.basis).toBe('almanac');
  });

  it('answer from the almanac while the process of the gauge is gone', async () => {
    const restart = { firstMs: 3_600_000, longestMs: 3_600_000 };
    let onEvent: (event: NodeEvent) => void = () => undefined;
    await using test = await bootTest({
      ...bothInOrder,
      plugins: [tideAlmanac],
      entries: { 'tide-gauge': { use: builtModule('tide-gauge'), placement: 'process' } },
      placements: [createProcessPlacement({ restart })],
      onEvent: (event) => onEvent(event),
    });
    await test.fakes.worldModel.observe(observation);
    const tides = test.get(Tides);
    const isLost = new Promise<void>((resolve) => {
      onEvent = (event) => {
        if (event.type === 'plugin-state' && event.status.state === 'degraded') resolve();
      };
    });

    const before = await tides.next('Cuxhaven', { kind: 'high', fromMs });
    const gauge = test.node.describe().plugins.find(({ plugin }) => plugin === 'tide-gauge');
    process.kill(Number(gauge?.facts?.['pid']), 'SIGKILL');
    await isLost;
    const after = await tides.next('Cuxhaven', { kind: 'high', fromMs });

    expect([before.basis, after.basis]).toEqual(['gauge', 'almanac']);
  });

  it('tell which of them is passed over, and why', async () => {
    await using test = await bootTest(bothInOrder);

    for (let call = 0; call < 3; call++) {
      await test.get(Tides).next('Cuxhaven', { kind: 'high', fromMs });
    }

    expect(test.node.describe().capabilities.find(({ capability }) => capability === 'tides')).toMatchObject({
      servedBy: 'tide-almanac',
      degraded: expect.stringContaining('The gauge of Cuxhaven has reported no high water'),
    });
  });
});

describe('tide-almanac', () => {
  it('does not start with a time that is none, and says which', async () => {
    const config = { 'tide-almanac': { highWaters: { Cuxhaven: 'at noon' } } };

    await expect(bootTest({ plugins: [tideAlmanac], config })).rejects.toMatchObject({
      cause: { cause: { code: 'TIDES_TIME_INVALID', details: { harbour: 'Cuxhaven' } } },
    });
  });

  it('names the harbours that it knows when it is asked for another', async () => {
    await using test = await bootTest({ plugins: [tideAlmanac], config: { 'tide-almanac': { highWaters } } });

    const answer = test.get(Tides).next('Dover', { kind: 'high', fromMs });

    await expect(answer).rejects.toMatchObject({
      code: 'TIDES_HARBOUR_UNKNOWN',
      retryable: false,
      details: { harbour: 'Dover', known: ['Cuxhaven'] },
    });
  });
});

describe('tide-gauge', () => {
  it('fails until something has been reported, and says that a later call may do better', async () => {
    await using test = await bootTest({ plugins: [tideGauge] });
    const tides = test.get(Tides);

    const early = tides.next('Cuxhaven', { kind: 'high', fromMs });

    await expect(early).rejects.toMatchObject({ code: 'TIDES_GAUGE_SILENT', retryable: true });
    await test.fakes.worldModel.observe(observation);
    await expect(tides.next('Cuxhaven', { kind: 'high', fromMs })).resolves.toMatchObject({ basis: 'gauge' });
  });
});
