import { PassThrough } from 'node:stream';
import { describe, expect, it } from '@jest/globals';
import { FakeTerminal } from './fake-terminal.js';
import { typedLines } from './typed-lines.js';

describe('typedLines', () => {
  it('gives each line of a pipe, without the empty ones', async () => {
    const terminal = new FakeTerminal({ input: 'one\n\n  two  \r\nthree' });

    const lines: string[] = [];
    for await (const line of typedLines(terminal, { signal: new AbortController().signal })) lines.push(line);

    expect(lines).toEqual(['one', 'two', 'three']);
  });

  it('ends with the reason of its signal while it waits for a line', async () => {
    const controller = new AbortController();
    const reason = new Error('given up');
    const terminal: FakeTerminal = Object.assign(new FakeTerminal(), { stdin: new PassThrough() });
    const lines = typedLines(terminal, { signal: controller.signal });

    const next = lines.next();
    controller.abort(reason);

    await expect(next).rejects.toBe(reason);
  });

  it('asks a person at a terminal, until Ctrl+D', async () => {
    const keys = new PassThrough();
    const terminal: FakeTerminal = Object.assign(new FakeTerminal({ isTty: true }), {
      stdin: keys,
      isInputTty: true,
    });

    keys.write('one\rtwo\r\u0004');
    const lines: string[] = [];
    for await (const line of typedLines(terminal, { signal: new AbortController().signal })) lines.push(line);

    expect(lines).toEqual(['one', 'two']);
    expect(terminal.noted).toContain('> ');
  });

  it('leaves the line of the prompt when the conversation is given up', async () => {
    const terminal: FakeTerminal = Object.assign(new FakeTerminal({ isTty: true }), {
      stdin: new PassThrough(),
      isInputTty: true,
    });
    const controller = new AbortController();
    const reason = new Error('given up');

    const next = typedLines(terminal, { signal: controller.signal }).next();
    controller.abort(reason);

    await expect(next).rejects.toBe(reason);
    expect(terminal.noted.endsWith('\n')).toBe(true);
  });
});
