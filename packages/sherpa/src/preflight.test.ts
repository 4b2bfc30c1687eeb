import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { checkOnnx, checkTokens } from './preflight.js';

const text = (value: string) => [...new TextEncoder().encode(value)];
const varint = (value: number): number[] =>
  value < 128 ? [value] : [(value % 128) + 128, ...varint(Math.floor(value / 128))];
const bytes = (field: number, content: readonly number[]) => [
  ...varint(field * 8 + 2),
  ...varint(content.length),
  ...content,
];
const named = (field: number, name: string) => bytes(field, bytes(1, text(name)));

/** A model without any operator: version, producer, graph (weights, input, output), operator set, metadata. */
function onnx({ weights = 200_000 } = {}): Uint8Array {
  const graph = [
    ...bytes(2, text('graph')),
    ...bytes(5, bytes(9, new Array(weights).fill(7))),
    ...named(11, 'mel'),
    ...named(12, 'logits'),
  ];
  const metadata = bytes(14, [...bytes(1, text('n_mels')), ...bytes(2, text('80'))]);
  return Uint8Array.from([
    ...[0x08, 8],
    ...bytes(2, text('test')),
    ...bytes(7, graph),
    ...bytes(8, [0x10, 17]),
    ...metadata,
  ]);
}

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'tiercel-sherpa-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function file(name: string, content: Uint8Array | string): Promise<string> {
  const target = path.join(folder, name);
  await writeFile(target, content);
  return target;
}

const encoder = { model: 'test', expected: 'a Whisper encoder', metadata: ['n_mels'], inputs: ['mel'] };

async function outcomeOf(
  check: Promise<unknown>,
): Promise<{ readonly code?: string; readonly message?: string }> {
  return check.then(
    () => ({ code: 'no error' }),
    (error: { readonly code: string; readonly message: string }) => error,
  );
}

describe('checkOnnx', () => {
  it('tells metadata, inputs and outputs of a model, however large its weights are', async () => {
    const signature = await checkOnnx({ ...encoder, path: await file('fine.onnx', onnx()) });

    expect(signature).toEqual({
      metadata: new Map([['n_mels', '80']]),
      inputs: ['mel'],
      outputs: ['logits'],
    });
  });

  it('names everything that a model of another kind lacks', async () => {
    const wrong = { ...encoder, metadata: ['n_mels', 'sample_rate'], inputs: ['mel', 'scales'] };

    const outcome = await outcomeOf(checkOnnx({ ...wrong, path: await file('wrong.onnx', onnx()) }));

    expect(outcome.code).toBe('SPEECH_ENGINE_FILE_WRONG');
    expect(outcome.message).toContain('has no metadata "sample_rate", input "scales"');
  });

  it('notices wherever a file was cut off', async () => {
    const whole = onnx({ weights: 500 });
    const codes = new Set<unknown>();
    // From the producer on; what is shorter could be anything. A cut between two fields of the tail is not visible.
    for (let length = 16; length < whole.length - 20; length += 7) {
      codes.add(
        (await outcomeOf(checkOnnx({ ...encoder, path: await file('cut.onnx', whole.subarray(0, length)) })))
          .code,
      );
    }

    expect([...codes]).toEqual(['SPEECH_ENGINE_FILE_TRUNCATED']);
  });

  it.each([
    ['a language model', 'GGUF\x03\x00\x00\x00', 'GGUF'],
    ['a page', '<!doctype html><title>404</title>', 'HTML'],
    ['a pointer', 'version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 1', 'Git LFS pointer'],
    ['an archive', 'PK\x03\x04 and so on', 'ZIP'],
    ['a table of tokens', 'IQ== 0\nIg== 1\n', 'something unknown'],
  ])('refuses %s and says what it is', async (_what, content, said) => {
    const outcome = await outcomeOf(checkOnnx({ ...encoder, path: await file('foreign.onnx', content) }));

    expect(outcome.code).toBe('SPEECH_ENGINE_FILE_FOREIGN');
    expect(outcome.message).toContain(said);
  });

  it('never takes random bytes for a model, and never fails in another way', async () => {
    const codes = new Set<unknown>();
    for (let seed = 1; seed <= 200; seed++) {
      const path = await file('random.onnx', randomBytes(seed, 300));
      codes.add((await outcomeOf(checkOnnx({ ...encoder, path }))).code);
    }

    expect(
      [...codes].filter((code) => !/^SPEECH_ENGINE_FILE_(FOREIGN|TRUNCATED)$/.test(String(code))),
    ).toEqual([]);
  });

  it('refuses what is not there, empty, or a folder', async () => {
    const empty = await file('empty.onnx', '');
    const directory = path.join(folder, 'directory.onnx');
    await mkdir(directory);
    const paths = [path.join(folder, 'missing.onnx'), empty, directory];

    const outcomes = await Promise.all(paths.map((each) => outcomeOf(checkOnnx({ ...encoder, path: each }))));

    expect(outcomes.map(({ code }) => code)).toEqual(paths.map(() => 'SPEECH_ENGINE_FILE_UNREADABLE'));
    expect(
      outcomes.map(({ message }) => message?.match(/does not exist|is empty|is not a file/)?.[0]),
    ).toEqual(['does not exist', 'is empty', 'is not a file']);
  });
});

describe('checkTokens', () => {
  const table = { base64: 'IQ== 0\nICgn 1\n= 2\n', symbol: '_ 0\n  1\nə 2\n🎵 3\n' };

  it('accepts tables of its format', async () => {
    for (const format of ['base64', 'symbol'] as const) {
      const path = await file('tokens.txt', table[format]);

      await expect(outcomeOf(checkTokens({ model: 'test', path, format }))).resolves.toEqual({
        code: 'no error',
      });
    }
  });

  it('refuses tables of the other format and names the line', async () => {
    const base64 = await file('base64.txt', table.base64);
    const symbol = await file('symbol.txt', table.symbol);

    const outcomes = await Promise.all([
      outcomeOf(checkTokens({ model: 'test', path: base64, format: 'symbol' })),
      outcomeOf(checkTokens({ model: 'test', path: symbol, format: 'base64' })),
    ]);

    expect(outcomes.map(({ code }) => code)).toEqual([
      'SPEECH_ENGINE_TOKENS_WRONG',
      'SPEECH_ENGINE_TOKENS_WRONG',
    ]);
    expect(outcomes.map(({ message }) => message?.match(/line \d/)?.[0])).toEqual(['line 1', 'line 1']);
  });

  it('refuses a page and an empty table', async () => {
    const page = await file('page.txt', '<html></html>');
    const empty = await file('none.txt', '');

    expect(await outcomeOf(checkTokens({ model: 'test', path: page, format: 'symbol' }))).toMatchObject({
      code: 'SPEECH_ENGINE_TOKENS_WRONG',
    });
    expect(await outcomeOf(checkTokens({ model: 'test', path: empty, format: 'symbol' }))).toMatchObject({
      code: 'SPEECH_ENGINE_FILE_UNREADABLE',
    });
  });
});

/** The same bytes for the same seed. */
function randomBytes(seed: number, length: number): Uint8Array {
  let state = seed * 2_654_435_761;
  return Uint8Array.from({ length }, () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state >>> 24;
  });
}
