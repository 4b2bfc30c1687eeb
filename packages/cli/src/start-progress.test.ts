import { describe, expect, it } from '@jest/globals';
import type { NodeEvent } from '@tiercel/kernel';
import { FakeTerminal } from './fake-terminal.js';
import { StartProgress } from './start-progress.js';

function state(plugin: string, now: 'starting' | 'ready' | 'degraded', reason?: string): NodeEvent {
  return {
    type: 'plugin-state',
    status: { plugin, package: plugin, version: '1.0.0', generation: 1, state: now, reason, sinceMs: 0 },
  };
}

describe('StartProgress', () => {
  it('names on one line what is still starting, and takes the line away', () => {
    const terminal = new FakeTerminal({ isTty: true });
    const progress = new StartProgress(terminal);

    progress.onEvent(state('stt', 'starting'));
    progress.onEvent(state('llm', 'starting'));
    progress.onEvent(state('stt', 'ready'));
    progress.onEvent(state('llm', 'ready'));

    const lines = terminal.noted.split('\r\u001b[K').slice(1);
    expect(lines).toEqual(['Starting stt …', 'Starting stt, llm …', 'Starting llm …', '']);
  });

  it('stays silent where nobody watches', () => {
    const terminal = new FakeTerminal();
    const progress = new StartProgress(terminal);

    progress.onEvent(state('stt', 'starting'));
    progress.end();

    expect(terminal.noted).toBe('');
  });

  it('always tells what is degraded, and why', () => {
    const terminal = new FakeTerminal();

    new StartProgress(terminal).onEvent(state('llm', 'degraded', 'no network'));

    expect(terminal.noted).toBe('warning: llm is degraded: no network\n');
  });
});
