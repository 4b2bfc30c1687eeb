import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { acme, type House, planOf } from '../plans.test.support.js';
import type { ArtifactRef } from './artifacts-of.js';
import { formatLock } from './format-lock.js';
import type { Lock } from './lock.js';
import { lockOf } from './lock-of.js';
import { parseLock } from './parse-lock.js';

const config = {
  level: { doc: 'Level', format: 'nat', default: 1, env: 'LEVEL' },
  model: { doc: 'Model', format: String, default: 'tiny', names: 'model' },
  key: { doc: 'Key', format: String, default: '', env: 'KEY', sensitive: true },
} as const;
const lamp = acme('lamp', { provides: ['light'], config });
const digest = 'a'.repeat(64);

async function locked(house: House = {}): Promise<Lock> {
  const { plan, origin } = await planOf([lamp], house);
  return await lockOf(plan, origin);
}

describe('lockOf', () => {
  it('holds plugins with versions and placement, conditions, bindings and set keys', async () => {
    const lock = await locked({
      entries: {
        lamp: { config: { level: 4 }, when: 'DARK', boot: 'degrade' },
        torch: { use: '@acme/torch', when: 'WINDY' },
      },
      environment: { DARK: 'yes' },
    });

    const hexDigits = expect.stringMatching(/^[0-9a-f]{64}$/);
    expect(lock).toEqual({
      lockVersion: 1,
      tier: 'house',
      manifestSha256: hexDigits,
      plugins: {
        lamp: {
          package: '@acme/lamp',
          version: '1.0.0',
          declarationSha256: hexDigits,
          placement: 'inline',
          boot: 'degrade',
          when: 'DARK',
          config: { level: hexDigits },
          artifacts: { model: { name: 'tiny', files: {} } },
        },
      },
      skipped: { torch: 'WINDY' },
      bindings: { light: ['lamp'] },
      memoryMiB: 0,
    });
  });

  it('asks for the files behind a name that a key declares to be one', async () => {
    const { plan, origin } = await planOf([lamp], { entries: { lamp: { config: { model: 'large' } } } });
    const asked: ArtifactRef[] = [];

    const lock = await lockOf(plan, origin, {
      resolveArtifact: async (artifact) => {
        asked.push(artifact);
        return { 'model.bin': digest };
      },
    });

    expect(asked).toEqual([{ plugin: 'lamp', key: 'model', kind: 'model', name: 'large' }]);
    expect(lock.plugins['lamp']?.artifacts).toEqual({
      model: { name: 'large', files: { 'model.bin': digest } },
    });
  });

  it('is the same whatever a secret is, wherever it comes from', async () => {
    const fromManifest = (key: string) => locked({ entries: { lamp: { config: { key } } } });
    const fromVariable = (key: string) => locked({ environment: { KEY: key } });

    expect(await fromManifest('hunter2')).toEqual(await fromManifest('other'));
    expect(await fromVariable('hunter2')).toEqual(await fromVariable('other'));
  });

  it('is the same whatever a variable holds that the manifest refers to', async () => {
    const withLevel = (level: string) =>
      locked({ entries: { lamp: { config: { level: `\${env:OTHER}` } } }, environment: { OTHER: level } });

    expect(await withLevel('2')).toEqual(await withLevel('3'));
    expect(await withLevel('2')).not.toEqual(await locked());
  });

  it('is different where the variable of a key is', async () => {
    expect(await locked({ environment: { LEVEL: '2' } })).not.toEqual(await locked());
  });

  it('sees a change of the manifest that decides nothing', async () => {
    const [one, other] = [await locked(), await locked({ title: 'A house' })];

    expect(one.manifestSha256).not.toBe(other.manifestSha256);
    expect({ ...one, manifestSha256: '' }).toEqual({ ...other, manifestSha256: '' });
  });

  it('leaves out values of a plugin of which nobody knows what is secret', async () => {
    const house = (key: string): House => ({
      entries: { mystery: { use: '@other/mystery', when: false, config: { key } } },
    });

    expect(await locked(house('hunter2'))).toEqual(await locked(house('other')));
  });
});

describe('a lock file', () => {
  it('is read as it was written', async () => {
    const lock = await locked({ entries: { lamp: { config: { level: 4 }, when: true } } });

    expect(parseLock(formatLock(lock))).toEqual(lock);
    expect(parseLock(JSON.stringify(lock))).toEqual(lock);
  });

  it('keeps every name', async () => {
    const whole = await locked();
    const [plugin] = Object.values(whole.plugins);

    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), fc.string({ unit: 'grapheme' }), (key, name) => {
        const lock = {
          ...whole,
          tier: name,
          plugins: Object.fromEntries([[key, { ...plugin, when: name }]]),
          skipped: Object.fromEntries([[name, key]]),
          bindings: Object.fromEntries([[name, [key]]]),
        } as Lock;

        expect(parseLock(formatLock(lock))).toEqual(lock);
      }),
      {
        examples: [
          ['__proto__', 'constructor'],
          ['null', '~'],
          ['a: b', '# c'],
          ['7', 'yes'],
        ],
      },
    );
  });

  it('is refused with everything that is wrong with it', () => {
    const text = [
      'lockVersion: 1',
      'tier: 5',
      `manifestSha256: ${'A'.repeat(64)}`,
      'plugins: { lamp: { package: p, boot: maybe, colour: red, config: 5, artifacts: { model: { name: m, files: [] } } } }',
      'bindings: { light: lamp }',
      'memoryMiB: -1',
    ].join('\n');

    expect(() => parseLock(text, 'tier.lock')).toThrow(
      expect.objectContaining({
        code: 'PLANS_LOCK_INVALID',
        details: {
          source: 'tier.lock',
          findings: [
            'memoryMiB is not a number from 0',
            'tier is not a text',
            'manifestSha256 is not 64 hex digits',
            'plugins.lamp.colour is not known',
            'plugins.lamp.boot is not required or degrade',
            'plugins.lamp.version is not a text',
            'plugins.lamp.declarationSha256 is not 64 hex digits',
            'plugins.lamp.placement is not a text',
            'plugins.lamp.config is not a map',
            'plugins.lamp.artifacts.model.files is not a map',
            'skipped is not a map',
            'bindings.light is not a list of texts',
          ],
        },
      }),
    );
  });

  it.each(['', '[', '5', '[1]', 'a: 1', 'lockVersion: one', 'x: &a [1]\ny: *a'])('is not %j', (text) => {
    expect(() => parseLock(text)).toThrow(expect.objectContaining({ code: 'PLANS_LOCK_INVALID' }));
  });

  it('of a later version is told apart from a broken one', () => {
    expect(() => parseLock('lockVersion: 2', 'tier.lock')).toThrow(
      expect.objectContaining({
        code: 'PLANS_LOCK_TOO_NEW',
        message: expect.stringContaining('tier.lock has format version 2, and this Tiercel reads version 1'),
      }),
    );
  });
});
