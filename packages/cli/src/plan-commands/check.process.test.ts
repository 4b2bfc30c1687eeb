import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { recordings, runTiercel, Workspace } from '../run-tiercel.test.support.js';

const mistakes = `colour: red
device: { cores: many }
requires: [assistant, moon]
plugins:
  tools-basik:
  stt-whisper: { config: { langage: de } }
  tts-piper: { config: { speed: fast } }
  tools-home: { version: ^9, config: { policy: perhaps } }
  vad-silero: { placement: elsewhere }
  llm-local: { boot: maybe }
  log-winston: { confg: {} }
  intents-phrases: { config: { language: en } }
  model-store-local: { when: '&& MODELS' }
  world-model-memory: null
  ears: { use: '@tiercel/stt-whisper' }
bind:
  language-model: llm-lokal
`;

/** No native library can be loaded where this runs first, whatever the process starts. */
const noNativeCode = {
  NODE_OPTIONS: `--import data:text/javascript,process.dlopen=()=>{throw(new(Error)('native'))}`,
};

let workspace: Workspace;
let manifest: string;
beforeAll(async () => {
  workspace = await Workspace.open();
  manifest = await workspace.writeManifest('house.yaml', mistakes);
});
afterAll(() => workspace[Symbol.asyncDispose]());

describe('tiercel check', () => {
  it('lists every mistake of a manifest with its place and the way out, without native code', async () => {
    const { exitCode, stdout, stderr } = await runTiercel(['check', manifest], { environment: noNativeCode });

    expect([exitCode, stdout]).toEqual([2, '']);
    const found = [...stderr.matchAll(/^\S*?(\w+\.yaml:\d+:\d+) (KERNEL_\w+)$/gm)].map(
      ([, at, code]) => `${at} ${code}`,
    );
    expect(found).toEqual(
      expect.arrayContaining([
        'house.yaml:3:1 KERNEL_KEY_UNKNOWN',
        'house.yaml:4:11 KERNEL_VALUE_WRONG',
        'house.yaml:5:23 KERNEL_NOTHING_PROMISED',
        'house.yaml:7:3 KERNEL_PLUGIN_UNKNOWN',
        'house.yaml:8:28 KERNEL_CONFIG_UNKNOWN',
        'house.yaml:9:26 KERNEL_CONFIG_WRONG',
        'house.yaml:10:17 KERNEL_PLUGIN_VERSION',
        'house.yaml:10:40 KERNEL_CONFIG_WRONG',
        'house.yaml:11:17 KERNEL_VALUE_WRONG',
        'house.yaml:12:16 KERNEL_VALUE_WRONG',
        'house.yaml:13:18 KERNEL_KEY_UNKNOWN',
        'house.yaml:14:32 KERNEL_CONFIG_UNKNOWN',
        'house.yaml:15:24 KERNEL_WHEN_INVALID',
        'house.yaml:10:3 KERNEL_CAPABILITY_MISSING',
        'house.yaml:19:3 KERNEL_BIND_UNKNOWN',
        'mid.yaml:13:3 KERNEL_CAPABILITY_AMBIGUOUS',
      ]),
    );
    expect(stderr).toContain(`has ${found.length} problems.`);
    expect(stderr.match(/^ {2}Fix: \S/gm)).toHaveLength(found.length);
    expect(stderr).not.toMatch(/^\s+at /m);
  });

  it('gives the same as one document', async () => {
    const { exitCode, stdout, stderr } = await runTiercel(['check', manifest, '--json'], {
      environment: noNativeCode,
    });

    const { isSound, problems } = JSON.parse(stdout);
    expect([exitCode, stderr, isSound]).toEqual([2, '', false]);
    expect(problems.length).toBeGreaterThanOrEqual(16);
    for (const each of problems) {
      expect(each).toMatchObject({
        code: expect.stringMatching(/^KERNEL_[A-Z_]+$/),
        message: expect.any(String),
        fix: expect.stringMatching(/\.$/),
        at: { file: expect.stringMatching(/\.yaml$/), line: expect.any(Number), column: expect.any(Number) },
      });
    }
  });

  it('finds the shipped tiers sound, without native code', async () => {
    for (const tier of ['edge', 'mid', 'core']) {
      const { exitCode, stdout } = await runTiercel(['check', tier, '--json'], { environment: noNativeCode });

      expect([exitCode, JSON.parse(stdout)]).toEqual([0, expect.objectContaining({ tier, isSound: true })]);
    }
  });

  it('needs no guard against native code that would not bite', async () => {
    const { exitCode, stderr } = await runTiercel(['transcribe', ...recordings('human', 'goodbye.en')], {
      environment: noNativeCode,
    });

    expect([exitCode, stderr]).toEqual([3, expect.stringMatching(/^error KERNEL_BOOT_FAILED: /)]);
  });

  it('refuses what is no manifest', async () => {
    const invalid = await workspace.write('invalid.yaml', 'tier: [\n');

    const runs = [
      await runTiercel(['check', 'huge']),
      await runTiercel(['check', workspace.path('absent.yaml')]),
      await runTiercel(['check', workspace.directory]),
      await runTiercel(['check', invalid]),
      await runTiercel(['talk', '--tier', 'huge', '--text', 'hi']),
      await runTiercel(['start', '--tier', manifest]),
    ];

    expect(
      runs.map(({ exitCode, stdout, stderr }) => [exitCode, stdout, /[A-Z]+(_[A-Z]+)+/.exec(stderr)?.[0]]),
    ).toEqual([
      [2, '', 'CLI_TIER_UNKNOWN'],
      [2, '', 'KERNEL_MANIFEST_UNREADABLE'],
      [2, '', 'KERNEL_MANIFEST_UNREADABLE'],
      [2, '', 'KERNEL_YAML_INVALID'],
      [2, '', 'CLI_TIER_UNKNOWN'],
      [2, '', 'KERNEL_PLAN_INVALID'],
    ]);
    for (const { stderr } of runs) expect(stderr).not.toMatch(/^\s+at /m);
  });
});
