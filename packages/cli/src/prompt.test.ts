import { PassThrough } from 'node:stream';
import { describe, expect, it } from '@jest/globals';
import { FakeTerminal } from './fake-terminal.js';
import { Prompt } from './prompt.js';

const CTRL_C = '\u0003';
const CTRL_D = '\u0004';
const UP = '\u001b[A';

function sitDown() {
  const keys = new PassThrough();
  const terminal: FakeTerminal = Object.assign(new FakeTerminal({ isTty: true }), { stdin: keys });
  let interrupts = 0;
  const prompt = new Prompt(terminal, {
    onInterrupt: () => {
      interrupts++;
    },
  });
  return { keys, terminal, prompt, interrupts: () => interrupts };
}

/** Everything typed so far has reached the editor. */
const settled = () => new Promise((resolve) => setImmediate(resolve));

describe('Prompt', () => {
  it('asks for a line and gives it without what surrounds it', async () => {
    const { keys, terminal, prompt } = sitDown();

    const line = prompt.next();
    keys.write('  what time is it \r');

    expect(await line).toBe('what time is it');
    expect(terminal.noted).toContain('> ');
    prompt[Symbol.dispose]();
  });

  it('asks again after an empty line', async () => {
    const { keys, prompt } = sitDown();

    const line = prompt.next();
    keys.write('\r  \rhello\r');

    expect(await line).toBe('hello');
    prompt[Symbol.dispose]();
  });

  it('writes nothing while nobody asks, and shows what was typed meanwhile at the next prompt', async () => {
    const { keys, terminal, prompt } = sitDown();
    const first = prompt.next();
    keys.write('one\r');
    await first;
    const before = terminal.noted;

    keys.write('two');
    await settled();
    const during = terminal.noted;
    const second = prompt.next();
    keys.write('\r');

    expect(during).toBe(before);
    expect(await second).toBe('two');
    expect(terminal.noted.slice(before.length)).toContain('> two');
    prompt[Symbol.dispose]();
  });

  it('gives the lines of a paste one by one', async () => {
    const { keys, prompt } = sitDown();

    const first = prompt.next();
    keys.write('one\rtwo\rthree\r');

    expect([await first, await prompt.next(), await prompt.next()]).toEqual(['one', 'two', 'three']);
    prompt[Symbol.dispose]();
  });

  it('shows each line of a paste above its answer', async () => {
    const { keys, terminal, prompt } = sitDown();
    const first = prompt.next();
    keys.write('one\rtwo\r');
    await first;
    const before = terminal.noted.length;

    await prompt.next();

    expect(terminal.noted.slice(before)).toBe('> two\n');
    prompt[Symbol.dispose]();
  });

  it('brings earlier lines back', async () => {
    const { keys, prompt } = sitDown();
    const first = prompt.next();
    keys.write('one\r');
    await first;

    const second = prompt.next();
    keys.write(`${UP}\r`);

    expect(await second).toBe('one');
    prompt[Symbol.dispose]();
  });

  it('takes a line back at Ctrl+C, and interrupts where there is none', async () => {
    const { keys, prompt, interrupts } = sitDown();
    const line = prompt.next();

    keys.write(`wrong${CTRL_C}`);
    await settled();
    const after = interrupts();
    keys.write(CTRL_C);
    await settled();
    keys.write('right\r');

    expect([after, interrupts(), await line]).toEqual([0, 1, 'right']);
    prompt[Symbol.dispose]();
  });

  it('interrupts at Ctrl+C while a reply is made, whatever was typed', async () => {
    const { keys, prompt, interrupts } = sitDown();

    keys.write(`ahead${CTRL_C}`);
    await settled();

    expect(interrupts()).toBe(1);
    prompt[Symbol.dispose]();
  });

  it('ends at Ctrl+D, on a line of its own', async () => {
    const { keys, terminal, prompt } = sitDown();

    const line = prompt.next();
    keys.write(CTRL_D);

    expect(await line).toBeUndefined();
    expect(await prompt.next()).toBeUndefined();
    expect(terminal.noted.endsWith('\n')).toBe(true);
  });
});
