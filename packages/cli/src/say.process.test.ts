import { readFile, stat } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { countWordErrors } from '@tiercel/capabilities/speech-to-text/testing';
import { runTiercel, transcribe, Workspace } from './run-tiercel.test.support.js';

let workspace: Workspace;
beforeAll(async () => {
  workspace = await Workspace.open();
});
afterAll(() => workspace[Symbol.asyncDispose]());

describe('tiercel say', () => {
  it('says what tiercel transcribe can write down again', async () => {
    const sentences = [
      'The living room lamp is on.',
      'Please bring your notes to the meeting.',
      'The weather will be sunny tomorrow.',
    ];
    const files = sentences.map((_, index) => workspace.path(`new/folder/${index}.wav`));

    for (const [index, sentence] of sentences.entries()) {
      const { exitCode, stdout, stderr } = await runTiercel([
        'say',
        sentence,
        '--output',
        files[index] ?? '',
      ]);
      expect([exitCode, stderr]).toEqual([0, '']);
      expect(stdout).toMatch(/\.wav: [1-4]\.\d s\n$/);
    }

    const heard = await transcribe(...files);
    // No two recordings of a voice are the same, and a small recogniser may take one word for another.
    const errors = heard.map((text, index) => countWordErrors(text, sentences[index] ?? ''));
    expect([heard, Math.max(...errors) <= 2]).toEqual([heard, true]);
  });

  it('takes a long text in one breath', async () => {
    const file = workspace.path('long.wav');
    const text = 'The meeting begins at nine, and everybody brings coffee. '.repeat(6);

    const { exitCode, stdout } = await runTiercel(['say', text, '--output', file, '--json']);

    const { audioMs, sampleRateHz, wav } = JSON.parse(stdout);
    const { size } = await stat(file);
    expect([exitCode, wav]).toEqual([0, file]);
    expect(audioMs).toBeGreaterThan(12_000);
    expect(Math.round(((size - 44) / 2 / sampleRateHz) * 1000)).toBe(audioMs);
  });

  it('has nothing to say without words', async () => {
    const { exitCode, stdout } = await runTiercel([
      'say',
      ' ',
      '--output',
      workspace.path('no.wav'),
      '--json',
    ]);

    expect([exitCode, JSON.parse(stdout).error.code]).toEqual([2, 'CLI_TEXT_EMPTY']);
  });

  it('leaves a recording as it is when its voice finds nothing to speak', async () => {
    const file = await workspace.write('kept.wav', 'what was there before');

    const { exitCode, stdout } = await runTiercel(['say', '***', '--output', file, '--json']);

    expect([exitCode, JSON.parse(stdout).error.code]).toEqual([2, 'CLI_TEXT_UNSPEAKABLE']);
    expect(await readFile(file, 'utf8')).toBe('what was there before');
  });
});
