import { describe, expect, it } from '@jest/globals';
import { createAccessRules } from './access-rules.js';

const rules = createAccessRules({ prefix: 'tiercel/v1', coreUsers: ['core'], hasUsers: true });

describe('access rules', () => {
  it('let a node write its own observations and status, and nothing else below the prefix', () => {
    const mayWrite = (topic: string) => rules.mayWrite('edge-7', `tiercel/v1/${topic}`);

    expect(['node/edge-7/observe', 'node/edge-7/status'].map(mayWrite)).toEqual([true, true]);
    expect(
      [
        'node/edge-8/observe',
        'node/edge-8/status',
        'node/edge-7/reply',
        'node/edge-7/observe/more',
        'node/edge-7',
        'state/lamp',
        'other',
        '',
      ].filter(mayWrite),
    ).toEqual([]);
  });

  it('let the core write everything below the prefix, whatever its node is called', () => {
    const mayWrite = (topic: string) => rules.mayWrite('core', `tiercel/v1/${topic}`);

    expect(['state/a/b', 'node/edge-7/reply', 'node/living-room/status'].map(mayWrite)).toEqual([
      true,
      true,
      true,
    ]);
  });

  it('leave everything outside the prefix to everybody who is let in, apart from topics of the broker', () => {
    const topics = ['telemetry/lamp/power', 'homeassistant/x/config', 'tiercel/v10/state/a'];

    expect(topics.filter((topic) => !rules.mayWrite('lamp', topic))).toEqual([]);
    expect(rules.mayWrite('core', '$SYS/uptime')).toBe(false);
  });

  it('let a node read the state, every status, and what is said to it or by it', () => {
    const mayRead = (topic: string) => rules.mayRead('edge-7', `tiercel/v1/${topic}`);

    expect(
      ['state/lamp', 'node/edge-8/status', 'node/edge-7/reply', 'node/edge-7/observe'].map(mayRead),
    ).toEqual([true, true, true, true]);
    expect(['node/edge-8/reply', 'node/edge-8/observe', 'node/edge-8'].filter(mayRead)).toEqual([]);
    expect(rules.mayRead('core', 'tiercel/v1/node/edge-8/observe')).toBe(true);
  });

  it('only close the topics of the broker where there are no users', () => {
    const open = createAccessRules({ prefix: 'tiercel/v1', coreUsers: ['core'], hasUsers: false });

    expect(open.mayWrite(undefined, 'tiercel/v1/state/a')).toBe(true);
    expect(open.mayRead(undefined, 'tiercel/v1/node/edge-8/reply')).toBe(true);
    expect(open.mayWrite(undefined, '$share/a')).toBe(false);
  });
});
