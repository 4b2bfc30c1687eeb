import { describe, expect, it } from '@jest/globals';
import { matchesFilter } from './topics.js';

describe('matchesFilter', () => {
  // The examples of MQTT 3.1.1, section 4.7.
  it.each([
    ['sport/tennis/player1/#', 'sport/tennis/player1'],
    ['sport/tennis/player1/#', 'sport/tennis/player1/ranking'],
    ['sport/tennis/player1/#', 'sport/tennis/player1/score/wimbledon'],
    ['sport/#', 'sport'],
    ['#', 'a/b'],
    ['sport/tennis/+', 'sport/tennis/player1'],
    ['sport/+', 'sport/'],
    ['+/+', '/finance'],
    ['/+', '/finance'],
    ['$SYS/#', '$SYS/uptime'],
    ['$SYS/monitor/+', '$SYS/monitor/clients'],
  ])('%s takes in %s', (filter, topic) => {
    expect(matchesFilter(filter, topic)).toBe(true);
  });

  it.each([
    ['sport/tennis/+', 'sport/tennis/player1/ranking'],
    ['sport/+', 'sport'],
    ['+', '/finance'],
    ['#', '$SYS/uptime'],
    ['+/monitor/clients', '$SYS/monitor/clients'],
    ['sport', 'Sport'],
    ['sport/tennis', 'sport'],
  ])('%s leaves out %s', (filter, topic) => {
    expect(matchesFilter(filter, topic)).toBe(false);
  });
});
