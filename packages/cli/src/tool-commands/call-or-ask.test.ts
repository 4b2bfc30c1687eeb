import { describe, expect, it } from '@jest/globals';
import { FakeToolRegistry } from '@tiercel/capabilities/tool-registry/testing';
import { FakeTerminal } from '../fake-terminal.js';
import { callOrAsk } from './call-or-ask.js';

/** A person at a terminal who types this, and a tool that must be asked for. */
function person(input: string) {
  const terminal = new FakeTerminal({ input, isTty: true });
  Object.defineProperty(terminal, 'isInputTty', { value: true });
  const registry = new FakeToolRegistry([{ name: 'open_door', effect: 'write' }]);
  const { signal } = new AbortController();
  const call = (isAgreed = false) =>
    callOrAsk({ terminal, signal }, registry, { name: 'open_door', args: {}, isAgreed }, { signal });
  return { terminal, registry, call };
}

describe('callOrAsk', () => {
  it.each(['yes\n', 'Y\n'])('says what would be run and runs it after %j', async (input) => {
    const { terminal, registry, call } = person(input);

    await call();

    expect(terminal.noted).toContain('Run open_door with {}?');
    expect(registry.calls).toMatchObject([{ name: 'open_door' }]);
  });

  it('asks nothing of somebody who has agreed beforehand', async () => {
    const { terminal, registry, call } = person('');

    await call(true);

    expect(terminal.noted).toBe('');
    expect(registry.calls).toHaveLength(1);
  });

  it.each(['no\n', 'yes, but not now\n', ''])('does not run it after %j', async (input) => {
    const { registry, call } = person(input);

    await expect(call()).rejects.toMatchObject({ code: 'CLI_TOOL_REFUSED' });
    expect(registry.calls).toEqual([]);
  });
});
