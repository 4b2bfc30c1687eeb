import { describe, expect, it } from '@jest/globals';
import { brief, manifestOf } from '../plugins.test.support.js';

describe('readManifestShape, a sound manifest', () => {
  const manifest = manifestOf(`
tier: edge
title: Two cores
device: { cores: 2, memoryMiB: 8192 }
requires: [alarm, clock@^1]
plugins:
  plain:
  custom:
    use: '@acme/custom'
    version: ^2
    when: ROLE == 'edge'
    placement: process
    boot: { mode: degrade, timeoutMs: 500 }
    config: { level: 3 }
  short: { boot: degrade, version: 2 }
bind:
  clock: custom
  alarm: [plain, custom, plain]
`);

  it('has no problems', () => {
    expect(manifest.problems).toEqual([]);
  });

  it('reads what stands on top', () => {
    expect(manifest).toMatchObject({
      tier: 'edge',
      title: 'Two cores',
      device: { cores: 2, memoryMiB: 8192 },
      requires: ['alarm', 'clock@^1'],
    });
  });

  it('keeps plugins in the order of the file', () => {
    expect([...manifest.plugins.keys()]).toEqual(['plain', 'custom', 'short']);
  });

  it('gives an entry without a word the defaults', () => {
    expect(manifest.plugins.get('plain')).toEqual({
      key: 'plain',
      use: '@tiercel/plain',
      version: undefined,
      when: undefined,
      placement: 'inline',
      boot: 'required',
      timeoutMs: 60_000,
      config: {},
    });
  });

  it('reads every key of an entry', () => {
    expect(manifest.plugins.get('custom')).toMatchObject({
      use: '@acme/custom',
      version: '^2',
      when: "ROLE == 'edge'",
      placement: 'process',
      boot: 'degrade',
      timeoutMs: 500,
      config: { level: 3 },
    });
  });

  it('takes a number for a version, because YAML reads one', () => {
    expect(manifest.plugins.get('short')?.version).toBe('2');
  });

  it('reads a single binding as a list, and a name given twice once', () => {
    expect([...manifest.bind]).toEqual([
      ['clock', ['custom']],
      ['alarm', ['plain', 'custom']],
    ]);
  });

  it.each([
    ['true', "'' == ''"],
    ['false', "'' != ''"],
  ])('takes "when: %s" without quotes', (flag, expression) => {
    const { plugins, problems } = manifestOf(`tier: t\nplugins: { a: { when: ${flag} } }`);

    expect(problems).toEqual([]);
    expect(plugins.get('a')?.when).toBe(expression);
  });

  it('treats an entry that is null as one without a word, when there is nothing to take away', () => {
    expect(manifestOf('tier: t\nplugins: { a: ~ }').plugins.has('a')).toBe(true);
  });

  it('does not mind special names', () => {
    const { plugins, problems, bind } = manifestOf(
      'tier: t\nplugins:\n  __proto__:\n  constructor: { config: { __proto__: { a: 1 } } }\nbind: { __proto__: constructor }',
    );

    expect(problems).toEqual([]);
    expect([...plugins.keys()]).toEqual(['__proto__', 'constructor']);
    expect([...bind]).toEqual([['__proto__', ['constructor']]]);
    expect(Reflect.get({}, 'a')).toBeUndefined();
  });
});

