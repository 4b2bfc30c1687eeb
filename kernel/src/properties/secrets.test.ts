import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { plan } from '../plan/plan.js';
import { formatProblems } from '../plan/problem.js';
import { definePlugin } from '../plugin/plugin.js';
import { found, manifestOf } from '../plugins.test.support.js';
import { formatSamples } from './values.test.support.js';

/** A secret with something in front that YAML or a format may take for a sign of its own. */
const secrets = fc
  .constantFrom(
    '',
    '*',
    '&',
    '!',
    '!!',
    '|',
    '>',
    '@',
    '%',
    '#',
    '- ',
    '? ',
    '"',
    "'",
    '{',
    '[',
    'a: ',
    '${',
    '7',
  )
  .map((sign) => `${sign}hunter2`);

/** Says a secret in one place; the key that it is meant for has every format in turn. */
const places: Readonly<
  Record<
    string,
    (secret: string) => { readonly yaml?: string; readonly environment?: Record<string, string> }
  >
> = {
  'as it is in the manifest': (secret) => ({ yaml: secret }),
  'in quotes in the manifest': (secret) => ({ yaml: JSON.stringify(secret) }),
  'in a list': (secret) => ({ yaml: `[${JSON.stringify(secret)}, 5]` }),
  'in a map': (secret) => ({ yaml: `{ a: ${JSON.stringify(secret)} }` }),
  'beside a reference to nothing': (secret) => ({ yaml: JSON.stringify(`${secret} \${env:NOBODY}`) }),
  'in a file that the manifest names': () => ({ yaml: `'\${file:/run/secret}'` }),
  'in its variable': (secret) => ({ environment: { API_KEY: secret } }),
  'in an old variable': (secret) => ({ environment: { OLD_KEY: secret } }),
  'in two old variables that differ': (secret) => ({
    environment: { OLD_KEY: secret, OLDER_KEY: `${secret}x` },
  }),
  'in a file that its variable names': () => ({ environment: { API_KEY_FILE: '/run/secret' } }),
  'in its variable and in a file': (secret) => ({
    environment: { API_KEY: secret, API_KEY_FILE: '/run/secret' },
  }),
};

describe('a secret, wherever it stands and whatever is wrong with it', () => {
  it.each(Object.entries(places))('is in no text of the plan when it stands %s', (_place, write) => {
    let problemCount = 0;
    fc.assert(
      fc.property(secrets, fc.constantFrom(...formatSamples), fc.boolean(), (secret, samples, isMarked) => {
        const { yaml, environment = {} } = write(secret);
        const { format, min, max, good } = samples;
        const plugin = definePlugin({
          name: '@acme/lamp',
          version: '1.0.0',
          provides: {},
          config: {
            key: {
              doc: 'Credential',
              format: format as StringConstructor,
              default: good[0]?.[0] as string,
              env: 'API_KEY',
              aliases: ['OLD_KEY', 'OLDER_KEY'],
              // What comes from a file of the manifest is a secret, marked or not.
              sensitive: isMarked || yaml?.includes('file:') !== true,
              ...(min !== undefined && { min }),
              ...(max !== undefined && { max }),
            },
          },
          setup: () => ({}),
        });
        const manifest = manifestOf(`tier: t\nplugins:\n  lamp:\n    config:\n      key: ${yaml ?? ''}\n`);

        const { problems, warnings } = plan({
          manifest,
          plugins: new Map([['lamp', found(plugin)]]),
          environment,
          files: new Map([['/run/secret', { text: secret }]]),
        });

        problemCount += problems.length;
        expect([...warnings, formatProblems('tier.yaml', problems)].join('\n')).not.toContain('hunter2');
      }),
      { numRuns: 300 },
    );
    expect(problemCount).toBeGreaterThan(100);
  });
});
