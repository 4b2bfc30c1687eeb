import { execFile } from 'node:child_process';
import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, it } from '@jest/globals';

const run = promisify(execFile);
const root = fileURLToPath(new URL('../../..', import.meta.url));
const jest = path.join(
  path.dirname(createRequire(import.meta.url).resolve('jest/package.json')),
  'bin/jest.js',
);

interface Assertion {
  readonly ancestorTitles: readonly string[];
  readonly status: 'passed' | 'failed';
  readonly failureMessages: readonly string[];
}

let assertions: readonly Assertion[];

/** How many cases of one suite passed and failed. */
function outcomeOf(suite: string): { readonly passed: number; readonly failed: number } {
  const cases = assertions.filter(({ ancestorTitles: [first] }) => first?.startsWith(suite));
  const passed = cases.filter(({ status }) => status === 'passed').length;
  return { passed, failed: cases.length - passed };
}

describe('a suite against a provider that is wrong', () => {
  beforeAll(async () => {
    const { stdout } = await run(
      process.execPath,
      ['--experimental-vm-modules', jest, '--rootDir', root, '--testMatch', '**/must-fail.ts', '--json'],
      { cwd: root, maxBuffer: 2 ** 26 },
    ).catch((error: { readonly stdout: string }) => error);
    const report = JSON.parse(stdout) as { testResults: { assertionResults: Assertion[] }[] };
    assertions = report.testResults.flatMap(({ assertionResults }) => assertionResults);
  }, 120_000);

  it('passes without the fault, which is what the others are measured by', () => {
    expect(outcomeOf('whole')).toEqual({ passed: expect.any(Number), failed: 0 });
    expect(outcomeOf('whole').passed).toBeGreaterThan(10);
  });

  it('fails when streams break off', () => {
    expect(outcomeOf('dropping').failed).toBeGreaterThan(5);
  });

  it.each(['inline', 'inline, held up at random'])('fails %s when calls fail', (placement) => {
    expect(outcomeOf(`second call fails, ${placement}`).failed).toBeGreaterThan(5);
  });

  it('fails every case, with the reason, when the plugin does not start in its process', () => {
    const { passed, failed } = outcomeOf('does not start, in a process');

    expect(passed).toBe(0);
    expect(failed).toBeGreaterThan(5);
    expect(assertions.at(-1)?.failureMessages.join()).toContain('clock');
  });
});
