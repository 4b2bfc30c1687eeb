import { describe, expect, it } from '@jest/globals';
import { describeFit } from './fit.js';
import { acme } from './plans.test.support.js';
import { readPlan } from './read-plan.js';

const hungry = acme('hungry', { needs: { memoryMiB: 4000, cores: 4, accelerator: 'cuda' } });
const machine = { cores: 2, memoryMiB: 2048, accelerators: [] };

describe('describeFit', () => {
  it('says by how much each resource is too small, and for whom', async () => {
    const { plan } = await readPlan({
      manifest: { tier: 't', plugins: { hungry: { use: '@acme/hungry' } } },
      plugins: [hungry],
      environment: {},
      machine,
    });

    expect(describeFit(plan)).toEqual([
      '  memory       needs 4,050 of 2,048 MiB of the machine, 2,002 too little (most: hungry 4,000, the kernel 50)',
      '  cores        needs 4 of 2 cores of the machine, 2 too little (most: hungry 4)',
      '  accelerator  the machine has none of the kind that hungry needs',
    ]);
  });

  it('is silent where nothing is declared and no machine is known', async () => {
    const { plan } = await readPlan({
      manifest: { tier: 't', plugins: { hungry: { use: '@acme/hungry' } } },
      plugins: [hungry],
      environment: {},
      machine: null,
    });

    expect(describeFit(plan)).toEqual([]);
  });
});
