import { describe, expect, it } from '@jest/globals';
import { lazy } from '@tiercel/kernel';
import { describePlan } from './describe-plan.js';
import { acme, capability, planOf, text } from './plans.test.support.js';

const config = {
  level: { doc: 'Level', format: 'nat', default: 1, env: 'LEVEL', aliases: ['GLOW'] },
  key: { doc: 'Key', format: String, default: '', env: 'KEY', sensitive: true },
} as const;
const lamp = acme('lamp', { provides: ['light'], config, needs: { memoryMiB: 200 } });
const door = acme('door', { provides: ['door'], requires: { light: capability('light') } });

describe('describePlan', () => {
  it('tells who starts when, who serves whom, what is set and what fits', async () => {
    const bell = acme('bell', { provides: ['bell'], requires: { door: lazy(capability('door')) } });
    const { plan, origin } = await planOf([bell, door, lamp], {
      requires: ['door'],
      device: { memoryMiB: 1024 },
      entries: {
        lamp: { config: { level: 3 }, boot: 'degrade' },
        torch: { use: '@acme/torch', when: 'DARK' },
      },
    });

    expect(describePlan(plan, origin)).toBe(text`
      The manifest: tier house, 3 plugins on 2 levels, about 200 MiB
      promises: door

      level 0
        bell: @acme/bell 1.0.0, inline
          provides  bell  to no plugin
          requires  door  from door (lazy)
        lamp: @acme/lamp 1.0.0, inline, may fail (boot: degrade), 200 MiB
          provides  light  to door
          config    level  3 from The manifest

      level 1
        door: @acme/door 1.0.0, inline
          provides  door   to bell
          requires  light  from lamp

      not started, because the condition does not hold
        torch  when: DARK

      fit
        memory  needs 250 of 1,024 MiB of the device, 774 spare (most: lamp 200, the kernel 50)
    `);
  });

  it('names the variable that sets a key, also by its old name or as the file of a secret', async () => {
    const settings = async (environment: Readonly<Record<string, string>>) => {
      const { plan, origin } = await planOf([lamp], { environment });
      return describePlan(plan, origin).match(/config .*/g);
    };

    expect(await settings({ LEVEL: '2' })).toEqual(['config    level  2 from environment variable LEVEL']);
    expect(await settings({ GLOW: '2' })).toEqual(['config    level  2 from environment variable GLOW']);
    expect(await settings({ KEY: 'hunter2' })).toEqual([
      'config    key    ‹secret› from environment variable KEY',
    ]);
  });

  it('shows a value that the manifest refers to as it is written', async () => {
    const note = { note: { doc: 'Note', format: String, default: '' } } as const;
    const { plan, origin } = await planOf([acme('lamp', { config: note })], {
      environment: { TOKEN: 'hunter2' },
      entries: { lamp: { config: { note: `Bearer \${env:TOKEN}` } } },
    });

    const told = describePlan(plan, origin);

    expect(plan.plugins[0]?.config).toEqual({ note: 'Bearer hunter2' });
    expect(told).toContain(`note  "Bearer \${env:TOKEN}" from The manifest`);
    expect(told).not.toContain('hunter2');
  });

  it('keeps a name with line breaks and control characters on its line', async () => {
    const { plan } = await planOf([], { tier: 'house\n\u001b[2J\u202e' });

    expect(describePlan(plan).split('\n')[0]).toBe(
      'The manifest: tier house\\u{a}\\u{1b}[2J\\u{202e}, 0 plugins on 0 levels, about 0 MiB',
    );
  });

  it('cuts long values', async () => {
    const words = { words: { doc: 'Words', format: 'list', default: [] } } as const;
    const { plan } = await planOf([acme('lamp', { config: words })], {
      entries: { lamp: { config: { words: ['w'.repeat(500)] } } },
    });

    expect(describePlan(plan)).toMatch(/config {2}words {2}\["w{58}… from manifest$/);
  });
});
