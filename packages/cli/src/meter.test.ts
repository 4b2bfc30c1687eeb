import { describe, expect, it } from '@jest/globals';
import { FakeTerminal } from './fake-terminal.js';
import { Meter } from './meter.js';

const MEBIBYTE = 1_048_576;

describe('Meter', () => {
  it('draws on a terminal how much of what is done, and takes the line away at the end', () => {
    const terminal = new FakeTerminal({ isTty: true });
    const meter = new Meter(terminal, { title: 'my-voice' });

    meter.show(0, 60 * MEBIBYTE, 'voice.onnx');
    const first = terminal.noted;
    meter.show(30 * MEBIBYTE, 60 * MEBIBYTE, 'voice.onnx');
    meter.end();

    expect(first).toMatch(/my-voice .* 0% 0\/60 MiB voice\.onnx/);
    expect(terminal.noted).toContain('\u001b[?25h');
    expect(terminal.printed).toEqual([]);
  });

  it('is silent where nobody watches', () => {
    const terminal = new FakeTerminal();
    const meter = new Meter(terminal, { title: 'my-voice' });

    meter.show(1, 2, 'voice.onnx');
    meter.end();

    expect([terminal.noted, terminal.printed]).toEqual(['', []]);
  });
});
