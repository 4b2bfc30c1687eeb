import { describe, expect, it } from '@jest/globals';
import { SettingsReader } from './settings-reader.js';

function open(value: unknown) {
  const findings: string[] = [];
  return { findings, settings: new SettingsReader('hosts.nas', value, findings) };
}

describe('SettingsReader', () => {
  it('reads each kind of value', () => {
    const { settings, findings } = open({
      address: 'nas.lan',
      port: 22,
      load: 0.5,
      isOpen: false,
      mode: 'strict',
      users: ['ada', 'kodi'],
    });

    const read = {
      address: settings.neededText('address'),
      port: settings.whole('port', { min: 1, max: 65_535 }),
      load: settings.number('load', { min: 0, max: 1 }),
      isOpen: settings.flag('isOpen'),
      mode: settings.choice('mode', ['strict', 'lax']),
      users: settings.texts('users'),
    };
    settings.done();

    expect(read).toEqual({
      address: 'nas.lan',
      port: 22,
      load: 0.5,
      isOpen: false,
      mode: 'strict',
      users: ['ada', 'kodi'],
    });
    expect(findings).toEqual([]);
  });

  it('takes what is not there, or empty in YAML, for not given', () => {
    const { settings, findings } = open({ user: null });
    const range = { min: 0, max: 1 };

    const read = [
      settings.text('user'),
      settings.whole('a', range),
      settings.number('b', range),
      settings.flag('c'),
      settings.choice('d', ['x']),
      settings.texts('e'),
      ...settings.maps('f').keys(),
    ];

    expect(read).toEqual(Array(6).fill(undefined));
    expect(settings.has('user')).toBe(false);
    expect(findings).toEqual([]);
  });

  it('collects everything that is wrong, by its place and without its value', () => {
    const { settings, findings } = open({
      user: 'two\nlines',
      port: 70_000,
      tries: 1.5,
      isOpen: 'yes',
      mode: 'odd',
      users: [],
    });

    const read = [
      settings.neededText('address'),
      settings.text('user'),
      settings.whole('port', { min: 1, max: 65_535 }),
      settings.whole('tries', { min: 1, max: 9 }),
      settings.flag('isOpen'),
      settings.choice('mode', ['strict', 'lax']),
      settings.texts('users'),
    ];

    expect(read).toEqual(['', ...Array(6).fill(undefined)]);
    expect(findings).toEqual([
      'hosts.nas.address is missing',
      'hosts.nas.user is not a text of one line',
      'hosts.nas.port is not a number from 1 to 65535',
      'hosts.nas.tries is not a whole number',
      'hosts.nas.isOpen is not true or false',
      'hosts.nas.mode is not one of strict, lax',
      'hosts.nas.users is not a list of texts with at least one in it',
    ]);
  });

  it('reads maps in maps, and notes what is wrong there in the same list', () => {
    const { settings, findings } = open({ limits: { ms: 5 }, tools: { on: { ms: 'soon' }, off: 7 } });
    const range = { min: 1, max: 9 };

    const ms = settings.map('limits').whole('ms', range);
    const byTool = [...settings.maps('tools')].map(([name, tool]) => [name, tool.whole('ms', range)]);

    expect([ms, byTool]).toEqual([
      5,
      [
        ['on', undefined],
        ['off', undefined],
      ],
    ]);
    expect(findings).toEqual([
      'hosts.nas.tools.off is not a map',
      'hosts.nas.tools.on.ms is not a number from 1 to 9',
    ]);
  });

  it('notes keys that nobody asked for, with the one that is meant', () => {
    const { settings, findings } = open({ identityfile: 'x', zebra: 1, user: 'ada' });

    settings.text('identityFile');
    settings.text('user');
    settings.done();

    expect(findings).toEqual([
      'hosts.nas has no key "identityfile"; do you mean "identityFile"?',
      'hosts.nas has no key "zebra"',
    ]);
  });

  it.each([['a text'], [['a', 'list']], [null], [7]])('has no keys where there is no map: %j', (value) => {
    const { settings, findings } = open(value);

    expect([settings.keys, settings.raw('length')]).toEqual([[], undefined]);
    expect(findings).toEqual(['hosts.nas is not a map']);
  });

  it('does not see what every object has', () => {
    const { settings } = open({});

    expect([settings.raw('constructor'), settings.has('__proto__')]).toEqual([undefined, false]);
  });
});
