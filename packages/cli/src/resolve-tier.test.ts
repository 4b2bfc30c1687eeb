import { describe, expect, it } from '@jest/globals';
import type { Machine } from '@tiercel/kernel';
import { tierPath } from '@tiercel/tiers';
import { FakeTerminal } from './fake-terminal.js';
import { resolveTier } from './resolve-tier.js';

const inEnvironment = (environment: Readonly<Record<string, string>> = {}) =>
  new FakeTerminal({ environment });
const machine = (cores: number, memoryMiB: number) => (): Machine => ({ cores, memoryMiB, accelerators: [] });

describe('resolveTier', () => {
  it('takes mid where nobody says anything, whatever the machine', () => {
    const terminal = inEnvironment();

    expect(resolveTier(undefined, terminal, machine(1, 512))).toBe(tierPath('mid'));
    expect(terminal.noted).toBe('');
  });

  it('takes the command line before the manifest of the environment, and that before the role', () => {
    const environment = { TIERCEL_MANIFEST: './mine.yaml', NODE_ROLE: 'core' };

    expect(resolveTier('edge', inEnvironment(environment))).toBe(tierPath('edge'));
    expect(resolveTier(undefined, inEnvironment(environment))).toBe('./mine.yaml');
    expect(resolveTier(undefined, inEnvironment({ NODE_ROLE: 'core' }))).toBe(tierPath('core'));
  });

  it.each([
    [
      machine(2, 24_000),
      'mid',
      'tier mid: 24,000 MiB of memory are enough for it; with 2 cores instead of 8 long answers take their time.\n',
    ],
    [
      machine(4, 7_900),
      'edge',
      'tier edge: 7,900 MiB of memory are too few for mid, which is made for 16,384; RUN_LOCAL_LLM=true adds a language model all the same.\n',
    ],
  ])('measures where it is asked to, and says on one line what it chose', (measure, tier, sentence) => {
    const [named, role] = [inEnvironment(), inEnvironment({ NODE_ROLE: 'auto' })];

    expect(resolveTier('auto', named, measure)).toBe(tierPath(tier));
    expect(resolveTier(undefined, role, measure)).toBe(tierPath(tier));
    expect([named.noted, role.noted]).toEqual([sentence, sentence]);
  });

  it('takes what looks like a path for one', () => {
    expect(resolveTier('some/tier.yaml', inEnvironment())).toBe('some/tier.yaml');
  });

  it('names the tiers there are when it is given another', () => {
    expect(() => resolveTier('huge', inEnvironment())).toThrow(
      expect.objectContaining({
        code: 'CLI_TIER_UNKNOWN',
        message: expect.stringContaining('edge, mid, core, auto'),
      }),
    );
  });

  it.each(['huge', 'EDGE', './mine.yaml', '../core'])('refuses the role %s', (role) => {
    expect(() => resolveTier(undefined, inEnvironment({ NODE_ROLE: role }))).toThrow(
      expect.objectContaining({
        code: 'CLI_VARIABLE_WRONG',
        message: expect.stringMatching(/NODE_ROLE is .*edge, mid, core or auto/),
      }),
    );
  });

  it('takes an empty role or manifest for none', () => {
    const terminal = inEnvironment({ NODE_ROLE: '', NODE_TIER: ' ', TIERCEL_MANIFEST: '' });

    expect(resolveTier(undefined, terminal)).toBe(tierPath('mid'));
    expect(terminal.noted).toBe('');
  });

  it('knows the role by its old name, with a warning; the new one wins', () => {
    const [old, both] = [
      inEnvironment({ NODE_TIER: 'edge' }),
      inEnvironment({ NODE_TIER: 'edge', NODE_ROLE: 'core' }),
    ];

    expect(resolveTier(undefined, old)).toBe(tierPath('edge'));
    expect(resolveTier(undefined, both)).toBe(tierPath('core'));
    const warning = 'warning: Environment variable NODE_TIER is now called NODE_ROLE.\n';
    expect([old.noted, both.noted]).toEqual([warning, warning]);
    expect(() => resolveTier(undefined, inEnvironment({ NODE_TIER: 'huge' }))).toThrow(/NODE_TIER is "huge"/);
  });
});
