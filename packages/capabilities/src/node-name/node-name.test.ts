import { hostname } from 'node:os';
import { describe, expect, it } from '@jest/globals';
import { defaultNodeName, isNodeName, toNodeName } from './node-name.js';

describe('node names', () => {
  it.each(['kitchen', 'edge-7.local', 'a:b@c_d', 'x'.repeat(64)])('takes %s', (name) => {
    expect([isNodeName(name), toNodeName(name)]).toEqual([true, name]);
  });

  it.each<[unknown]>([[''], ['living room'], ['a/b'], ['küche'], ['+'], ['x'.repeat(65)], [7], [undefined]])(
    'does not take %j',
    (name) => {
      expect(isNodeName(name)).toBe(false);
    },
  );

  it.each([
    ['living room', 'living-room'],
    ['a/b#c', 'a-b-c'],
    ['x'.repeat(70), 'x'.repeat(64)],
    ['', 'node'],
  ])('makes a name of "%s"', (text, name) => {
    expect(toNodeName(text)).toBe(name);
    expect(isNodeName(name)).toBe(true);
  });

  it('names a node after its host', () => {
    expect(defaultNodeName()).toBe(toNodeName(hostname()));
  });
});
