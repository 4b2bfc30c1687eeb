import { homedir } from 'node:os';
import path from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { type RawSettings, readSettings } from './read-settings.js';

const nas = { address: 'nas.lan', user: 'keeper' };
const list = { description: 'Lists.', hosts: ['nas'], command: ['ls'] };

function read(settings: Partial<RawSettings>) {
  return readSettings({ groups: {}, hosts: { nas }, tools: {}, ...settings });
}

function findingsOf(settings: Partial<RawSettings>): unknown {
  try {
    read(settings);
    return [];
  } catch (error) {
    expect(error).toMatchObject({ code: 'SSH_CONFIG_INVALID' });
    return (error as { readonly details: { readonly findings: unknown } }).details.findings;
  }
}

describe('settings of hosts', () => {
  it('have safe defaults', () => {
    expect(read({}).hosts).toEqual([
      {
        name: 'nas',
        address: 'nas.lan',
        port: 22,
        user: 'keeper',
        identityFile: undefined,
        useAgent: true,
        agentKeySha256: undefined,
        hostKeys: 'strict',
        hostKeySha256: [],
        hasShell: false,
      },
    ]);
  });

  it('take from their group what they do not say themselves', () => {
    const groups = {
      media: {
        user: 'kodi',
        port: 2222,
        identityFile: '~/.ssh/kodi',
        hostKeys: 'accept-new',
        useAgent: false,
      },
    };
    const hosts = {
      tv: { address: 'tv.lan', group: 'media' },
      box: { address: 'box.lan', group: 'media', port: 22 },
    };

    expect(read({ groups, hosts }).hosts).toMatchObject([
      {
        name: 'tv',
        user: 'kodi',
        port: 2222,
        identityFile: path.join(homedir(), '.ssh/kodi'),
        hostKeys: 'accept-new',
        useAgent: false,
      },
      { name: 'box', user: 'kodi', port: 22 },
    ]);
  });

  it('refuse root, unless somebody says that it may be', () => {
    const hosts = { nas: { ...nas, user: 'root' } };

    expect(findingsOf({ hosts })).toEqual([expect.stringContaining('hosts.nas.user is root')]);
    expect(findingsOf({ hosts: { nas: { ...nas, user: 'root', allowRoot: true } } })).toEqual([]);
  });

  it('let a model write commands only for the hosts of a group', () => {
    const hosts = { nas: { ...nas, group: 'lab' }, tv: { address: 'tv.lan', user: 'kodi' } };

    expect(read({ groups: { lab: { shell: true } }, hosts }).tools).toMatchObject([
      { name: 'ssh_shell', effect: 'destructive', policy: undefined, hosts: [{ name: 'nas' }] },
    ]);
    expect(read({ groups: { lab: {} }, hosts }).tools).toEqual([]);
    expect(findingsOf({ hosts: { nas: { ...nas, shell: true } } })).toEqual([
      'hosts.nas.shell belongs to a group: a free shell is a rule for all its hosts',
    ]);
    expect(
      findingsOf({ groups: { lab: { shell: true } }, hosts, tools: { ssh_shell: { ...list } } }),
    ).toEqual(['tools.ssh_shell has the name of the tool for groups with shell: true']);
  });

  it.each([
    [
      'no map',
      { nas: 'nas.lan' },
      ['hosts.nas is not a map', 'hosts.nas.address is missing', 'hosts.nas.user is missing'],
    ],
    ['no address', { nas: { user: 'keeper' } }, ['hosts.nas.address is missing']],
    ['no user', { nas: { address: 'nas.lan' } }, ['hosts.nas.user is missing']],
    [
      'an address that is an option',
      { nas: { ...nas, address: '-oProxyCommand=id' } },
      ['hosts.nas.address is not a host name or an IP address'],
    ],
    [
      'an address with a user',
      { nas: { ...nas, address: 'root@nas' } },
      ['hosts.nas.address is not a host name or an IP address'],
    ],
    [
      'a port that is none',
      { nas: { ...nas, port: 70_000 } },
      ['hosts.nas.port is not a number from 1 to 65535'],
    ],
    ['half a port', { nas: { ...nas, port: 22.5 } }, ['hosts.nas.port is not a whole number']],
    [
      'another rule',
      { nas: { ...nas, hostKeys: 'off' } },
      ['hosts.nas.hostKeys is not one of strict, accept-new'],
    ],
    [
      'a fingerprint that is none',
      { nas: { ...nas, hostKeySha256: 'MD5:aa' } },
      ['hosts.nas.hostKeySha256 is not SHA256: and 43 characters, as "ssh-keygen -l" prints'],
    ],
    ['a group that is not there', { nas: { ...nas, group: 'lab' } }, ['hosts.nas.group is not one of none']],
    ['a password', { nas: { ...nas, password: 'x' } }, ['hosts.nas has no key "password"']],
    [
      'a typing mistake',
      { nas: { ...nas, identityfile: 'x' } },
      ['hosts.nas has no key "identityfile"; do you mean "identityFile"?'],
    ],
    [
      'a flag that is none',
      { nas: { ...nas, useAgent: 'yes' } },
      ['hosts.nas.useAgent is not true or false'],
    ],
    [
      'a user of two lines',
      { nas: { ...nas, user: 'a\nb' } },
      ['hosts.nas.user is not a text of one line', 'hosts.nas.user is missing'],
    ],
    [
      'a name with spaces',
      { 'the nas': nas },
      ['hosts.the nas: the name is not letters, digits, ".", "_" and "-"'],
    ],
  ])('are refused with %s', (_, hosts, findings) => {
    expect(findingsOf({ hosts })).toEqual(findings);
  });
});

