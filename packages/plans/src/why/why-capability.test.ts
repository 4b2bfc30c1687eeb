import { describe, expect, it } from '@jest/globals';
import { lazy, many } from '@tiercel/kernel';
import { acme, capability, type House, planOf, text } from '../plans.test.support.js';
import { describeCapabilityAnswer } from './describe-why.js';
import { whyCapability } from './why-capability.js';

const lamp = acme('lamp', { provides: ['light'] });
const candle = acme('candle', { provides: ['light'] });
const door = acme('door', { provides: ['door'], requires: { light: capability('light') } });

async function why(id: string, plugins: Parameters<typeof planOf>[0], house: House = {}) {
  const { plan, origin } = await planOf(plugins, house);
  return whyCapability(plan, id, origin);
}

async function told(id: string, plugins: Parameters<typeof planOf>[0], house: House = {}) {
  return describeCapabilityAnswer(await why(id, plugins, house));
}

describe('whyCapability', () => {
  it('says that there is no other provider, and who asks on whose behalf', async () => {
    expect(await told('light', [door, lamp], { requires: ['door', 'light@^1'] })).toBe(text`
      light is served by lamp (@acme/lamp, contract 1.0.0): no other plugin of this plan provides it.
      asked for by
        the manifest  ^1      under "requires"
        door          ^1.0.0  because of requires: door → door
    `);
  });

  it('says that the manifest binds it, in which order, and who is out', async () => {
    const torch = acme('torch', { provides: ['light'] });
    const house = { bind: { light: ['candle', 'lamp'] } };

    expect(await why('light', [door, lamp, candle, torch], house)).toMatchObject({
      verdict: 'bound',
      servedBy: [{ plugin: 'candle' }, { plugin: 'lamp' }],
      boundAt: { file: 'The manifest' },
      out: [{ plugin: 'torch', why: 'the manifest binds another plugin' }],
    });
  });

  it('names the condition that keeps a provider out', async () => {
    const house = { entries: { candle: { when: 'DARK && !WINDY' } } };

    expect(await told('light', [door, lamp, candle], house)).toBe(text`
      light is served by lamp (@acme/lamp, contract 1.0.0): no other plugin of this plan provides it.
      not taken
        candle  its "when: DARK && !WINDY" does not hold
      asked for by
        door  ^1.0.0  no promise leads to it
    `);
  });

  it('tells an open choice from providers that are wanted all', async () => {
    const bell = acme('bell', { requires: { lights: many(capability('light')) } });

    expect(await told('light', [door, lamp, candle])).toMatch(/^light could be served by lamp .* or candle /);
    expect(await told('light', [bell, lamp, candle])).toMatch(
      /^light is served by lamp .* and candle .*: nobody asks for a single one\.\n.*\n {2}bell {2}\^1\.0\.0 {2}many; /,
    );
  });

  it('says who cannot use the version that there is', async () => {
    const old = acme('old', { requires: { light: lazy(capability('light', '2.0.0')) } });

    expect(await told('light', [old, lamp])).toContain(
      'old  ^2.0.0  lazy; no promise leads to it; cannot use 1.0.0 of lamp',
    );
  });

  it('names what may provide a capability that nobody serves', async () => {
    const house = { entries: { candle: { when: 'DARK' }, mystery: { use: '@other/mystery' } } };

    expect(await told('light', [door, candle], house)).toBe(text`
      light is served by nobody: no plugin of this plan provides it.
      not taken
        candle   its "when: DARK" does not hold
        mystery  nothing is known about @other/mystery, so it may provide this
      asked for by
        door  ^1.0.0  no promise leads to it
    `);
  });

  it.each([
    ['lihgt', 'No plugin of this plan provides, requires or binds lihgt. Did you mean light?'],
    ['oor', 'No plugin of this plan provides, requires or binds oor. Did you mean door?'],
    ['telescope', 'No plugin of this plan provides, requires or binds telescope.'],
  ])('does not know %s', async (id, sentence) => {
    expect(await told(id, [door, lamp])).toBe(sentence);
  });

  it('knows a capability of a plugin that does not start', async () => {
    const house = { entries: { lamp: { when: 'DARK' } } };

    expect(await why('light', [lamp], house)).toMatchObject({ verdict: 'nobody', askedBy: [] });
  });

  it('answers without the origin of the plan, only with less', async () => {
    const { plan } = await planOf([door, lamp, candle], { bind: { light: 'lamp' } });

    const answer = whyCapability(plan, 'light');

    expect(answer).toMatchObject({ verdict: 'bound', out: [{ plugin: 'candle' }] });
    expect(answer.boundAt).toBeUndefined();
  });
});
