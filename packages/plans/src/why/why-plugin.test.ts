import { describe, expect, it } from '@jest/globals';
import { optional } from '@tiercel/kernel';
import { acme, capability, type House, planOf, text } from '../plans.test.support.js';
import { describePluginAnswer } from './describe-why.js';
import { whyPlugin } from './why-plugin.js';

const plugins = [
  acme('lamp', { provides: ['light'] }),
  acme('door', {
    provides: ['door'],
    requires: { light: capability('light'), bell: optional(capability('bell')) },
  }),
];

async function told(key: string, house: House = {}): Promise<string> {
  const { plan, origin } = await planOf(plugins, house);
  return describePluginAnswer(whyPlugin(plan, key, origin));
}

describe('whyPlugin', () => {
  it('says when and where it starts, for which promise, whom it serves and who serves it', async () => {
    expect(await told('door', { requires: ['door'] })).toBe(text`
      door (@acme/door 1.0.0) starts on level 1, inline, listed at The manifest.
      needed because of requires: door → door
        provides  door   to no plugin
        requires  light  from lamp
        requires  bell   from nobody (optional)
    `);
  });

  it('says that no promise leads to it', async () => {
    expect(await told('door')).toContain('\nlisted, but no promise of the manifest leads to it\n');
  });

  it('tells the condition that holds, or does not', async () => {
    const house = { entries: { lamp: { when: 'DARK' } } };

    expect(await told('lamp', { ...house, environment: { DARK: 'yes' } })).toContain(
      'and its "when: DARK" holds.',
    );
    expect(await told('lamp', house)).toBe(text`
      lamp (@acme/lamp 1.0.0) does not start: its "when: DARK" does not hold, listed at The manifest.
        provides  light  to no plugin
    `);
  });

  it('says that nothing is known about a package', async () => {
    expect(await told('moon', { entries: { moon: { use: '@other/moon' } } })).toBe(
      'moon cannot be planned with: nothing is known about its package, listed at The manifest.',
    );
  });

  it('names what may be meant instead', async () => {
    expect(await told('dor')).toBe('No manifest here lists dor. Did you mean door?');
  });
});