describe('settings of tools', () => {
  it('have safe defaults', () => {
    expect(read({ tools: { list } }).tools).toMatchObject([
      {
        name: 'list',
        effect: 'write',
        policy: undefined,
        weight: 'light',
        limits: { timeoutMs: 30_000, outputBytes: 65_536, concurrency: 4 },
      },
    ]);
    const get = { remoteRoot: '/srv', localRoot: '~/in' };
    expect(read({ tools: { fetch: { description: 'Fetches.', hosts: ['nas'], get } } }).tools).toMatchObject([
      { localRoot: path.join(homedir(), 'in'), maxBytes: 104_857_600, overwrites: false },
    ]);
  });

  it.each([
    ['no description', { ...list, description: undefined }, ['tools.x.description is missing']],
    ['no hosts', { ...list, hosts: undefined }, ['tools.x.hosts is missing']],
    ['an unknown host', { ...list, hosts: ['tv'] }, ['tools.x.hosts names "tv", which is not one of nas']],
    [
      'nothing to do',
      { description: 'x', hosts: ['nas'] },
      ['tools.x needs exactly one of command, get and put'],
    ],
    [
      'two things to do',
      { ...list, get: { remoteRoot: '/', localRoot: '/' } },
      ['tools.x needs exactly one of command, get and put'],
    ],
    [
      'a command that is a text',
      { ...list, command: 'ls -l' },
      ['tools.x.command is not a list of texts with at least one in it'],
    ],
    [
      'an unknown parameter',
      { ...list, command: ['ls', '{path}'] },
      ['tools.x.command asks for {path}, which is not among the parameters; write {{ for a brace'],
    ],
    [
      'a parameter that nobody uses',
      { ...list, parameters: { path: {} } },
      ['tools.x.command does not use the parameter path'],
    ],
    [
      'a single brace',
      { ...list, command: ['echo', '{'] },
      ['tools.x.command has a single brace; write {{ or }}'],
    ],
    [
      'a program to choose',
      { ...list, command: ['{program}'], parameters: { program: {} } },
      ['tools.x.command begins with a parameter; name the program'],
    ],
    [
      'an assignment as program',
      { ...list, command: ['A=b', 'ls'] },
      ['tools.x.command does not begin with a program'],
    ],
    [
      'two lines',
      { ...list, command: ['echo', 'a\nb'] },
      ['tools.x.command has words of more than one line'],
    ],
    [
      'code from outside',
      { ...list, command: ['sudo', '/bin/bash', '-lc', 'rm {path}'], parameters: { path: {} } },
      ['tools.x.command puts a parameter into the code after -lc; give it as a further word and use "$1"'],
    ],
    [
      'code from outside for a numbered program',
      { ...list, command: ['python3.11', '-c', '{code}'], parameters: { code: {} } },
      ['tools.x.command puts a parameter into the code after -c; give it as a further word and use "$1"'],
    ],
    [
      'an effect that is none',
      { ...list, effect: 'none' },
      ['tools.x.effect is not one of read, write, destructive'],
    ],
    ['a policy that is none', { ...list, policy: 'yes' }, ['tools.x.policy is not one of allow, ask, deny']],
    ['no time', { ...list, timeoutMs: 0 }, ['tools.x.timeoutMs is not a number from 1 to 86400000']],
    [
      'a relative folder',
      { description: 'x', hosts: ['nas'], put: { remoteRoot: 'srv', localRoot: 'in' } },
      ['tools.x.put.remoteRoot is not an absolute path', 'tools.x.put.localRoot is not an absolute path'],
    ],
    [
      'phrases without templates',
      { ...list, phrases: { en: { answer: 'Done.' } } },
      ['tools.x.phrases.en.templates is missing'],
    ],
  ])('are refused with %s', (_, x, findings) => {
    expect(findingsOf({ tools: { x } })).toEqual(findings);
  });

  it.each([
    [
      'a type that is none',
      { type: 'object' },
      ['tools.x.parameters.p.type is not one of string, integer, number, boolean'],
    ],
    [
      'a pattern that is none',
      { pattern: '(' },
      ['tools.x.parameters.p.pattern is not a regular expression'],
    ],
    [
      'a default that does not fit',
      { enum: ['a'], default: 'b' },
      ['tools.x.parameters.p.default is not one of the allowed values'],
    ],
    [
      'bounds the wrong way round',
      { type: 'integer', minimum: 5, maximum: 1 },
      ['tools.x.parameters.p.minimum is larger than the maximum'],
    ],
    [
      'a bound of another type',
      { type: 'integer', maxLength: 5 },
      ['tools.x.parameters.p has no key "maxLength"'],
    ],
  ])('are refused for a parameter with %s', (_, p, findings) => {
    expect(findingsOf({ tools: { x: { ...list, command: ['ls', '{p}'], parameters: { p } } } })).toEqual(
      findings,
    );
  });

  it('are refused with a parameter that chooses the host, and a name that is no name', () => {
    const hosts = { nas, tv: { address: 'tv.lan', user: 'kodi' } };
    const tool = {
      description: 'x',
      hosts: ['nas', 'tv'],
      command: ['echo', '{host}'],
      parameters: { host: {} },
    };

    expect(findingsOf({ hosts, tools: { 'X-1': tool } })).toEqual([
      'tools.X-1: the name is not [a-z][a-z0-9_]{0,63}',
      'tools.X-1.parameters has "host", which chooses among the hosts of this tool',
    ]);
  });

  it('may have a parameter in what an option of another program takes', () => {
    const tool = {
      ...list,
      command: ['ping', '-c', '{count}', 'tv.lan'],
      parameters: { count: { type: 'integer' } },
    };

    expect(findingsOf({ tools: { ping: tool } })).toEqual([]);
  });
});

