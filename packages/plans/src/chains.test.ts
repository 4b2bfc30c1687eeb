import { describe, expect, it } from '@jest/globals';
import { chainsOf } from './chains.js';
import { acme, capability, planOf } from './plans.test.support.js';

describe('chainsOf', () => {
  it('leads from a promise to each plugin that it needs, the shortest way', async () => {
    const { plan } = await planOf(
      [
        acme('log', { provides: ['log'] }),
        acme('lamp', { provides: ['light'], requires: { log: capability('log') } }),
        acme('door', { provides: ['door'], requires: { light: capability('light') } }),
        acme('bell', { provides: ['bell'] }),
      ],
      { requires: ['door@^1', 'light'] },
    );

    expect(Object.fromEntries(chainsOf(plan))).toEqual({
      door: ['requires: door@^1', 'door'],
      lamp: ['requires: light', 'lamp'],
      log: ['requires: light', 'lamp', 'log'],
    });
  });

  it('ends in a circle', async () => {
    const { plan } = await planOf(
      [
        acme('hen', { provides: ['hen'], requires: { egg: capability('egg') } }),
        acme('egg', { provides: ['egg'], requires: { hen: capability('hen') } }),
      ],
      { requires: ['hen'] },
    );

    expect(chainsOf(plan).get('egg')).toEqual(['requires: hen', 'hen', 'egg']);
  });
});
