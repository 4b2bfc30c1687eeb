import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { errorOf } from '../plugins.test.support.js';
import { loadManifest } from './load-manifest.js';
import type { Manifest } from './manifest.js';

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'tiercel-manifest-'));
});

afterAll(async () => {
  await rm(folder, { recursive: true });
});

async function write(name: string, text: string): Promise<string> {
  const file = path.join(folder, name);
  await mkdir(path.dirname(file), { recursive: true });
  await writeFile(file, text);
  return file;
}

/** Problems with positions, without the folder. */
const problemsOf = ({ problems }: Manifest) =>
  problems.map(({ at, code, message }) =>
    `${at ? `${path.basename(at.file)}:${at.line}:${at.column}` : 'nowhere'} ${code} ${message}`.replaceAll(
      `${folder}${path.sep}`,
      '',
    ),
  );

const basenameOf = (position: ReturnType<Manifest['at']>) =>
  position && `${path.basename(position.file)}:${position.line}:${position.column}`;

describe('loadManifest, one file', () => {
  it('reads a file, and knows where its values stand', async () => {
    const file = await write('plain.yaml', 'tier: t\nplugins:\n  lamp: { config: { level: 3 } }\n');

    const manifest = await loadManifest(file);

    expect(manifest.problems).toEqual([]);
    expect(manifest.directory).toBe(folder);
    expect(basenameOf(manifest.at('plugins', 'lamp', 'config', 'level'))).toBe('plain.yaml:3:21');
  });

  it.each([
    ['a file that is not there', 'missing.yaml', 'there is no such file'],
    ['a directory', '.', 'it is a directory'],
    ['a device without an end', '/dev/zero', 'it is not a plain file'],
    ['a file as a folder', 'plain.yaml/inner.yaml', 'it cannot be opened (ENOTDIR)'],
  ])('refuses %s', async (_title, name, finding) => {
    await write('plain.yaml', 'tier: t\nplugins: {}\n');

    const error = await errorOf(() => loadManifest(path.resolve(folder, name)));

    expect(error).toMatchObject({ code: 'KERNEL_MANIFEST_UNREADABLE', details: { finding } });
  });

  it('refuses a file larger than any manifest, without reading it', async () => {
    const file = await write('huge.yaml', `# ${'x'.repeat(1_048_576)}`);

    const error = await errorOf(() => loadManifest(file));

    expect(error).toMatchObject({
      code: 'KERNEL_MANIFEST_UNREADABLE',
      details: { finding: 'it is larger than 1048576 bytes' },
    });
  });

  it('reads garbage as garbage, never as a crash', async () => {
    const file = await write('garbage.yaml', '\u0000\u0001\ufffd{]}\n\t- : ? |');

    const { problems } = await loadManifest(file);

    expect(problems.length).toBeGreaterThan(0);
    expect(new Set(problems.map(({ code }) => code))).toEqual(new Set(['KERNEL_YAML_INVALID']));
  });

  it('reports that an empty file is none', async () => {
    const file = await write('empty.yaml', '');

    expect(problemsOf(await loadManifest(file))).toEqual([
      'nowhere KERNEL_VALUE_WRONG tier is missing, and a text is expected.',
      'nowhere KERNEL_VALUE_WRONG plugins is missing, and a map of plugins is expected.',
    ]);
  });
});

