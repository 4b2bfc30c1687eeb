import { describe, expect, it } from '@jest/globals';
import { nearest } from '../nearest.js';
import { formatProblems } from './problem.js';
import { problem } from './problems.js';

describe('formatProblems', () => {
  it('writes a paragraph per problem: where, what, how it got there, who is out, and the fix', () => {
    const missing = problem(
      'KERNEL_CAPABILITY_MISSING',
      { capability: 'clock', wantedBy: 'Plugin alarm' },
      {
        at: { file: 'tier.yaml', line: 4, column: 3 },
        chain: ['requires: alarm', 'alarm'],
        excluded: [{ plugin: 'sun-dial', why: 'its "when: SUN" does not hold' }],
      },
    );
    const bare = problem('KERNEL_PLACEMENT_UNKNOWN', { plugin: 'alarm', placement: 'process' });

    expect(formatProblems('tier.yaml', [missing, bare])).toBe(
      [
        'tier.yaml has 2 problems.',
        'tier.yaml:4:3 KERNEL_CAPABILITY_MISSING',
        '  Plugin alarm needs clock, and no listed plugin provides it.',
        '  needed by requires: alarm → alarm',
        '  not sun-dial: its "when: SUN" does not hold',
        '  Fix: Add a plugin that provides clock to "plugins".',
        'KERNEL_PLACEMENT_UNKNOWN',
        '  Plugin alarm asks for placement "process", and the package @tiercel/placement-process is not installed.',
        '  Fix: Run "npm install @tiercel/placement-process", or remove "placement", so that it runs inline.',
      ].join('\n'),
    );
  });

  it('names what has no lines without inventing any', () => {
    const found = problem(
      'KERNEL_PLACEMENT_UNKNOWN',
      { plugin: 'alarm', placement: 'process' },
      { at: { file: 'The overlay', line: 0, column: 0 } },
    );

    expect(formatProblems('tier.yaml', [found]).split('\n').slice(0, 2)).toEqual([
      'tier.yaml has 1 problem.',
      'The overlay KERNEL_PLACEMENT_UNKNOWN',
    ]);
  });
});

describe('nearest', () => {
  it.each([
    ['verion', 'version'],
    ['vesrion', 'version'],
    ['versionn', 'version'],
    ['plugin', 'plugins'],
    ['placment', 'placement'],
  ])('takes "%s" for a slip of "%s"', (word, meant) => {
    expect(nearest(word, ['use', 'version', 'plugins', 'placement'])).toBe(meant);
  });

  it('prefers the closest word, and the first of equals', () => {
    expect(nearest('bat', ['boat', 'cat', 'rat'])).toBe('boat');
    expect(nearest('cat', ['boat', 'cat', 'rat'])).toBe('cat');
  });

  it('stays silent when nothing is close', () => {
    expect(nearest('telescope', ['use', 'version'])).toBeUndefined();
    expect(nearest('x', [])).toBeUndefined();
  });
});