describe('a command', () => {
  const render = (
    command: readonly string[],
    parameters: Readonly<Record<string, unknown>>,
    args: Readonly<Record<string, unknown>>,
  ) => {
    const [tool] = read({ tools: { x: { ...list, command, parameters } } }).tools;
    return tool?.kind === 'command' ? tool.command.render(args) : undefined;
  };

  it('is made of words that stay single words', () => {
    expect(
      render(['say', 'to {who}: {what}!', '{{x}}'], { who: {}, what: {} }, { who: 'a b', what: "c'd" }),
    ).toEqual({
      words: ['say', "to a b: c'd!", '{x}'],
    });
  });

  it('takes defaults, and leaves out words whose argument is not given', () => {
    const parameters = { lines: { type: 'integer', default: 20 }, unit: { required: false } };

    expect(render(['journalctl', '--lines={lines}', '--unit={unit}'], parameters, {})).toEqual({
      words: ['journalctl', '--lines=20'],
    });
  });

  it('tells all that is wrong with its arguments, and none of their values', () => {
    const parameters = {
      needed: {},
      short: { maxLength: 3 },
      chosen: { enum: ['a', 'b'] },
      formed: { pattern: '[a-z]+' },
      whole: { type: 'integer', maximum: 5 },
      many: { type: 'integer', maximum: 5 },
      real: { type: 'number' },
      flag: { type: 'boolean' },
      text: {},
    };
    const command = ['x', ...Object.keys(parameters).map((name) => `{${name}}`)];
    const args = {
      short: 'secret',
      chosen: 'secret',
      formed: 'secret; rm',
      whole: 1.5,
      many: 6,
      real: Number.NaN,
      flag: 'true',
      text: 7,
    };

    expect(render(command, parameters, args)).toEqual({
      findings: [
        '/needed is missing',
        '/short does not have 1 to 3 characters',
        '/chosen is not one of the allowed values',
        '/formed does not have the form that is asked for',
        '/whole is not a whole number',
        '/many is not from 0 to 5',
        '/real is not a number',
        '/flag is not true or false',
        '/text is not a text',
      ],
    });
  });

  it('refuses a negative number where it would be an option, unless it was meant', () => {
    expect(render(['kill', '{pid}'], { pid: { type: 'integer' } }, { pid: -1 })).toEqual({
      findings: [expect.stringMatching(/^\/pid is not from 0 to/)],
    });
    expect(render(['seek', '{by}'], { by: { type: 'integer', minimum: -10 } }, { by: -5 })).toEqual({
      words: ['seek', '-5'],
    });
  });

  it('does not take what every object has for arguments', () => {
    expect(render(['echo', '{toString}'], { toString: { required: false } }, {})).toEqual({
      words: ['echo'],
    });
  });
});
