import { afterAll, describe, expect, it } from '@jest/globals';
import { type PlannedPlugin, type PluginEntryData, planManifest } from '@tiercel/kernel';
import { errorOf, fixtureFolder, inline, placed, removeFixtureFolder } from './fixtures.test.support.js';
import { planChild } from './plan-child.js';

afterAll(removeFixtureFolder);

async function plansOf(
  entries: Readonly<Record<string, PluginEntryData>>,
): Promise<ReadonlyMap<string, PlannedPlugin>> {
  const manifest = { tier: 'test', plugins: entries };
  const { plan } = await planManifest({ manifest, directory: await fixtureFolder(), environment: {} });
  return new Map(plan.plugins.map((planned) => [planned.key, planned]));
}

function child(plans: ReadonlyMap<string, PlannedPlugin>, key: string) {
  const planned = plans.get(key) as PlannedPlugin;
  return planChild(planned, { planned: (name) => plans.get(name) });
}

const without = (planned: PlannedPlugin | undefined): PlannedPlugin =>
  ({ ...planned, module: undefined }) as PlannedPlugin;

describe('planChild', () => {
  it('runs copies of what must answer at once before the plugin, and serves the rest', async () => {
    const timed = child(await plansOf({ timed: placed('timed'), ticker: inline('ticker') }), 'timed');
    const relay = child(await plansOf({ relay: placed('relay'), probe: inline('probe') }), 'relay');

    expect(timed.plugins.map(({ key }) => key)).toEqual(['ticker', 'timed']);
    expect([...timed.served.keys()]).toEqual([]);
    expect(relay.plugins.map(({ key }) => key)).toEqual(['relay']);
    expect([...relay.served.keys()]).toEqual(['probe.probe']);
    expect(relay.involved.map(({ key }) => key)).toEqual(['relay', 'probe']);
  });

  it('refuses a plugin whose own contract answers at once', async () => {
    const plans = await plansOf({ ticker: inline('ticker') });

    expect(await errorOf(async () => child(plans, 'ticker'))).toMatchObject({
      code: 'PLACEMENT_CONTRACT_LOCAL',
      details: { plugin: 'ticker', capability: 'ticker', members: ['pid'] },
    });
  });

  it('refuses a plugin that is no module', async () => {
    const plans = await plansOf({ probe: inline('probe') });

    const given = new Map([['probe', without(plans.get('probe'))]]);

    expect(await errorOf(async () => child(given, 'probe'))).toMatchObject({
      code: 'PLACEMENT_MODULE_MISSING',
    });
  });

  it('refuses a dependency that would have to be copied and is no module', async () => {
    const plans = await plansOf({ timed: inline('timed'), ticker: inline('ticker') });

    const given = new Map([...plans, ['ticker', without(plans.get('ticker'))]] as const);

    expect(await errorOf(async () => child(given, 'timed'))).toMatchObject({
      code: 'PLACEMENT_DEPENDENCY_GIVEN',
      details: { plugin: 'timed', dependency: 'ticker', capability: 'ticker' },
    });
  });
});
