import { mkdir, readFile, symlink } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type Run, runTiercel, Workspace } from './run-tiercel.test.support.js';

const starter = path.resolve('packages/starter-models/models');
const whisper = path.join(starter, 'whisper-base');
const chatModel = path.join(starter, 'smollm2-135m-instruct', 'SmolLM2-135M-Instruct.Q4_1.gguf');

let workspace: Workspace;
beforeAll(async () => {
  workspace = await Workspace.open();
});
afterAll(() => workspace[Symbol.asyncDispose]());

/** Starts a small node whose one engine is configured as given. */
async function startWith(
  plugin: string,
  config: object,
  environment: Readonly<Record<string, string>> = {},
): Promise<Run> {
  const manifest = await workspace.write(
    'house.yaml',
    `tier: house
plugins:
  log-winston:
  clock-system:
  model-store-local:
  ${plugin}: { config: ${JSON.stringify(config)} }
`,
  );
  return runTiercel(['start', '--tier', manifest], { environment });
}

/** Writes the first part of a file. */
async function cut(file: string, share: number, name = path.basename(file)): Promise<string> {
  const bytes = await readFile(file);
  return workspace.write(name, bytes.subarray(0, Math.floor(bytes.length * share)));
}

function expectRefusal({ exitCode, stdout, stderr }: Run, plugin: string, findings: readonly string[]): void {
  expect([exitCode, stdout]).toEqual([3, '']);
  const [first, ...lines] = stderr.trimEnd().split('\n');
  expect(first).toBe('error KERNEL_BOOT_FAILED: Tier house did not start.');
  const line = lines.find((each) => each.startsWith(`  ${plugin}: Plugin ${plugin} failed to start: `));
  for (const finding of findings) expect(line).toContain(finding);
  expect(stderr).not.toMatch(/^\s+at /m);
}

describe('a node with a wrong model file', () => {
  it('refuses a truncated ONNX file', async () => {
    const model = await cut(path.join(starter, 'silero-vad', 'silero_vad.onnx'), 0.5);

    const run = await startWith('vad-silero', { model });

    expectRefusal(run, 'vad-silero', [model, 'ends too early', 'Copy or download the file again']);
  });

  it('refuses a truncated part of a recogniser', async () => {
    await mkdir(workspace.path('whisper'), { recursive: true });
    for (const name of ['decoder.int8.onnx', 'tokens.txt'])
      await symlink(path.join(whisper, name), workspace.path(`whisper/${name}`));
    await cut(path.join(whisper, 'encoder.int8.onnx'), 0.3, 'whisper/encoder.int8.onnx');

    const run = await startWith('stt-whisper', { model: workspace.path('whisper') });

    expectRefusal(run, 'stt-whisper', ['encoder.int8.onnx', 'ends too early']);
  });

  it('refuses a GGUF file where an ONNX file is needed', async () => {
    for (const [plugin, key] of [
      ['vad-silero', 'model'],
      ['stt-whisper', 'model'],
      ['tts-piper', 'voice'],
    ] as const) {
      expectRefusal(await startWith(plugin, { [key]: chatModel }), plugin, [
        'is a GGUF file',
        'an ONNX file is needed',
      ]);
    }
  });

  it('refuses a voice where a recogniser is needed, by path and by name', async () => {
    const voice = path.join(starter, 'piper-en_US-joe-medium');

    const byPath = await startWith('stt-whisper', { model: voice });
    const byName = await startWith('stt-whisper', { model: 'piper-en_US-joe-medium' });

    expectRefusal(byPath, 'stt-whisper', [voice, 'holds no encoder']);
    expectRefusal(byName, 'stt-whisper', ['cannot be used for speech-to-text: it is a text-to-speech model']);
  });

  it('refuses a recogniser where a detector or a voice is needed', async () => {
    const encoder = path.join(whisper, 'encoder.int8.onnx');

    expectRefusal(await startWith('vad-silero', { model: encoder }), 'vad-silero', ['of type whisper']);
    expectRefusal(await startWith('tts-piper', { voice: encoder }), 'tts-piper', ['of type whisper']);
  });

  it('refuses a truncated GGUF file, a text, an empty file and no file', async () => {
    const cutModel = await cut(chatModel, 0.05, 'cut.gguf');
    const cutHeader = await cut(chatModel, 0.00001, 'header.gguf');
    const text = await workspace.write('text.gguf', 'Once upon a time\n');
    const empty = await workspace.write('empty.gguf', '');
    const absent = workspace.path('absent.gguf');

    expectRefusal(await startWith('llm-local', { model: cutModel }), 'llm-local', [cutModel, 'cut off']);
    expectRefusal(await startWith('llm-local', { model: cutHeader }), 'llm-local', [cutHeader, 'again']);
    expectRefusal(await startWith('llm-local', { model: text }), 'llm-local', [
      text,
      'does not begin with "GGUF"',
    ]);
    expectRefusal(await startWith('llm-local', { model: empty }), 'llm-local', [empty, 'empty']);
    expectRefusal(await startWith('llm-local', { model: absent }), 'llm-local', [absent]);
  });

  it('refuses a model whose bytes are not those of the catalogue', async () => {
    const model = await readFile(path.join(starter, 'silero-vad', 'silero_vad.onnx'));
    await workspace.write('models/my-ears/silero_vad.onnx', model);
    await workspace.write(
      'models/catalogue.json',
      JSON.stringify({
        models: {
          'my-ears': {
            title: 'Ears of my own',
            kind: 'voice-activity-detector',
            licence: 'MIT',
            facts: { engine: 'silero', sampleRateHz: 16_000, windowSize: 512 },
            roles: { model: 'silero_vad.onnx' },
            files: [{ path: 'silero_vad.onnx', sizeBytes: model.length, sha256: '0'.repeat(64) }],
          },
        },
      }),
    );

    const run = await startWith('vad-silero', { model: 'my-ears' }, { MODELS_DIR: workspace.path('models') });

    expectRefusal(run, 'vad-silero', ['Model my-ears is damaged', 'sha256', 'tiercel models']);
  });

  it('ends a conversation before it begins, with one document', async () => {
    const manifest = await workspace.writeManifest(
      'house.yaml',
      'plugins: { tts-piper: { config: { voice: my-voice } } }\n',
    );

    const { exitCode, stdout, stderr } = await runTiercel([
      'talk',
      '--tier',
      manifest,
      '--text',
      'hi',
      '--json',
    ]);

    expect([exitCode, stderr]).toEqual([3, '']);
    expect(JSON.parse(stdout)).toEqual({
      error: {
        code: 'KERNEL_BOOT_FAILED',
        message: expect.stringContaining('No model is called "my-voice". Known are '),
      },
    });
  });
});