describe('loadManifest, extends', () => {
  it('lays a chain of files over each other, nearest last', async () => {
    await write(
      'chain/far.yaml',
      'tier: far\ntitle: Far\nplugins:\n  a: { config: { x: 1, y: 1 } }\n  b:\n  c:\n',
    );
    await write(
      'chain/deep/middle.yaml',
      'extends: ../far.yaml\ntier: middle\nplugins:\n  a: { config: { y: 2 } }\n  b: null\n  d:\n',
    );
    const file = await write(
      'chain/near.yaml',
      'extends: deep/middle.yaml\ntier: near\nplugins:\n  c: { boot: degrade }\n  a: { config: { x: ~ } }\n',
    );

    const manifest = await loadManifest(file);

    expect(manifest.problems).toEqual([]);
    expect(manifest).toMatchObject({ tier: 'near', title: 'Far', directory: path.join(folder, 'chain') });
    expect([...manifest.plugins.keys()]).toEqual(['a', 'c', 'd']);
    expect(manifest.plugins.get('a')?.config).toEqual({ y: 2 });
    expect(manifest.plugins.get('c')?.boot).toBe('degrade');
  });

  it('finds each value in the file that has the last word on it', async () => {
    const manifest = await loadManifest(path.join(folder, 'chain/near.yaml'));

    expect(basenameOf(manifest.at('title'))).toBe('far.yaml:2:1');
    expect(basenameOf(manifest.at('tier'))).toBe('near.yaml:2:1');
    expect(basenameOf(manifest.at('plugins', 'a', 'config', 'y'))).toBe('middle.yaml:4:18');
    expect(basenameOf(manifest.at('plugins', 'd'))).toBe('middle.yaml:6:3');
    expect(basenameOf(manifest.at('plugins', 'c', 'boot'))).toBe('near.yaml:4:8');
  });

  it('takes a plugin away only for an explicit null, not for an empty line', async () => {
    await write('base.yaml', 'tier: base\nplugins:\n  a: { config: { x: 1 } }\n  b:\n');
    const file = await write('empty-lines.yaml', 'extends: base.yaml\nplugins:\n  a:\n  b: ~\n');

    const { plugins } = await loadManifest(file);

    expect([...plugins]).toEqual([['a', expect.objectContaining({ config: { x: 1 } })]]);
  });

  it('finds a base in a package, from the folder of the file that names it', async () => {
    await write(
      'node_modules/@acme/tiers/package.json',
      '{ "name": "@acme/tiers", "version": "1.0.0", "exports": { "./small.yaml": "./files/small.yaml" } }',
    );
    await write('node_modules/@acme/tiers/files/small.yaml', 'extends: smaller.yaml\nplugins: { b: }\n');
    await write('node_modules/@acme/tiers/files/smaller.yaml', 'tier: smaller\nplugins: { a: }\n');
    const file = await write('with-package.yaml', 'extends: "@acme/tiers/small.yaml"\n');

    const manifest = await loadManifest(file);

    expect(manifest.problems).toEqual([]);
    expect([...manifest.plugins.keys()]).toEqual(['a', 'b']);
    expect(manifest.directory).toBe(folder);
  });

  it.each([
    ['itself', 'self.yaml', 'it extends itself, directly or through others'],
    ['a file that is not there', 'nowhere.yaml', 'there is no such file'],
    ['a directory', '.', 'it is a directory'],
    ['a package that is not here', "'@acme/nothing/x.yaml'", 'no package here has such a file'],
    [
      'a file that its package does not show',
      "'@acme/tiers/files/small.yaml'",
      'no package here has such a file',
    ],
    ['a number', '5', 'it is not the name of a file'],
    ['a list', '[base.yaml]', 'it is not the name of a file'],
    ['null', '~', 'it is not the name of a file'],
    ['an empty text', "''", 'it is not the name of a file'],
  ])('reports extending %s, where it says so', async (_title, target, finding) => {
    const file = await write('self.yaml', `tier: t\nextends: ${target}\nplugins: {}\n`);

    const manifest = await loadManifest(file);

    expect(manifest.problems[0]).toMatchObject({
      code: 'KERNEL_EXTENDS_INVALID',
      message: expect.stringContaining(`cannot be used: ${finding}.`),
      at: { line: 2, column: 1 },
    });
    expect(manifest.problems[0]?.message).not.toContain('Symbol');
  });

  it('reports a circle of files, at the line that closes it', async () => {
    await write('round/b.yaml', 'extends: c.yaml\n');
    await write('round/c.yaml', '\nextends: a.yaml\n');
    const file = await write('round/a.yaml', 'extends: b.yaml\ntier: t\nplugins: {}\n');

    expect(problemsOf(await loadManifest(file))).toEqual([
      'c.yaml:2:1 KERNEL_EXTENDS_INVALID extends: a.yaml cannot be used: it extends itself, directly or through others.',
    ]);
  });

  it('bounds the length of a chain', async () => {
    for (let index = 0; index < 20; index++) {
      await write(`long/${index}.yaml`, `extends: ${index + 1}.yaml\ntier: t\nplugins: {}\n`);
    }

    expect(problemsOf(await loadManifest(path.join(folder, 'long/0.yaml')))).toEqual([
      '15.yaml:1:1 KERNEL_EXTENDS_INVALID extends: 16.yaml cannot be used: more than 16 manifests extend each other.',
    ]);
  });

  it('reports broken YAML of a base in that file, and nothing that follows from it', async () => {
    await write('broken.yaml', 'tier: t\nplugins: [\n');
    const file = await write('on-broken.yaml', 'extends: broken.yaml\n');

    const problems = problemsOf(await loadManifest(file));

    expect(problems).toHaveLength(1);
    expect(problems[0]).toMatch(/^broken\.yaml:3:1 KERNEL_YAML_INVALID /);
  });
});

