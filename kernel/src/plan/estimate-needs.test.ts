import { describe, expect, it } from '@jest/globals';
import { definePlugin } from '../plugin/plugin.js';
import { type PlanOptions, planManifest } from './plan-manifest.js';

const model = definePlugin({
  name: '@acme/model',
  version: '1.0.0',
  provides: {},
  config: {
    file: { doc: 'Its file', format: String, default: 'small' },
    count: { doc: 'How many', format: 'nat', default: 2 },
  },
  needs: { memoryMiB: 100, cores: 1, estimate: { by: 'weight', from: { path: 'file', times: 'count' } } },
  setup: () => ({}),
});

async function planOf(estimators: PlanOptions['estimators'], device = { memoryMiB: 1_000, cores: 2 }) {
  const entry = { use: '@acme/model', config: { file: 'large' } };
  const { plan } = await planManifest({
    manifest: { tier: 't', device, plugins: { model: entry } },
    plugins: [model],
    estimators,
    machine: null,
  });
  return plan;
}

describe('needs that configuration decides', () => {
  it('are worked out from the values that the plugin names, by whoever it names', async () => {
    const asked: unknown[] = [];

    const plan = await planOf({
      weight: async (values) => {
        asked.push(values);
        return { memoryMiB: 700 };
      },
    });

    expect(asked).toEqual([{ path: 'large', times: 2 }]);
    expect(plan.plugins[0]?.needs).toMatchObject({ memoryMiB: 700, cores: 1 });
    expect(plan.memoryMiB).toBe(700);
    expect(plan.plugins[0]?.declaration.needs.memoryMiB).toBe(100);
  });

  it('are a problem of the plan where they are more than there is', async () => {
    const plan = await planOf({ weight: async () => ({ memoryMiB: 5_000 }) });

    expect(plan.problems).toMatchObject([{ code: 'KERNEL_DEVICE_TOO_SMALL' }]);
    expect(plan.problems[0]?.message).toContain('4,050 MiB too little');
  });

  it.each([
    ['nobody works them out', undefined],
    ['nobody of that name does', { other: async () => ({ memoryMiB: 700 }) }],
    ['it cannot be told', { weight: async () => undefined }],
    [
      'it fails',
      {
        weight: async () => {
          throw new Error('no such file');
        },
      },
    ],
  ])('are as declared where %s', async (_case, estimators) => {
    const plan = await planOf(estimators);

    expect([plan.memoryMiB, plan.problems]).toEqual([100, []]);
  });
});
