import { describe, expect, it } from '@jest/globals';
import { tierPath } from '@tiercel/tiers';
import { resolveTier } from './resolve-tier.js';

describe('resolveTier', () => {
  it('takes mid where nobody says anything', () => {
    expect(resolveTier(undefined, { environment: {} })).toBe(tierPath('mid'));
    expect(resolveTier(undefined, { environment: { NODE_ROLE: 'auto' } })).toBe(tierPath('mid'));
  });

  it('takes the command line before the manifest of the environment, and that before the role', () => {
    const environment = { TIERCEL_MANIFEST: './mine.yaml', NODE_ROLE: 'core' };

    expect(resolveTier('edge', { environment })).toBe(tierPath('edge'));
    expect(resolveTier(undefined, { environment })).toBe('./mine.yaml');
    expect(resolveTier(undefined, { environment: { NODE_ROLE: 'core' } })).toBe(tierPath('core'));
  });

  it('takes what looks like a path for one', () => {
    expect(resolveTier('some/tier.yaml', { environment: {} })).toBe('some/tier.yaml');
  });

  it('names the tiers there are when it is given another', () => {
    expect(() => resolveTier('huge', { environment: {} })).toThrow(
      expect.objectContaining({
        code: 'CLI_TIER_UNKNOWN',
        message: expect.stringContaining('edge, mid, core'),
      }),
    );
  });

  it.each(['huge', 'EDGE', './mine.yaml', '../core'])('refuses the role %s', (role) => {
    expect(() => resolveTier(undefined, { environment: { NODE_ROLE: role } })).toThrow(
      expect.objectContaining({
        code: 'CLI_VARIABLE_WRONG',
        message: expect.stringMatching(/NODE_ROLE is .*edge, mid, core or auto/),
      }),
    );
  });

  it('takes an empty role or manifest for none', () => {
    expect(resolveTier(undefined, { environment: { NODE_ROLE: '', TIERCEL_MANIFEST: '' } })).toBe(
      tierPath('mid'),
    );
  });
});
