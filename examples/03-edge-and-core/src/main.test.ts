import { execFile } from 'node:child_process';
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

const run = promisify(execFile);
const here = fileURLToPath(new URL('..', import.meta.url));
const demo = fileURLToPath(new URL('../../../packages/cli/bin/tiercel-demo-tiers.js', import.meta.url));

interface Turn {
  readonly act: string;
  readonly heard: string;
  readonly path: string;
  readonly tool?: string;
  readonly provider?: string;
  readonly said: string;
  readonly outcome: string;
}

describe('example 03', () => {
  let folder: string;
  let report: {
    readonly turns: readonly Turn[];
    readonly sharedMs: number;
    readonly noticeMs: number;
    readonly recoverMs: number;
  };
  let wav: string;

  beforeAll(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'tiercel-example-03-'));
    wav = path.join(folder, 'conversation.wav');
    const args = [demo, '--edge', 'edge.yaml', '--core', 'core.yaml', '--output', wav, '--json'];
    const { stdout } = await run(process.execPath, args, {
      cwd: here,
      env: { ...process.env, DATA_DIR: folder },
    });
    report = JSON.parse(stdout);
  }, 600_000);
  afterAll(() => rm(folder, { recursive: true, force: true }));

  const turnsOf = (act: string) => report.turns.filter((turn) => turn.act === act);

  it('holds the conversation with the model and the tools of the core', () => {
    expect(turnsOf('together')).toMatchObject([
      { path: 'phrase', tool: 'set_device', said: 'Living room lamp is on.', outcome: 'answered' },
      { path: 'model', provider: 'llm-remote', said: expect.stringMatching(/Paris/), outcome: 'answered' },
      { path: 'none', outcome: 'empty' },
      { path: 'phrase', tool: 'get_time', outcome: 'answered' },
      {
        path: 'phrase',
        tool: 'convert_units',
        said: expect.stringMatching(/120 minutes/),
        outcome: 'answered',
      },
    ]);
  });

  it('shows a lamp that this edge switches to another edge', () => {
    // Number of milliseconds; the demo fails where the other edge never sees it.
    expect(report.sharedMs).toBeGreaterThan(0);
  });

  it('ends an answer during which the core dies with the model of the edge, and says so', () => {
    expect(turnsOf('core killed')).toMatchObject([
      {
        path: 'model',
        provider: 'llm-local',
        outcome: 'answered',
        said: expect.stringMatching(/I am on my own for now.*rain/is),
      },
    ]);
    expect(report.noticeMs).toBeGreaterThan(0);
  });

  it('goes on alone with what the edge can do, without saying again that it is alone', () => {
    const [time, question, lamp] = turnsOf('alone');

    expect(time).toMatchObject({ tool: 'get_time', outcome: 'answered' });
    expect(question).toMatchObject({ provider: 'llm-local', said: 'The capital of France is Paris.' });
    expect(lamp).toMatchObject({
      tool: 'set_device',
      said: expect.stringMatching(/out of reach/),
      outcome: 'failed',
    });
  });

  it('uses the core again when it is back', () => {
    expect(turnsOf('recovered')).toMatchObject([
      { tool: 'set_device', said: 'Living room lamp is off.', outcome: 'answered' },
      { provider: 'llm-remote', said: expect.stringMatching(/Paris/), outcome: 'answered' },
    ]);
    expect(report.recoverMs).toBeGreaterThan(0);
  });

  it('keeps both sides of the conversation', async () => {
    expect((await stat(wav)).size).toBeGreaterThan(16_000);
  });
});
