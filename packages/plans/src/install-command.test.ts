import { describe, expect, it } from '@jest/globals';
import { declarationOf, pluginFileOf } from '@tiercel/kernel';
import { installCommand, missingPackages } from './install-command.js';
import { acme } from './plans.test.support.js';
import { readPlan } from './read-plan.js';

const catalogue = {
  '@acme/lamp': pluginFileOf(declarationOf(acme('lamp', { version: '1.2.3' }))),
  '@acme/door': pluginFileOf(declarationOf(acme('door', { version: '2.0.0' }))),
};

async function commandFor(plugins: Parameters<typeof readPlan>[0]['manifest'] & object) {
  const { plan, origin } = await readPlan({
    manifest: plugins,
    catalogue,
    environment: {},
    directory: '/nowhere',
  });
  return installCommand(missingPackages(plan, origin));
}

describe('installCommand', () => {
  it('installs everything that is missing, exactly and at once', async () => {
    const plugins = { lamp: { use: '@acme/lamp' }, door: { use: '@acme/door' } };

    expect(await commandFor({ tier: 'far', plugins })).toBe(
      'npm install --save-exact @acme/lamp@1.2.3 @acme/door@2.0.0',
    );
  });

  it('names a package once, however many entries use it', async () => {
    const plugins = { left: { use: '@acme/lamp' }, right: { use: '@acme/lamp' } };

    expect(await commandFor({ tier: 'far', plugins })).toBe('npm install --save-exact @acme/lamp@1.2.3');
  });

  it('takes the version of the manifest for what no catalogue knows, safe for a shell', async () => {
    const plugins = { bell: { use: '@other/bell', version: '>=2 <4' }, horn: { use: '@other/horn' } };

    expect(await commandFor({ tier: 'far', plugins })).toBe(
      `npm install --save-exact '@other/bell@>=2 <4' @other/horn`,
    );
  });

  it('leaves out what is no package, does not start, or looks like a slip of the pen', async () => {
    const plugins = {
      file: { use: './plugin.js' },
      sleeping: { use: '@other/sleeping', when: false },
      lmap: { use: '@acme/lmap' },
    };

    expect(await commandFor({ tier: 'far', plugins })).toBeUndefined();
  });

  it('installs the placement that a plugin asks for', async () => {
    const { plan, origin } = await readPlan({
      manifest: { tier: 'far', plugins: { lamp: { use: '@acme/lamp', placement: 'process' } } },
      catalogue,
      environment: {},
      directory: '/nowhere',
    });

    // Here it is installed, as part of this project.
    const missing = missingPackages({ ...plan, placements: new Map() }, origin);

    expect(missing.map((each) => each.package)).toEqual(['@acme/lamp', '@tiercel/placement-process']);
  });
});
