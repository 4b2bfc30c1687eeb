import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { DEFAULT_HOSTS } from '../pull/allowed-url.js';
import { parseCatalogue } from './parse-catalogue.js';
import { readCatalogue } from './read-catalogue.js';

const options = { file: 'catalogue.yaml', hosts: DEFAULT_HOSTS, taken: new Set(['whisper-base']) };
const sha256 = 'a'.repeat(64);
const revision = 'b'.repeat(40);

function voice(changes: Readonly<Record<string, unknown>> = {}): Record<string, unknown> {
  return {
    kind: 'text-to-speech',
    licence: 'CC0-1.0',
    roles: { model: 'model.onnx', tokens: 'tokens.txt', dataDir: 'espeak-ng-data' },
    files: [
      {
        path: 'model.onnx',
        sizeBytes: 1,
        sha256,
        url: `https://huggingface.co/a/b/resolve/${revision}/model.onnx`,
      },
      { path: 'tokens.txt', sizeBytes: 1, sha256 },
      { path: 'espeak-ng-data/lang/gmw/en', sizeBytes: 1, sha256 },
    ],
    ...changes,
  };
}

function problemsOf(value: unknown): readonly unknown[] {
  try {
    parseCatalogue(value, options);
    return [];
  } catch (error) {
    return (error as { details: { problems: readonly unknown[] } }).details.problems;
  }
}

describe('parseCatalogue', () => {
  it('reads a model whose roles name files and folders', () => {
    const [entry] = parseCatalogue(
      { models: { 'my-voice': voice({ facts: { sampleRateHz: 16_000 } }) } },
      options,
    );

    expect(entry).toMatchObject({
      name: 'my-voice',
      title: 'my-voice',
      kind: 'text-to-speech',
      facts: { sampleRateHz: 16_000 },
      roles: { dataDir: 'espeak-ng-data' },
      origin: 'catalogue',
    });
  });

  it('lists all problems at once, each with its place', () => {
    const problems = problemsOf({
      models: {
        'whisper-base': voice(),
        '../up': voice(),
        odd: { kind: 'translation', roles: {}, files: [], size: 5 },
        bad: voice({
          files: [{ path: 'model.onnx', sizeBytes: -1, sha256: 'ABC', url: 'http://huggingface.co/x' }],
        }),
      },
    });

    expect(problems).toEqual([
      'models.whisper-base the name is taken by a model of the project; choose another',
      'models.../up the name may have letters, digits, ".", "_" and "-", and at most 100 of them',
      'models.odd.size is not known; known are title, kind, licence, facts, roles, files',
      'models.odd.kind is one of voice-activity-detector, speech-to-text, text-to-speech, language-model',
      'models.odd.licence is a text that is not empty',
      'models.odd.files is a list of at least one file',
      'models.bad.files[0].sizeBytes is the size of the file in bytes, a whole number above 0',
      'models.bad.files[0].sha256 is 64 lower-case hex digits',
      'models.bad.files[0].url uses http, not https',
      'models.bad.roles.tokens names a file of "files", or a folder that holds some',
      'models.bad.roles.dataDir names a file of "files", or a folder that holds some',
    ]);
  });

  it('refuses paths that leave the folder of the model', () => {
    const paths = [
      '../x',
      '/etc/x',
      'a/../../x',
      'C:\\x',
      'a\\b',
      'a//b',
      '.',
      '',
      'a/./b',
      '.hidden',
      'x.partial',
      'x.partial.json',
      'x. ',
      'x.',
      'a\u0000b',
      '~/x',
    ];

    for (const each of paths) {
      const files = [{ path: each, sizeBytes: 1, sha256 }];
      expect(
        problemsOf({ models: { v: voice({ files, roles: { model: each, tokens: each } }) } }),
      ).toContainEqual(expect.stringContaining('models.v.files[0].path'));
    }
  });

  it('refuses two files that some disks take for one', () => {
    const files = [
      { path: 'Model.onnx', sizeBytes: 1, sha256 },
      { path: 'model.onnx', sizeBytes: 1, sha256 },
    ];

    const problems = problemsOf({
      models: { v: voice({ files, roles: { model: 'model.onnx', tokens: 'Model.onnx' } }) },
    });

    expect(problems).toEqual(['models.v.files lists model.onnx twice']);
  });

  it('wants a pinned revision, because a branch changes', () => {
    const files = [
      { path: 'm.gguf', sizeBytes: 1, sha256, url: 'https://huggingface.co/a/b/resolve/main/m.gguf' },
    ];

    const problems = problemsOf({
      models: { m: voice({ kind: 'language-model', roles: { model: 'm.gguf' }, files }) },
    });

    expect(problems).toEqual([expect.stringContaining('names a branch')]);
  });

  it('wants the roles that engines of the kind ask for', () => {
    const problems = problemsOf({ models: { v: voice({ roles: { model: 'model.onnx' } }) } });

    expect(problems).toEqual(['models.v.roles lacks "tokens", which every text-to-speech model has']);
  });

  it('survives anything that YAML can say', () => {
    for (const value of [
      null,
      5,
      'text',
      [],
      { models: null },
      { models: [] },
      { models: { a: null } },
      { model: {} },
    ]) {
      expect(problemsOf(value)).not.toEqual([]);
    }
    expect(problemsOf({ models: {} })).toEqual([]);
  });
});

describe('readCatalogue', () => {
  it('reads YAML and names the file when it cannot', async () => {
    const directory = await mkdtemp(path.join(tmpdir(), 'catalogue-'));
    const file = path.join(directory, 'catalogue.yaml');
    await writeFile(
      file,
      `models:\n  m:\n    kind: language-model\n    licence: MIT\n    roles: { model: m.gguf }\n    files:\n      - { path: m.gguf, sizeBytes: 3, sha256: ${sha256} }\n`,
    );
    const broken = path.join(directory, 'broken.yaml');
    await writeFile(broken, 'models: [unclosed');

    const entries = await readCatalogue(file, options);

    expect(entries).toMatchObject([{ name: 'm', files: [{ sizeBytes: 3 }] }]);
    await expect(readCatalogue(broken, options)).rejects.toMatchObject({
      code: 'MODEL_CATALOGUE_INVALID',
      message: expect.stringContaining(broken),
    });
    await expect(readCatalogue(path.join(directory, 'none.yaml'), options)).rejects.toThrow('ENOENT');
    await rm(directory, { recursive: true });
  });
});
