import { describe, expect, it } from '@jest/globals';
import { isNodeName, toNodeName } from './node-name.js';
import { findInTopicFilter, matchesTopicFilter } from './topic-filter.js';
import { findInPrefix, Topics } from './topics.js';
import { uuidV7 } from './uuid-v7.js';

describe('Topics', () => {
  const topics = new Topics('tiercel/v1');

  it('reads back what it has built', () => {
    expect(topics.parse(topics.state('device/lamp/state'))).toEqual({
      type: 'state',
      key: 'device/lamp/state',
    });
    expect(topics.parse(topics.observe('edge-1'))).toEqual({ type: 'observe', node: 'edge-1' });
    expect(topics.parse(topics.reply('edge-1'))).toEqual({ type: 'reply', node: 'edge-1' });
    expect(topics.parse(topics.status('edge-1'))).toEqual({ type: 'status', node: 'edge-1' });
  });

  it.each([
    'tiercel/v1',
    'tiercel/v10/state/a',
    'tiercel/v1/state',
    'tiercel/v1/node/edge-1',
    'tiercel/v1/node/edge-1/observe/more',
    'tiercel/v1/node//observe',
    'tiercel/v1/node/a b/observe',
    'tiercel/v1/other/edge-1/observe',
    'telemetry/a',
  ])('knows nothing of %s', (topic) => {
    expect(topics.parse(topic)).toBeUndefined();
  });

  it('owns whatever lies below its prefix', () => {
    expect(
      ['tiercel/v1', 'tiercel/v1/anything', 'tiercel/v10', 'tiercel'].map((topic) => topics.owns(topic)),
    ).toEqual([true, true, false, false]);
  });
});

describe('findInPrefix', () => {
  it('lets words joined by slashes pass, and names what is wrong with others', () => {
    expect(findInPrefix('tiercel/v1')).toBeUndefined();
    for (const wrong of ['', '/a', 'a/', 'a//b', 'a/#', '+', '$SYS', 'a b']) {
      expect(findInPrefix(wrong)).toMatch(/words/);
    }
    expect(findInPrefix('a'.repeat(101))).toMatch(/longer/);
  });
});

describe('topic filters', () => {
  it.each([
    ['telemetry/#', 'telemetry/lamp/power', true],
    ['telemetry/#', 'telemetry', true],
    ['telemetry/#', 'telemetry2/lamp', false],
    ['telemetry/+/power', 'telemetry/lamp/power', true],
    ['telemetry/+/power', 'telemetry/lamp/x/power', false],
    ['telemetry/+', 'telemetry/lamp/power', false],
    ['telemetry/lamp', 'telemetry', false],
    ['#', 'anything/at/all', true],
    ['#', '$SYS/broker', false],
    ['+/broker', '$SYS/broker', false],
    ['$SYS/#', '$SYS/broker', true],
    ['a//b', 'a//b', true],
    ['a/+/b', 'a//b', true],
  ])('%s asks for %s: %s', (filter, topic, expected) => {
    expect(matchesTopicFilter(topic, filter)).toBe(expected);
  });

  it('are refused where wildcards stand in the wrong place', () => {
    for (const right of ['#', 'telemetry/#', '+/+', 'telemetry/+/power', 'a//b']) {
      expect(findInTopicFilter(right)).toBeUndefined();
    }
    for (const wrong of ['', '#/a', 'a#', 'a/b#', 'a+', 'a/+b/c', 'a\0b']) {
      expect(findInTopicFilter(wrong)).toEqual(expect.any(String));
    }
  });
});

describe('names of nodes', () => {
  it('are made of what the host is called', () => {
    expect([toNodeName('kitchen.local'), toNodeName('Küche 1'), toNodeName('')]).toEqual([
      'kitchen.local',
      'K-che-1',
      'node',
    ]);
    expect([isNodeName('edge-7'), isNodeName('a/b'), isNodeName(''), isNodeName('a'.repeat(65))]).toEqual([
      true,
      false,
      false,
      false,
    ]);
  });
});

describe('uuidV7', () => {
  it('stands in the order of time', () => {
    const times = [0, 1, 1_763_800_000_000, 2 ** 48 - 1];

    const ids = times.map((timeMs) => uuidV7(timeMs));

    expect([...ids].sort()).toEqual(ids);
    for (const id of ids) {
      expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    }
  });
});
