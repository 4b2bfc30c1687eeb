import { describe, expect, it } from '@jest/globals';
import { runTiercel, Workspace } from './run-tiercel.test.support.js';

const question = 'What is the capital of France?';

describe('tiercel model ask', () => {
  it('prints the answer of the model of the tier, also as it is written', async () => {
    const whole = await runTiercel(['model', 'ask', question]);
    const streamed = await runTiercel(['model', 'ask', question, '--stream']);

    expect([whole.exitCode, whole.stdout]).toEqual([0, expect.stringMatching(/Paris.*\n$/)]);
    expect(streamed.stdout).toBe(whole.stdout);
  });

  it('asks the same of a model in a child and in this process, and says which one answered', async () => {
    await using workspace = await Workspace.open();
    const inline = await workspace.writeManifest(
      'inline.yaml',
      'plugins:\n  llm-local: { placement: inline }\n',
    );

    const answers = await Promise.all(
      ['mid', inline].map(async (tier) => {
        const { stdout } = await runTiercel(['model', 'ask', question, '--json', '--tier', tier]);
        return JSON.parse(stdout);
      }),
    );

    expect(answers[0]).toMatchObject({
      model: 'smollm2-135m-instruct',
      provider: 'llm-local',
      finishReason: 'stop',
      text: expect.stringMatching(/Paris/),
      usage: { inputTokens: expect.any(Number), outputTokens: expect.any(Number) },
    });
    expect(answers[1].text).toBe(answers[0].text);
  });

  it('reads a question from standard input and holds the answer to a schema', async () => {
    await using workspace = await Workspace.open();
    const schema = await workspace.write(
      'schema.json',
      JSON.stringify({
        type: 'object',
        properties: { city: { enum: ['Paris', 'Rome'] } },
        required: ['city'],
      }),
    );

    const { exitCode, stdout } = await runTiercel(['model', 'ask', '--schema', schema], {
      input: `${question}\n`,
    });

    expect(exitCode).toBe(0);
    expect(['Paris', 'Rome']).toContain(JSON.parse(stdout).city);
  });

  it('says that an answer was cut', async () => {
    const { exitCode, stderr } = await runTiercel(['model', 'ask', question, '--max-tokens', '2']);

    expect([exitCode, stderr]).toEqual([0, expect.stringContaining('The answer was cut')]);
  });

  it.each([
    [['model', 'ask'], 'CLI_TEXT_EMPTY'],
    [['model', 'ask', 'Hi', '--schema', 'missing.json'], 'CLI_SCHEMA_UNREADABLE'],
    [['model', 'ask', 'Hi', '--temperature', '3'], 'CLI_USAGE'],
    [['model', 'ask', 'Hi', '--max-tokens', 'many'], 'CLI_USAGE'],
  ])('refuses %j with %s', async (args, code) => {
    const { exitCode, stdout } = await runTiercel([...args, '--json']);

    expect([exitCode, JSON.parse(stdout).error.code]).toEqual([2, code]);
  });
});
