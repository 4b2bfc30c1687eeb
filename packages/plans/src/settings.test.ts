// biome-ignore-all lint/suspicious/noTemplateCurlyInString: this is how a manifest refers to something
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { lockOf } from './lock/lock-of.js';
import { acme } from './plans.test.support.js';
import { readPlan } from './read-plan.js';
import { isReference, settingsOf, showSetting } from './settings.js';

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(path.join(tmpdir(), 'tiercel-plans-'));
});
afterEach(() => rm(directory, { recursive: true }));

/** Plans a lamp with one open key, `note`, that the manifest sets. */
async function withNote(note: string) {
  const config = { note: { doc: 'Note', format: String, default: '' } } as const;
  const { plan, origin } = await readPlan({
    manifest: { tier: 't', plugins: { lamp: { use: '@acme/lamp', config: { note } } } },
    plugins: [acme('lamp', { config })],
    environment: { NAME: 'value' },
    directory,
    machine: null,
  });
  const lock = await lockOf(plan, origin);
  const [setting] = plan.plugins.flatMap((planned) => settingsOf(planned, origin));
  return { setting, shown: setting && showSetting(setting), locked: lock.plugins['lamp']?.config };
}

describe('settingsOf', () => {
  it('keeps the content of a file secret, also in a key that is not marked', async () => {
    await writeFile(path.join(directory, 'note.txt'), 'hunter2');

    const { setting, shown, locked } = await withNote('see ${file:note.txt}');

    expect(setting).toEqual({ key: 'note', source: 'file', from: 'The manifest', isSecret: true });
    expect([shown, locked]).toEqual(['‹secret›', {}]);
  });

  it('shows what is written, not what a variable holds', async () => {
    expect((await withNote('is ${env:NAME}')).shown).toBe('"is ${env:NAME}"');
  });

  it('shows a value that only looks like a reference as the plugin gets it', async () => {
    expect((await withNote('is $${env:NAME}')).shown).toBe('"is ${env:NAME}"');
    expect((await withNote('is {env:NAME}')).shown).toBe('"is {env:NAME}"');
  });
});

describe('isReference', () => {
  it.each([
    ['${env:NAME}', true],
    [['a', { b: 'x${file:./f}y' }], true],
    ['${env:A:-b}', true],
    ['$${env:NAME}', false],
    ['$${env:NAME} ${env:NAME}', true],
    ['${other:NAME}', false],
    [5, false],
    [null, false],
    [undefined, false],
  ])('of %j is %j', (written, expected) => {
    expect(isReference(written)).toBe(expected);
  });
});
