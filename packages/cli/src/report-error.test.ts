import { describe, expect, it } from '@jest/globals';
import { CliError } from './errors.js';
import { FakeTerminal } from './fake-terminal.js';
import { reportError } from './report-error.js';

const usage = new CliError('CLI_USAGE', { finding: 'Unknown option', command: 'tiercel' });

describe('reportError', () => {
  it('writes one line with the code and no stack trace', () => {
    const terminal = new FakeTerminal();

    reportError(usage, { terminal, isJson: false, isDebug: false });

    expect(terminal.noted).toBe(`error CLI_USAGE: ${usage.message}\n`);
    expect(terminal.printed).toEqual([]);
  });

  it('prints one document where JSON is wanted', () => {
    const terminal = new FakeTerminal();

    reportError(usage, { terminal, isJson: true, isDebug: false });

    expect(JSON.parse(terminal.printed.join('\n'))).toEqual({
      error: { code: 'CLI_USAGE', message: usage.message },
    });
    expect(terminal.noted).toBe('');
  });

  it('shows where it came from, causes included, when somebody is looking for a fault', () => {
    const terminal = new FakeTerminal();
    const error = new CliError(
      'CLI_USAGE',
      { finding: 'Unknown option', command: 'tiercel' },
      { cause: new RangeError('deep down') },
    );

    reportError(error, { terminal, isJson: false, isDebug: true });

    expect(terminal.noted).toContain('report-error.test');
    expect(terminal.noted).toContain('caused by RangeError: deep down');
  });

  it('says that an unexpected error is our fault', () => {
    const terminal = new FakeTerminal();

    reportError(new TypeError('x is not a function'), { terminal, isJson: false, isDebug: false });

    expect(terminal.noted).toMatch(/^error CLI_UNEXPECTED: x is not a function\. This is a fault in Tiercel/);
  });

  it('does not scold a person who pressed Ctrl+C', () => {
    const terminal = new FakeTerminal();

    reportError(new CliError('CLI_INTERRUPTED', { signal: 'SIGINT' }), {
      terminal,
      isJson: false,
      isDebug: false,
    });

    expect(terminal.noted).toBe('');
  });
});
