import { describe, expect, it } from '@jest/globals';
import { declarationOf, planManifest, pluginFileOf } from '@tiercel/kernel';
import { planJson } from './plan-json.js';
import { acme, capability, planOf } from './plans.test.support.js';

const config = {
  level: { doc: 'Level', format: 'nat', default: 1, env: 'LEVEL' },
  key: { doc: 'Key', format: String, default: '', env: 'KEY', sensitive: true },
} as const;
const lamp = acme('lamp', { provides: ['light'], config, needs: { memoryMiB: 200 } });
const door = acme('door', { requires: { light: capability('light') } });

describe('planJson', () => {
  it('holds the whole plan as data, without secrets', async () => {
    const { plan, origin } = await planOf([door, lamp], { environment: { KEY: 'hunter2', LEVEL: '2' } });

    const json = JSON.parse(JSON.stringify(planJson(plan, origin)));

    expect(JSON.stringify(json)).not.toContain('hunter2');
    expect(json).toMatchObject({
      tier: 'house',
      isSound: true,
      plugins: [
        {
          plugin: 'lamp',
          package: '@acme/lamp',
          source: 'given',
          level: 0,
          placement: 'inline',
          boot: 'required',
          memoryMiB: 200,
          provides: ['light'],
          serves: [{ plugin: 'door', capability: 'light' }],
          config: [
            { key: 'level', value: 2, source: 'environment', from: 'environment variable LEVEL' },
            { key: 'key', source: 'environment', isSecret: true },
          ],
        },
        { plugin: 'door', requires: [{ capability: 'light', kind: 'one', from: ['lamp'] }] },
      ],
      bindings: { light: ['lamp'] },
      problems: [],
    });
  });

  it('tells problems and what they leave of the plan', async () => {
    const { plan, origin } = await planOf([door]);

    expect(planJson(plan, origin)).toMatchObject({
      isSound: false,
      plugins: [{ plugin: 'door', requires: [{ from: [] }] }],
      problems: [{ code: 'KERNEL_CAPABILITY_MISSING' }],
    });
  });

  it('tells what to install, with the command', async () => {
    const { plan, input } = await planManifest({
      manifest: { tier: 'far', plugins: { lamp: { use: '@acme/lamp' } } },
      catalogue: { '@acme/lamp': pluginFileOf(declarationOf(lamp)) },
      environment: {},
      directory: '/nowhere',
    });

    expect(planJson(plan, input)).toMatchObject({
      isSound: true,
      plugins: [{ source: 'catalogue' }],
      install: [{ package: '@acme/lamp', version: '1.0.0' }],
      installCommand: 'npm install --save-exact @acme/lamp@1.0.0',
    });
  });
});