describe('readManifestShape, wrong shapes', () => {
  const head = 'tier: t\nplugins:\n  a: ';

  it.each([
    ['[]', '1:1 KERNEL_VALUE_WRONG', 'The manifest is a list, and a map is expected.'],
    ['text', '1:1 KERNEL_VALUE_WRONG', 'The manifest is "text", and a map is expected.'],
    ['~', '1:1 KERNEL_VALUE_WRONG', 'The manifest is null, and a map is expected.'],
    ['plugins: {}', '1:1 KERNEL_VALUE_WRONG', 'tier is missing, and a text is expected.'],
    ['tier:\nplugins: {}', '1:1 KERNEL_VALUE_WRONG', 'tier is missing, and a text is expected.'],
    ["tier: ' '\nplugins: {}", '1:1 KERNEL_VALUE_WRONG', 'tier is " ", and a text is expected.'],
    ['tier: 5\nplugins: {}', '1:1 KERNEL_VALUE_WRONG', 'tier is 5, and a text is expected.'],
    [
      'tier: t\nplugins: {}\ntitle: [a]',
      '3:1 KERNEL_VALUE_WRONG',
      'title is a list, and a text is expected.',
    ],
    ['tier: t', '1:1 KERNEL_VALUE_WRONG', 'plugins is missing, and a map of plugins is expected.'],
    [
      'tier: t\nplugins: [a, b]',
      '2:1 KERNEL_VALUE_WRONG',
      'plugins is a list, and a map of plugins is expected.',
    ],
    ['tier: t\nplugins: ~', '2:1 KERNEL_VALUE_WRONG', 'plugins is null, and a map of plugins is expected.'],
    [`${head}inline`, '3:3 KERNEL_VALUE_WRONG', 'plugins.a is "inline", and a map is expected.'],
    [`${head}{ use: 5 }`, '3:8 KERNEL_VALUE_WRONG', 'plugins.a.use is 5, and a text is expected.'],
    [`${head}{ use: '' }`, '3:8 KERNEL_VALUE_WRONG', 'plugins.a.use is "", and a text is expected.'],
    [
      `${head}{ version: newest }`,
      '3:8 KERNEL_VALUE_WRONG',
      'plugins.a.version is "newest", and a version range such as ^1.2 is expected.',
    ],
    [`${head}{ when: [A] }`, '3:8 KERNEL_VALUE_WRONG', 'plugins.a.when is a list, and a text is expected.'],
    [
      `${head}{ placement: remote }`,
      '3:8 KERNEL_VALUE_WRONG',
      'plugins.a.placement is "remote", and "inline" or "process" is expected.',
    ],
    [
      `${head}{ boot: maybe }`,
      '3:8 KERNEL_VALUE_WRONG',
      'plugins.a.boot is "maybe", and "required" or "degrade" is expected.',
    ],
    [
      `${head}{ boot: { mode: 1 } }`,
      '3:16 KERNEL_VALUE_WRONG',
      'plugins.a.boot.mode is 1, and "required" or "degrade" is expected.',
    ],
    [
      `${head}{ boot: { timeoutMs: 0 } }`,
      '3:16 KERNEL_VALUE_WRONG',
      'plugins.a.boot.timeoutMs is 0, and a whole number above 0 is expected.',
    ],
    [
      `${head}{ boot: { timeout: 5 } }`,
      '3:16 KERNEL_KEY_UNKNOWN',
      '"timeout" is not a key of "boot". Did you mean "timeoutMs"?',
    ],
    [
      `${head}{ config: [1] }`,
      '3:8 KERNEL_VALUE_WRONG',
      'plugins.a.config is a list, and a map is expected.',
    ],
    [`${head}{ config: ~ }`, '3:8 KERNEL_VALUE_WRONG', 'plugins.a.config is null, and a map is expected.'],
    [
      `${head}{ verison: ^1 }`,
      '3:8 KERNEL_KEY_UNKNOWN',
      '"verison" is not a key of plugin a. Did you mean "version"?',
    ],
    [
      'tier: t\nplugins: {}\ndevice: { cores: two }',
      '3:11 KERNEL_VALUE_WRONG',
      'device.cores is "two", and a whole number above 0 is expected.',
    ],
    [
      'tier: t\nplugins: {}\ndevice: { memoryMiB: -1 }',
      '3:11 KERNEL_VALUE_WRONG',
      'device.memoryMiB is -1, and a whole number above 0 is expected.',
    ],
    [
      'tier: t\nplugins: {}\ndevice: { memory: 1 }',
      '3:11 KERNEL_KEY_UNKNOWN',
      '"memory" is not a key of "device".',
    ],
    [
      'tier: t\nplugins: {}\ndevice: big',
      '3:1 KERNEL_VALUE_WRONG',
      'device is "big", and a map is expected.',
    ],
    [
      'tier: t\nplugins: {}\nrequires: alarm',
      '3:1 KERNEL_VALUE_WRONG',
      'requires is "alarm", and a list of names is expected.',
    ],
    [
      'tier: t\nplugins: {}\nrequires: [1]',
      '3:12 KERNEL_VALUE_WRONG',
      'requires.0 is 1, and a text is expected.',
    ],
    ['tier: t\nplugins: {}\nbind: [a]', '3:1 KERNEL_VALUE_WRONG', 'bind is a list, and a map is expected.'],
    [
      'tier: t\nplugins: {}\nbind: { clock: 5 }',
      '3:9 KERNEL_VALUE_WRONG',
      'bind.clock is 5, and the name of a plugin is expected.',
    ],
    [
      'tier: t\nplugins: {}\nbind: { clock: [] }',
      '3:9 KERNEL_VALUE_WRONG',
      'bind.clock is a list, and the name of a plugin is expected.',
    ],
    [
      'tier: t\nplugins: {}\nbind: { clock: }',
      '3:9 KERNEL_VALUE_WRONG',
      'bind.clock is missing, and the name of a plugin is expected.',
    ],
    [
      'tier: t\nplugin: {}\nplugins: {}',
      '2:1 KERNEL_KEY_UNKNOWN',
      '"plugin" is not a key of a tier manifest. Did you mean "plugins"?',
    ],
  ])('%j', (text, where, message) => {
    const [first] = manifestOf(text).problems;

    expect(first && [brief(first), first.message]).toEqual([where, message]);
  });

  it('reports each fault once', () => {
    const { problems } = manifestOf('tier: t\nplugins: {}\nbind: { a: 5, b: [], c: [1] }\nrequires: 1');

    expect(problems.map(brief)).toEqual([
      '4:1 KERNEL_VALUE_WRONG',
      '3:9 KERNEL_VALUE_WRONG',
      '3:26 KERNEL_VALUE_WRONG',
      '3:15 KERNEL_VALUE_WRONG',
    ]);
  });

  it('leaves out a binding that cannot be read', () => {
    expect(manifestOf('tier: t\nplugins: {}\nbind: { a: 5, b: [], c: [1] }').bind.size).toBe(0);
  });

  it('says nothing about missing values after broken syntax', () => {
    expect(manifestOf('tier: [').problems.map(({ code }) => code)).toEqual(['KERNEL_YAML_INVALID']);
  });

  it('goes on after a duplicate key', () => {
    const { problems } = manifestOf('tier: t\ntier: u\nplugin: {}\nplugins: {}');

    expect(problems.map(brief)).toEqual(['2:1 KERNEL_YAML_INVALID', '3:1 KERNEL_KEY_UNKNOWN']);
  });
});