describe('loadManifest, data and overlay', () => {
  it('reads data like a file', async () => {
    const manifest = await loadManifest(
      { tier: 't', plugins: { lamp: { config: { level: 3 } }, log: null }, bind: { light: 'lamp' } },
      { directory: folder },
    );

    expect(manifest).toMatchObject({ source: 'The manifest', directory: folder, tier: 't', problems: [] });
    expect([...manifest.plugins.keys()]).toEqual(['lamp', 'log']);
    expect(manifest.at('plugins', 'lamp')).toEqual({ file: 'The manifest', line: 0, column: 0 });
  });

  it('lets data extend a file', async () => {
    await write('base.yaml', 'tier: base\nplugins:\n  a: { config: { x: 1 } }\n  b:\n');

    const manifest = await loadManifest(
      { extends: './base.yaml', tier: 't', plugins: { b: null, c: {} } },
      { directory: folder },
    );

    expect(manifest.problems).toEqual([]);
    expect([...manifest.plugins.keys()]).toEqual(['a', 'c']);
  });

  it('lays an overlay on top of everything', async () => {
    const manifest = await loadManifest(path.join(folder, 'chain/near.yaml'), {
      overlay: { tier: 'mine', plugins: { a: { config: { y: 9 } }, d: null, e: {} } },
    });

    expect(manifest.tier).toBe('mine');
    expect([...manifest.plugins.keys()]).toEqual(['a', 'c', 'e']);
    expect(manifest.plugins.get('a')?.config).toEqual({ y: 9 });
    expect(manifest.at('plugins', 'a', 'config', 'y')?.file).toBe('The overlay');
  });

  it('reports an overlay that wants to extend something', async () => {
    const manifest = await loadManifest({ tier: 't', plugins: {} }, { overlay: { extends: 'other.yaml' } });

    expect(problemsOf(manifest)).toEqual([
      'The overlay:0:0 KERNEL_EXTENDS_INVALID extends: "other.yaml" cannot be used: an overlay extends nothing but its manifest.',
    ]);
  });

  it('is harmed by no key of data', async () => {
    const data = JSON.parse(
      '{"tier":"t","plugins":{"__proto__":{"boot":"degrade"},"constructor":{"config":{"__proto__":{"p":1}}}}}',
    );

    const manifest = await loadManifest(data, { overlay: JSON.parse('{"__proto__":{"tier":"hacked"}}') });

    expect(manifest.tier).toBe('t');
    expect([...manifest.plugins.keys()]).toEqual(['__proto__', 'constructor']);
    expect(manifest.problems.map(({ code }) => code)).toEqual(['KERNEL_KEY_UNKNOWN']);
    expect(Reflect.get({}, 'p')).toBeUndefined();
  });
});
