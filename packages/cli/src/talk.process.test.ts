import { randomUUID } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  type Run,
  recordings,
  runTiercel,
  transcribe,
  Workspace,
  words,
} from './run-tiercel.test.support.js';

interface TurnDocument {
  readonly recording?: string;
  readonly heard: string;
  readonly path: string;
  readonly tool?: string;
  readonly said: string;
  readonly outcome: string;
  readonly spans: Readonly<Record<string, number>>;
  readonly totalMs: number;
}

let workspace: Workspace;
beforeAll(async () => {
  workspace = await Workspace.open();
});
afterAll(() => workspace[Symbol.asyncDispose]());

function turnsOf({ stdout }: Run): readonly TurnDocument[] {
  return JSON.parse(stdout).turns;
}

function sum(spans: Readonly<Record<string, number>>): number {
  return Object.values(spans).reduce((total, ms) => total + ms, 0);
}

describe('tiercel talk', () => {
  it('answers recordings by both paths, and keeps both sides of the conversation', async () => {
    const [lamp = '', france = ''] = recordings(
      'synthetic',
      'turn-on-the-living-room-lamp',
      'what-is-the-capital-of-france',
    );
    const wav = workspace.path('conversation.wav');

    const run = await runTiercel(['talk', '--input', lamp, france, '--output', wav, '--json']);

    expect([run.exitCode, run.stderr]).toEqual([0, '']);
    expect(JSON.parse(run.stdout)).toEqual({
      readyMs: expect.any(Number),
      rssMiB: expect.any(Number),
      wav,
      turns: [
        expect.objectContaining({
          recording: lamp,
          path: 'phrase',
          tool: 'set_device',
          said: 'Living room lamp is on.',
          outcome: 'answered',
        }),
        expect.objectContaining({ recording: france, path: 'model', outcome: 'answered' }),
      ],
    });
    const turns = turnsOf(run);
    expect(turns.map(({ heard }) => words(heard))).toEqual([
      'turn on the living room lamp',
      'what is the capital of france',
    ]);
    expect(turns[1]?.said).toContain('Paris');
    for (const { spans, totalMs } of turns) {
      expect(totalMs).toBeGreaterThan(0);
      expect(sum(spans)).toBeCloseTo(totalMs, 6);
    }
    const [written = ''] = await transcribe(wav);
    for (const said of ['turn on the living room lamp', 'lamp is on', 'capital of france', 'paris']) {
      expect(written).toContain(said);
    }
  });

  it('takes one turn per line from a pipe, and leaves empty lines out', async () => {
    const run = await runTiercel(['talk', '--text', '--json'], {
      input: 'Turn on the living room lamp.\n\n  \nIs the living room lamp on?\nWhat is 12 times 12?',
    });

    expect(run.exitCode).toBe(0);
    expect(turnsOf(run).map(({ heard, path, tool, said }) => [heard, path, tool, said])).toEqual([
      ['Turn on the living room lamp.', 'phrase', 'set_device', 'Living room lamp is on.'],
      ['Is the living room lamp on?', 'phrase', 'get_device', 'The living room lamp is on.'],
      ['What is 12 times 12?', 'phrase', 'calculate', 'The answer is 144.'],
    ]);
    for (const { spans, totalMs } of turnsOf(run)) expect(sum(spans)).toBeCloseTo(totalMs, 6);
  });

  it('shows what it asks for, and takes the next line for the answer', async () => {
    const tier = await workspace.writeManifest(
      'asking.yaml',
      'plugins:\n  llm-local: null\n  tools-home: { config: { policy: ask } }\nrequires: [assistant]\n',
    );

    const run = await runTiercel(['talk', '--text', '--tier', tier], {
      input: 'Turn on the living room lamp.\nyes\nTurn off the kitchen light.\nno\n',
    });

    expect(run.exitCode).toBe(0);
    expect(run.stderr.match(/^Shall I .*\?$/gm)).toHaveLength(2);
    expect(run.stdout).toMatch(/Living room lamp is on\.(?:.|\n)*I will leave it/);
    expect(run.stdout.match(/set_device/g)).toHaveLength(1);
  });

  it('names every recording that it cannot use before it starts anything', async () => {
    const files = [await workspace.write('empty.wav', ''), workspace.path('absent.wav')];

    const { exitCode, stdout } = await runTiercel(['talk', '--input', ...files, '--json']);

    const { error } = JSON.parse(stdout);
    expect([exitCode, error.code]).toEqual([2, 'CLI_FILES_UNUSABLE']);
    expect(error.message).toMatch(/empty\.wav is empty(?:.|\n)*absent\.wav does not exist/);
  });

  it('refuses a language that nothing on the node understands, and names those that are', async () => {
    const lamp = recordings('synthetic', 'turn-on-the-living-room-lamp');

    const { exitCode, stdout } = await runTiercel(['talk', '--input', ...lamp, '--language', 'xx', '--json']);

    const { error } = JSON.parse(stdout);
    expect([exitCode, error.code]).toEqual([2, 'CLI_LANGUAGE_UNKNOWN']);
    expect(error.message).toMatch(/understands spoken "xx"\. Use one of .*\ben\b/);
  });

  it('refuses to record with a tier that has no voice', async () => {
    const tier = await workspace.write('silent.yaml', 'tier: silent\nplugins:\n  clock-system:\n');
    const wav = workspace.path('silence.wav');

    const { exitCode, stdout } = await runTiercel([
      'talk',
      '--text',
      'hi',
      '--output',
      wav,
      '--tier',
      tier,
      '--json',
    ]);

    const { error } = JSON.parse(stdout);
    expect([exitCode, error.code]).toEqual([2, 'CLI_TIER_MUTE']);
    expect(error.message).toMatch(/^Tier silent has no voice/);
  });

  it('shows each turn as it ends, ends with 130 when it is interrupted in the next, and leaves no process behind', async () => {
    const mark = randomUUID();

    const { exitCode, stdout, stderr } = await runTiercel(
      ['talk', '--text', 'What is 12 times 12?', 'Tell me a very long story about the sea.'],
      {
        environment: { TIERCEL_TEST_MARK: mark },
        interrupt: { signal: 'SIGINT', when: ({ stdout: printed }) => printed.includes('144') },
      },
    );

    expect([exitCode, stderr]).toEqual([130, '']);
    expect(stdout).toMatch(/^you +What is 12 times 12\?\n +calculate .*\ntiercel +The answer is 144\.\n/);
    expect(stdout).toMatch(/144\.\nyou +Tell me a very long story about the sea\.\n +\(interrupted\)\n$/);
    expect(await processesWith(mark)).toEqual([]);
  });

  it('ends with 130 when it is interrupted while models load, and with one document', async () => {
    const mark = randomUUID();

    const { exitCode, stdout } = await runTiercel(['talk', '--text', 'hi', '--json', '--debug'], {
      environment: { TIERCEL_TEST_MARK: mark },
      interrupt: { signal: 'SIGINT', when: ({ stderr }) => stderr.length > 0 },
    });

    expect(exitCode).toBe(130);
    expect(JSON.parse(stdout)).toMatchObject({ error: { code: 'CLI_INTERRUPTED' } });
    expect(await processesWith(mark)).toEqual([]);
  });
});

/** Processes that inherited the mark; none where the system does not tell. */
async function processesWith(mark: string): Promise<readonly string[]> {
  const names = await readdir('/proc').catch(() => []);
  const found: string[] = [];
  for (const name of names.filter((each) => /^\d+$/.test(each))) {
    const environment = await readFile(`/proc/${name}/environ`, 'utf8').catch(() => '');
    if (environment.includes(mark)) found.push(name);
  }
  return found;
}
